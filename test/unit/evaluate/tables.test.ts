import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readRecords } from '../../../electron/engine/evaluate/datasets.ts';
import { decodeText } from '../../../electron/engine/text/encoding.ts';
import { errorData } from '../../../shared/errors.ts';

const SEPARATORS = [',', ';', '\t'] as const;
type Encoding = keyof typeof ENCODINGS;

/** How programs save text; what an encoding has no letters for is not written in it. */
const ENCODINGS = {
  'UTF-8': (text: string) => Buffer.from(text),
  'UTF-8 with mark': (text: string) => Buffer.from(`\uFEFF${text}`),
  'UTF-16 with mark': (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le'),
  'UTF-16': (text: string) => Buffer.from(text, 'utf16le'),
  'UTF-16, big-endian': (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le').swap16(),
  'ISO 8859-1': (text: string) => (/^[\0-\u00FF]*$/.test(text) ? Buffer.from(text, 'latin1') : undefined),
} as const;
const names = Object.keys(ENCODINGS) as Encoding[];

const WORDS = [
  'Köln',
  'Rome',
  'Zürich',
  'Édouard Manet',
  'Genève',
  'España',
  '東京',
  'Москва',
  'Paris, Texas',
  'A "B" C',
  '"Weird Al" Z',
  'a;b',
  "O'Hara",
  'Rome|Bonn',
];
const word = fc.constantFrom(...WORDS);
const row = fc.record({
  subject: word,
  before: fc.constantFrom('', 'The city of ', 'In the year, '),
  after: fc.constantFrom(' is', ' lies in', ', they say, is'),
  target: word,
  previous: fc.option(word, { nil: '' }),
});
const table = fc.record({
  rows: fc.array(row, { minLength: 1, maxLength: 8 }),
  separator: fc.constantFrom(...SEPARATORS),
  quotes: fc.constantFrom('where needed', 'always'),
  sep: fc.boolean(),
  lineEnd: fc.constantFrom('\n', '\r\n', '\r'),
  ragged: fc.option(fc.record({ at: fc.nat(7), how: fc.constantFrom('more', 'fewer') }), { nil: undefined }),
});

describe('tables of facts', () => {
  it('are read as they were written, or told: never other facts in silence', () => {
    fc.assert(
      fc.property(table, fc.constantFrom(...names), ({ rows, separator, quotes, sep, lineEnd, ragged }, encoding) => {
        const quoted = (cell: string) =>
          quotes === 'always' || cell.includes(separator) || /["\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
        const lines = rows.map(({ subject, before, after, target, previous }) =>
          [subject, `${before}{}${after}`, target, previous].map(quoted),
        );
        const wrong = ragged === undefined ? undefined : ragged.at % rows.length;
        if (wrong !== undefined) {
          if (ragged!.how === 'more') lines[wrong]!.push('surplus');
          else lines[wrong] = lines[wrong]!.slice(0, -1);
        }
        const text = [...(sep ? [`sep=${separator}`] : []), ['subject', 'prompt', 'target', 'previous_target'].join(separator)]
          .concat(lines.map((cells) => cells.join(separator)))
          .join(lineEnd);
        const bytes = ENCODINGS[encoding](text);
        if (!bytes) return;
        let decoded;
        try {
          decoded = decodeText(bytes, 'x.csv').text;
        } catch (error) {
          // Only a code page may not be told; and then it is named.
          expect(encoding).toBe('ISO 8859-1');
          expect(errorData(error)).toMatchObject({ code: 'bad-file', message: expect.stringMatching(/encoding/) as string });
          return;
        }
        expect(decoded).toBe(text);
        const { records, problems } = readRecords(decoded, 'x.csv', { takesWrong: true });
        const expected = rows.flatMap(({ subject, before, after, target, previous }, at) =>
          at === wrong
            ? []
            : [{ subject, prompt: `${before}{}${after}`, target, ...(previous === '' ? {} : { previousTarget: previous }) }],
        );
        expect(records.map(({ fact }) => fact)).toEqual(expected.map((fact) => ({ ...fact, prompt: fact.prompt.trim() })));
        expect(problems.map(({ index, field }) => [index, field])).toEqual(wrong === undefined ? [] : [[wrong, 'cells']]);
      }),
      { numRuns: 400 },
    );
  });

  it.each([
    ['windows-1250 and -1252', [0xc8, 0x61, 0x70, 0x65, 0x6b], 'Windows-1250'],
    ['Shift JIS and others', [0x93, 0x8c, 0x8b, 0x9e], 'Shift JIS'],
  ])('say in which encodings they could be: %s', (_, word, name) => {
    const bytes = Buffer.concat([Buffer.from('subject,prompt,target\n'), Buffer.from(word), Buffer.from(',{} is,Rome\n')]);
    expect(() => decodeText(bytes, 'x.csv')).toThrow(name);
  });

  it('say where UTF-8 breaks off', () => {
    const bytes = Buffer.from('subject,prompt,target\nKöln Zürich Düren Äpfel Öl,{} is,Ro');
    expect(() => decodeText(Buffer.concat([bytes, Buffer.from([0xf6])]), 'x.csv')).toThrow(/UTF-8 but for byte 63/);
    expect(() => decodeText(Buffer.from([0xfe, 0xff, 0, 0x41, 0]), 'x.csv')).toThrow(/UTF-16.*cut off/);
  });
});

it('a column that is called as something every object has is a column like any other', () => {
  const read = readRecords('subject,prompt,target,toString\nFrance,The capital of {} is,Berlin,x\n', 'facts.csv', {
    columns: { note: '' },
  });
  expect(read.columns.map(({ name, field }) => [name, field]).at(-1)).toEqual(['toString', undefined]);
});
