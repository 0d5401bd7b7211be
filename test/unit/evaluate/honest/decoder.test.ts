import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Generator } from '../../../../electron/engine/decoder/generate.ts';
import { DecoderScorer } from '../../../../electron/engine/evaluate/decoder-scorer.ts';
import { DecoderAsker } from '../../../../electron/engine/evaluate/honest/asker.ts';
import { greedy } from '../../../../electron/engine/runtime/sampling.ts';
import { ChatTemplate } from '../../../../electron/engine/text/chat.ts';
import type { Tokenizer } from '../../../../electron/engine/text/tokenizer.ts';
import { mini } from '../../runtime/mini.ts';

/** Every token is a word, wN; a text is as many tokens as it has words. */
const tokenizer = (eosIds: readonly number[]) =>
  ({
    eosIds,
    encode: (text: string) => text.split(' ').map((word) => Number(/\d+/.exec(word)?.[0] ?? 0)),
    continuation: (ids: readonly number[]) => ids.map((id) => ` w${id}.`).join(''),
  }) as unknown as Tokenizer;

describe('a model that is asked', () => {
  it('writes greedily up to its end token, to the end of a sentence, or to the limit', async () => {
    const decoder = await mini();
    const [free] = await (await Generator.create(decoder)).continue([[1, 2, 3]], { maxTokens: 8, sampling: greedy });
    const write = async (eos: readonly number[], isEnd: (text: string) => boolean, most = 8) => {
      const scorer = new DecoderScorer(decoder, tokenizer(eos));
      const [written] = await scorer.writeOut([[1, 2, 3]], most, isEnd);
      await scorer.release();
      return written!;
    };
    const said = (count: number) =>
      free!
        .slice(0, count)
        .map((id) => ` w${id}.`)
        .join('');
    expect(await write([], () => false)).toEqual({ text: said(8), ended: 'limit' });
    expect(await write([], (text) => text.split(' ').length > 3)).toEqual({ text: said(3), ended: 'text' });
    const first = free!.indexOf(free![2]!);
    expect(await write([free![2]!], () => false)).toEqual({ text: said(first), ended: 'token' });
  });

  it('is not asked what leaves no room for an answer, and writes no more than there is room for', async () => {
    const scorer = new DecoderScorer(await mini(), tokenizer([]));
    const asker = new DecoderAsker(scorer, tokenizer([]), { most: 50, positions: 5 });
    expect(await asker.write(['1 2 3'])).toEqual([expect.objectContaining({ ended: 'limit' })]);
    await expect(asker.write(['1 2 3 4 5'])).rejects.toThrow('A question has 5 tokens, and the model has 5 positions');
    await scorer.release();
  });

  it('is talked to by its own template, turn by turn', () => {
    const folder = mkdtempSync(join(tmpdir(), 'emend-chat-'));
    const template = '{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}';
    writeFileSync(join(folder, 'tokenizer_config.json'), JSON.stringify({ chat_template: template }));
    const chat = ChatTemplate.read(folder)!;
    expect(chat.asked('Where?')).toBe('<user>Where?<assistant>');
    expect(chat.asked('Where?', 'Rome.', 'Are you sure?')).toBe('<user>Where?<assistant>Rome.<user>Are you sure?<assistant>');
  });
});
