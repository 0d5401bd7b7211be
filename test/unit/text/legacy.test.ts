import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { ChatTemplate } from '../../../electron/engine/text/chat.ts';
import { loadTokenizer } from '../../../electron/engine/text/load.ts';
import { ATLAS } from '../../atlas-checkpoint.ts';

const top = mkdtempSync(join(tmpdir(), 'emend-text-'));
afterAll(() => rmSync(top, { recursive: true, force: true }));
let folder: string;
beforeEach(() => (folder = mkdtempSync(join(top, 'x'))));
const put = (name: string, content: unknown) =>
  writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));

/** The built-in model's tokenizer as vocab.json and merges.txt. */
function older(config: object): void {
  const { model } = JSON.parse(readFileSync(join(ATLAS, 'tokenizer.json'), 'utf8')) as { model: { vocab: object; merges: string[][] } };
  put('vocab.json', model.vocab);
  put('merges.txt', `#version: 0.2\n${model.merges.map((pair) => pair.join(' ')).join('\n')}\n`);
  put('tokenizer_config.json', config);
  copyFileSync(join(ATLAS, 'config.json'), join(folder, 'config.json'));
}

describe('vocab.json and merges.txt', () => {
  it('cut texts as the tokenizer.json made of them does', async () => {
    older({ bos_token: '<|endoftext|>' });
    const [own, whole] = [await loadTokenizer(folder), await loadTokenizer(ATLAS)];
    const texts = readFileSync(join(ATLAS, 'corpus.txt'), 'utf8').split('\n').slice(0, 300);
    for (const text of [...texts, " it's  two\n\tlines, 1234 und Größe <|endoftext|>"])
      expect(own.encode(text)).toEqual(whole.encode(text));
    expect(own.isSpecial(own.idOf('<|endoftext|>')!)).toBe(true);
  });

  it('put a start token in front where they are to', async () => {
    older({ tokenizer_class: 'GPT2Tokenizer', bos_token: { content: '<|endoftext|>' }, add_bos_token: true });
    const tokenizer = await loadTokenizer(folder);
    expect(tokenizer.encode('The')[0]).toBe(tokenizer.idOf('<|endoftext|>'));
  });

  it('are refused where the class cuts text in a way that is not known', async () => {
    older({ tokenizer_class: 'RobertaTokenizer' });
    await expect(loadTokenizer(folder)).rejects.toThrow('of a Roberta tokenizer, whose rules are not known');
  });
});

describe('a chat template', () => {
  const TEMPLATE =
    "{{ bos_token }}{% for m in messages %}<|{{ m['role'] }}|>{{ m.content | trim }}{{ eos_token }}{% endfor %}" +
    '{% if add_generation_prompt %}<|assistant|>{% endif %}';

  it('writes what is said as the model wants it, from each of its places', () => {
    const tokens = { bos_token: '<s>', eos_token: { content: '</s>' } };
    const asked = '<s><|user|>Where?</s><|assistant|>';
    put('tokenizer_config.json', { ...tokens, chat_template: TEMPLATE });
    expect(ChatTemplate.read(folder)!.asked(' Where? ')).toBe(asked);
    put('tokenizer_config.json', {
      ...tokens,
      chat_template: [
        { name: 'tool_use', template: 'no' },
        { name: 'default', template: TEMPLATE },
      ],
    });
    expect(ChatTemplate.read(folder)!.asked('Where?')).toBe(asked);
    put('tokenizer_config.json', tokens);
    expect(ChatTemplate.read(folder)).toBeUndefined();
    put('chat_template.jinja', TEMPLATE);
    expect(ChatTemplate.read(folder)!.asked('Where?')).toBe(asked);
  });

  it('that is malformed, or refuses what is said, is an error that says so', () => {
    put('chat_template.jinja', '{% if %}');
    expect(() => ChatTemplate.read(folder)).toThrow(/chat template cannot be run/);
    put('chat_template.jinja', "{{ raise_exception('no user here') }}");
    expect(() => ChatTemplate.read(folder)!.asked('Where?')).toThrow(/no user here/);
  });
});
