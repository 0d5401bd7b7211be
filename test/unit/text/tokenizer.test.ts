import { cp, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadTokenizer } from '../../../electron/engine/text/load.ts';
import { Detokenizer } from '../../../electron/engine/text/tokenizer.ts';
import { families, fixture, fixtures } from './fixtures.ts';

const bytesKept = families.filter((family) => family !== 'unigram');
const text = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((one) => !/[<▁]/.test(one));

describe('Tokenizer', () => {
  it.each(bytesKept)('decodes what it encoded: %s', (family) => {
    const tokenizer = fixture(family);
    fc.assert(
      fc.property(text, (written) => {
        expect(tokenizer.decode(tokenizer.encode(written), { skipSpecialTokens: true })).toBe(written);
        expect(tokenizer.decode(tokenizer.encode(written, { addSpecialTokens: false }))).toBe(written);
      }),
    );
  });

  it('adds a start token where the tokenizer does, and never an end token', () => {
    expect(fixture('gpt2').addsBos).toBe(false);
    expect(fixture('llama2').addsBos).toBe(true);
    expect(fixture('llama2').encode('a')[0]).toBe(1);
    expect(fixture('llama2').encode('a', { addSpecialTokens: false })[0]).not.toBe(1);
    expect(fixture('unigram').addsBos).toBe(false);
    expect(fixture('unigram').encode('the')).not.toContain(1); // its </s>
    expect(fixture('llama3').decode(fixture('llama3').encode('the'), { skipSpecialTokens: false })).toBe('<|begin_of_text|>the');
  });

  it('counts its vocabulary; an id beyond it, of padded embeddings, adds nothing to a text and says so where it is shown', () => {
    expect(fixture('gpt2').vocabularySize).toBe(600);
    expect(fixture('gpt2').tokenBytes(600)).toEqual(new Uint8Array());
    expect(fixture('gpt2').tokenText(600)).toBe('<id 600, no token>');
    expect(fixture('gpt2').continuation([600])).toBe('');
  });

  it('shows a token as people read it', () => {
    const gpt2 = fixture('gpt2');
    const [the] = gpt2.encode(' the');
    expect(gpt2.tokenText(the!)).toBe(' the');
    expect(gpt2.tokenText(0)).toBe('<|endoftext|>');
    const llama2 = fixture('llama2');
    expect([0, 1].map((id) => llama2.tokenText(id))).toEqual(['<unk>', '<s>']);
    expect([gpt2.kind, llama2.kind]).toEqual(['bytes', 'metaspace']);
    expect(
      llama2
        .encode('🎤', { addSpecialTokens: false })
        .slice(-4)
        .map((id) => llama2.tokenText(id)),
    ).toEqual(['\\xF0', '\\x9F', '\\x8E', '\\xA4']);
  });

  it('keeps the space of a continuation, which a SentencePiece decoder takes from a whole text', () => {
    const tokenizer = fixture('llama2');
    const ids = tokenizer.encode('the city').slice(-1 * (tokenizer.encode('the city').length - tokenizer.encode('the').length));
    expect(tokenizer.continuation(ids)).toBe(' city');
    expect(tokenizer.decode(ids)).toBe('city');
  });

  it('says what it cannot run', () => {
    expect(() => fixture('gpt2', { pre_tokenizer: { type: 'Telepathy' } })).toThrow(
      expect.objectContaining({ code: 'unsupported', message: expect.stringContaining('Telepathy') as string }),
    );
  });
});

describe('Detokenizer', () => {
  it.each(bytesKept)('gives the text in whole characters as the ids come: %s', (family) => {
    const tokenizer = fixture(family);
    fc.assert(
      fc.property(text, (written) => {
        const stream = new Detokenizer(tokenizer);
        const pieces = tokenizer.encode(written).map((id) => stream.push(id));
        for (const piece of pieces) expect(piece.includes('\uFFFD') && !written.includes('\uFFFD')).toBe(false);
        expect(pieces.join('').trimStart()).toBe(written.trimStart());
        expect(stream.end()).toBe('');
      }),
    );
  });

  it('holds an unfinished character back until the end', () => {
    const tokenizer = fixture('llama2');
    const ids = tokenizer.encode('🎤').slice(-4);
    const stream = new Detokenizer(tokenizer);
    expect(ids.slice(0, 3).map((id) => stream.push(id))).toEqual(['', '', '']);
    expect(stream.end()).toBe('\uFFFD');
  });
});

describe('loadTokenizer', () => {
  const folderWith = async (files: Record<string, string>, family?: string) => {
    const folder = await mkdtemp(join(tmpdir(), 'emend-tokenizer-'));
    if (family) await cp(join(fixtures, family), folder, { recursive: true });
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
    return folder;
  };

  it('reads the ids of start, end and padding from the first file that has them', async () => {
    const folder = await folderWith(
      {
        'generation_config.json': '{"eos_token_id": [2, 7]}',
        'genai_config.json': '{"model": {"bos_token_id": 1, "eos_token_id": 9, "pad_token_id": -1}}',
        'config.json': '{"bos_token_id": 8}',
        'tokenizer_config.json': '{"pad_token": {"content": "<unk>"}}',
      },
      'llama2',
    );
    const tokenizer = await loadTokenizer(folder);
    expect({ bos: tokenizer.bosId, eos: tokenizer.eosIds, first: tokenizer.eosId, pad: tokenizer.padId }).toEqual({
      bos: 1,
      eos: [2, 7],
      first: 2,
      pad: 0,
    });
  });

  it('pads with the end token where no other is named, and goes without ids where no file has them', async () => {
    const named = await loadTokenizer(await folderWith({ 'special_tokens_map.json': '{"eos_token": "<|endoftext|>"}' }, 'gpt2'));
    expect([named.eosId, named.padId]).toEqual([0, 0]);
    const bare = await loadTokenizer(await folderWith({}, 'gpt2'));
    expect([bare.bosId, bare.eosId, bare.padId]).toEqual([undefined, undefined, undefined]);
  });

  it.each([
    [{ 'tokenizer.model': '' }, 'only tokenizer.model (a SentencePiece model)', 'save_pretrained'],
    [{ 'vocab.json': '{}' }, 'only vocab.json (half of a byte-level BPE tokenizer)', 'save_pretrained'],
    [{ 'qwen.tiktoken': '' }, 'only qwen.tiktoken (a list of ranks for tiktoken)', 'save_pretrained'],
    [{ 'model.onnx': '' }, 'no tokenizer file at all', 'Copy tokenizer.json'],
  ])('says what it found instead of a tokenizer.json: %j', async (files, found, hint) => {
    const folder = await folderWith(files as Record<string, string>);
    await expect(loadTokenizer(folder)).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining(found) as string,
      hint: expect.stringContaining(hint) as string,
    });
  });

  it.each([
    ['tokenizer.json', 'version https://git-lfs.github.com/spec/v1', /tokenizer\.json cannot be read as JSON/],
    ['tokenizer.json', '{"model": 3}', /tokenizer\.json: model/],
    ['config.json', '[1]', /config\.json: expected an object/],
  ])('refuses a malformed %s: %s', async (name, content, message) => {
    await expect(loadTokenizer(await folderWith({ [name]: content }, 'gpt2'))).rejects.toThrow(message);
    await expect(loadTokenizer(await folderWith({ [name]: content }, 'gpt2'))).rejects.toMatchObject({ code: 'bad-file' });
  });

  it('refuses vocab.json and merges.txt whose rules no file tells', async () => {
    await expect(loadTokenizer(await folderWith({ 'vocab.json': '{}', 'merges.txt': '' }))).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('tokenizer of unknown class, whose rules are not known') as string,
      hint: expect.stringContaining('save_pretrained') as string,
    });
  });

  it('refuses a folder that is not there', async () => {
    await expect(loadTokenizer('/nowhere/at/all')).rejects.toMatchObject({ code: 'not-found' });
  });
});
