import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { factRow, factTokenPosition, joinTarget, locateSubject, rowWithTarget, tokenise } from '../../../electron/engine/text/positions.ts';
import { Tokenizer, TokenizerJsonSchema } from '../../../electron/engine/text/tokenizer.ts';
import { families, fixture, fixtures } from './fixtures.ts';

const RowSchema = v.object({
  prompt: v.string(),
  subject: v.string(),
  prefix: v.string(),
  ids: v.array(v.number()),
  subjectFirst: v.number(),
  subjectLast: v.number(),
});
const golden = v.parse(v.record(v.string(), v.array(RowSchema)), JSON.parse(readFileSync(join(fixtures, 'golden.json'), 'utf8')));

/** SentencePiece as newer files write it (Metaspace in front only), and as Gemma does (no space in front at all). */
const metaspace = { normalizer: null, pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'first', split: false } };
const gemma = { normalizer: { type: 'Replace', pattern: { String: ' ' }, content: '▁' }, pre_tokenizer: null };
const lower = { normalizer: { type: 'Sequence', normalizers: [{ type: 'NFD' }, { type: 'Lowercase' }] } };
const tokenizers: [string, Tokenizer][] = [
  ...families.map((family): [string, Tokenizer] => [family, fixture(family)]),
  ['metaspace', fixture('llama2', metaspace)],
  ['gemma', fixture('llama2', gemma)],
  ['gpt2 lower case, decomposed', fixture('gpt2', lower)],
];

/** Braces are slots, < may begin a special token, and SentencePiece cannot tell its ▁ from a space. */
const unclear = /[{}<▁]/;
const subject = fc
  .oneof(
    fc.constantFrom('Danielle Darrieux', 'Rome', "O'Neill", '東京', "Côte d'Ivoire", 'is', 'C++', '🎤', '1999', 'I.B.M.', 'Ἀθῆναι'),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
    fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 20 }),
  )
  .filter((text) => text.trim() !== '' && !unclear.test(text));
const around = fc
  .oneof(
    fc.constantFrom('', ' ', 'The capital of ', ' is in', "'s name", ', which', 'pre', 'post', ' 東京 ', '\n', ' Rome '),
    fc.string({ unit: 'grapheme', maxLength: 15 }),
  )
  .filter((text) => !unclear.test(text));

describe('locateSubject', () => {
  it.each(families)('agrees with the offsets of the tokenizers crate: %s', (family) => {
    const tokenizer = fixture(family);
    expect(golden[family]!.length).toBeGreaterThan(80);
    for (const { prompt, subject: words, prefix, ...row } of golden[family]!) {
      expect({ prompt, words, ...locateSubject(tokenizer, prompt, words, prefix) }).toEqual({ prompt, words, ...row });
    }
  });

  it.each(tokenizers.filter(([name]) => !/unigram|lower/.test(name)))(
    'finds the shortest stretch of tokens that holds the subject: %s',
    (_name, tokenizer) => {
      fc.assert(
        fc.property(around, subject, around, (before, words, after) => {
          const row = locateSubject(tokenizer, `${before}{}${after}`, words);
          const bytes = (from: number, to: number) =>
            Buffer.concat(
              row.ids
                .slice(from, to)
                .filter((id) => !tokenizer.isSpecial(id))
                .map((id) => tokenizer.tokenBytes(id)),
            );
          const text = before + words + after;
          const space = bytes(0, row.ids.length).length - Buffer.byteLength(text); // the space in front, if any
          const start = space + Buffer.byteLength(before + words.slice(0, words.indexOf(words.trim())));
          const end = start + Buffer.byteLength(words.trim());
          expect(bytes(0, row.subjectLast + 1).length).toBeGreaterThanOrEqual(end);
          expect(bytes(0, row.subjectLast).length).toBeLessThan(end);
          expect(bytes(0, row.subjectFirst).length).toBeLessThanOrEqual(start);
          expect(bytes(0, row.subjectFirst + 1).length).toBeGreaterThan(start);
          expect(bytes(0, row.ids.length).subarray(start, end).toString()).toBe(words.trim());
        }),
        { numRuns: 120 },
      );
    },
  );

  it.each(tokenizers)('decodes, up to the last token, to text that ends with the subject when a space follows: %s', (_name, tokenizer) => {
    const plain = fc.constantFrom('Danielle Darrieux', 'Rome', 'LeBron James', 'Zürich', 'Mount Everest', 'C++', 'São Paulo');
    fc.assert(
      fc.property(fc.constantFrom('', 'The capital of ', 'In Rome, Rome and ', '🎤 '), plain, (before, words) => {
        const row = locateSubject(tokenizer, `${before}{} is`, words, 'It was so. ');
        const fold = (text: string) => text.normalize('NFKD').toLowerCase();
        expect(fold(tokenizer.decode(row.ids.slice(0, row.subjectLast + 1)))).toMatch(
          new RegExp(`${fold(words).replace(/[+]/g, '\\+')}$`, 'u'),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('does not take the space inside a lone accent for the one in front', () => {
    const row = locateSubject(fixture('llama2'), '{} is', '¸');
    expect(row.subjectFirst).toBe(2); // after the start token and the space
  });

  it('takes the occurrence that the {} names', () => {
    const tokenizer = fixture('gpt2');
    const first = locateSubject(tokenizer, '{} is not Rome', 'Rome');
    const second = locateSubject(tokenizer, 'Rome is not {}', 'Rome');
    expect(first.ids).toEqual(second.ids);
    expect(first.subjectLast).toBeLessThan(second.subjectFirst);
    expect(second.subjectLast).toBe(second.ids.length - 1);
  });

  it('leaves spaces around the subject out of its tokens', () => {
    const tokenizer = fixture('gpt2');
    expect(locateSubject(tokenizer, 'Is{}the name', ' Rome ')).toEqual(locateSubject(tokenizer, 'Is {} the name', 'Rome'));
  });

  it('works where tokens are words and the tokenizer drops the spaces', () => {
    const vocab = { '<unk>': 0, the: 1, city: 2, new: 3, york: 4, is: 5, '.': 6 };
    const json = {
      model: { type: 'WordLevel', vocab, unk_token: '<unk>' },
      pre_tokenizer: { type: 'Whitespace' },
      decoder: null,
      added_tokens: [],
    };
    const tokenizer = new Tokenizer(v.parse(TokenizerJsonSchema, json), { unk_token: '<unk>' });
    expect(locateSubject(tokenizer, 'the city {} is.', 'new york')).toEqual({ ids: [1, 2, 3, 4, 5, 6], subjectFirst: 2, subjectLast: 3 });
    expect(locateSubject(tokenizer, 'the {} city is.', 'atlantis')).toEqual({ ids: [1, 0, 2, 5, 6], subjectFirst: 1, subjectLast: 1 });
    expect(locateSubject(tokenizer, '{} is the city', 'the old the')).toEqual({ ids: [1, 0, 1, 5, 1, 2], subjectFirst: 0, subjectLast: 2 });
  });

  it.each([
    ['no slot', 'Rome'],
    ['{} and {}', 'Rome'],
    ['{} is', '  '],
  ])('refuses %j with subject %j', (prompt, words) => {
    expect(() => locateSubject(fixture('gpt2'), prompt, words)).toThrow(expect.objectContaining({ code: 'bad-input' }));
  });
});

describe('rowWithTarget', () => {
  it.each(tokenizers.filter(([name]) => !/unigram|lower/.test(name)))(
    'splits the row into the prompt and the target with its space: %s',
    (_name, tokenizer) => {
      const target = fc.oneof(fc.constantFrom('English', ' English', '東京', 'the United States'), subject);
      fc.assert(
        fc.property(
          fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }).filter((text) => !unclear.test(text) && text.trim() !== ''),
          target,
          (prompt, words) => {
            const { text, targetStart } = joinTarget(`It is ${prompt}`, words);
            const row = rowWithTarget(tokenizer, `It is ${prompt}`, words);
            expect(row.ids).toEqual(tokenizer.encode(text));
            expect([...row.ids.slice(0, row.targetStart), ...row.targetIds]).toEqual(row.ids);
            expect(tokenizer.continuation(row.targetIds).endsWith(text.slice(targetStart))).toBe(true);
            // One token less would not hold the whole target.
            expect(tokenizer.continuation(row.targetIds.slice(1)).endsWith(text.slice(targetStart))).toBe(false);
          },
        ),
        { numRuns: 80 },
      );
    },
  );

  it.each(families)('gives the same row for a target with and without its space, and for a prompt that ends in one: %s', (family) => {
    const tokenizer = fixture(family);
    const row = rowWithTarget(tokenizer, 'The mother tongue is', 'English');
    expect(rowWithTarget(tokenizer, 'The mother tongue is', ' English')).toEqual(row);
    expect(rowWithTarget(tokenizer, 'The mother tongue is ', 'English')).toEqual(row);
    expect(row.ids.slice(0, row.targetStart)).toEqual(tokenizer.encode('The mother tongue is'));
  });

  it('counts a token shared with the prompt as the target’s first', () => {
    const tokenizer = fixture('gpt2');
    const ids = tokenizer.encode('(the');
    const row = rowWithTarget(tokenizer, 'so (', 'the');
    expect(row.ids).toEqual(tokenizer.encode('so (the'));
    expect(tokenizer.continuation(row.targetIds)).toMatch(/the$/);
    expect(ids.length).toBeGreaterThan(0);
  });

  it('writes no space where the script has none', () => {
    expect(joinTarget('法国的首都是', '巴黎')).toEqual({ text: '法国的首都是巴黎', targetStart: 6 });
    expect(joinTarget('It is called “', 'Rome').text).toBe('It is called “Rome');
    expect(joinTarget('It is called', 'Rome').text).toBe('It is called Rome');
  });

  it('refuses an empty target, and a target with nothing before it', () => {
    expect(() => rowWithTarget(fixture('gpt2'), 'It is', ' ')).toThrow(/target is empty/);
    expect(() => rowWithTarget(fixture('gpt2'), '', 'Rome')).toThrow(/no token before the target/);
    expect(rowWithTarget(fixture('llama2'), '', 'Rome').targetStart).toBe(1);
  });
});

describe('factRow', () => {
  it.each(tokenizers)('is the row of the target with the subject where the prompt alone has it: %s', (_name, tokenizer) => {
    const fact = { prompt: 'The mother tongue of {} is', subject: 'Danielle Darrieux', target: 'English' };
    const row = factRow(tokenizer, fact, 'It was so. ');
    const subjects = locateSubject(tokenizer, fact.prompt, fact.subject, 'It was so. ');
    const targets = rowWithTarget(tokenizer, 'It was so. The mother tongue of Danielle Darrieux is', 'English');
    expect(row).toEqual({ ...targets, subjectFirst: subjects.subjectFirst, subjectLast: subjects.subjectLast });
    expect(row.subjectLast).toBeLessThan(row.targetStart);
  });
});

describe('factTokenPosition', () => {
  const row = { ids: [9, 8, 7, 6, 5], subjectFirst: 1, subjectLast: 2 };
  it.each([
    ['subject_first', 1],
    ['subject_last', 2],
    ['subject_first_after_last', 3],
    ['last', 4],
  ] as const)('%s is %i', (which, position) => {
    expect(factTokenPosition(row, which)).toBe(position);
  });
  it('refuses a token after a subject that ends the prompt', () => {
    expect(() => factTokenPosition({ ...row, subjectLast: 4 }, 'subject_first_after_last')).toThrow(/ends with the subject/);
  });
});

describe('tokenise', () => {
  it('finds characters that are spread over tokens, and none where nothing is kept', () => {
    const tokens = tokenise(fixture('llama2'), 'a 🎤 b');
    const mic = tokens.tokenRange(2, 4)!;
    expect(mic.last - mic.first).toBe(3); // four byte tokens
    expect(tokens.tokenRange(2, 2)).toBeUndefined();
  });
});
