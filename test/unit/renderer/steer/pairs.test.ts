import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { examplesOf, pastedRows, rowsOf, withRow } from '../../../../renderer/screens/steer/pairs.ts';

describe('the table of texts', () => {
  it('shows texts of one group beside each other, and gives the same texts back', () => {
    const example = fc.record({ text: fc.string({ minLength: 1 }), label: fc.boolean(), group: fc.nat(5) });
    const sorted = (some: readonly { text: string; label: boolean; group: number }[]) =>
      some.map(({ text, label, group }) => JSON.stringify([group, label, text])).sort();
    fc.assert(
      fc.property(fc.array(example), (examples) => {
        const rows = rowsOf(examples);
        expect(sorted(examplesOf(rows))).toEqual(sorted(examples));
        expect(rows.every(({ first, second }) => first !== '' || second !== '')).toBe(true);
      }),
    );
  });

  it('takes spaces for a text, and nothing for none', () => {
    expect(examplesOf([{ first: ' Rome', second: ' ', group: 0 }])).toHaveLength(2);
    expect(examplesOf(withRow(withRow([])))).toEqual([]);
    expect(withRow(withRow([])).map(({ group }) => group)).toEqual([0, 1]);
  });

  it('tells rows of a spreadsheet from a file', () => {
    expect(pastedRows('It is good\tIt is bad\r\nYes\tNo\n', 3)).toEqual([
      { first: 'It is good', second: 'It is bad', group: 3 },
      { first: 'Yes', second: 'No', group: 4 },
    ]);
    for (const file of ['positive\tnegative\na\tb', '{"positive": "a", "negative": "b"}', 'a\tb\tc', ''])
      expect(pastedRows(file, 0)).toBe(undefined);
  });
});
