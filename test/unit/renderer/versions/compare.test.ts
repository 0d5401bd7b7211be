import { describe, expect, it } from 'vitest';
import { compareWords } from '../../../../renderer/words.ts';
import { groupFacts, promptLines, relativeNorm, relativeText } from '../../../../renderer/screens/versions/compare.ts';

const fact = (entry: number, subject: string, target: string) => ({ entry, subject, prompt: '{} lies in', target });

describe('facts of two versions', () => {
  it('pairs the same question, apart by whether the answers agree', () => {
    const groups = groupFacts({
      onlyA: [fact(2, 'Oslo', 'Norway'), fact(3, 'Turin', 'Italy'), fact(3, 'Lima', 'Peru')],
      onlyB: [fact(5, 'Oslo ', 'Sweden'), fact(6, 'Lima', ' Peru'), fact(7, 'Bern', 'Switzerland')],
    });
    expect(groups.changed).toEqual([{ a: fact(2, 'Oslo', 'Norway'), b: fact(5, 'Oslo ', 'Sweden') }]);
    expect(groups.same).toEqual([{ a: fact(3, 'Lima', 'Peru'), b: fact(6, 'Lima', ' Peru') }]);
    expect(groups.onlyA).toEqual([fact(3, 'Turin', 'Italy')]);
    expect(groups.onlyB).toEqual([fact(7, 'Bern', 'Switzerland')]);
  });

  it('takes the last answer that a version was given to a question', () => {
    expect(groupFacts({ onlyA: [fact(2, 'Oslo', 'Norway'), fact(4, 'Oslo', 'Denmark')], onlyB: [] }).onlyA).toEqual([
      fact(4, 'Oslo', 'Denmark'),
    ]);
  });
});

describe('answers side by side', () => {
  it('cuts them so that each side reads as it was, and marks only its own words', () => {
    const { a, b, isSame } = compareWords(' in France, by the sea.', ' in Italy, by the sea.');
    expect(a.map((one) => one.text).join('')).toBe(' in France, by the sea.');
    expect(b.map((one) => one.text).join('')).toBe(' in Italy, by the sea.');
    expect(a.filter((one) => one.isOwn).map((one) => one.text)).toEqual(['France']);
    expect(b.filter((one) => one.isOwn).map((one) => one.text)).toEqual(['Italy']);
    expect(isSame).toBe(false);
  });
  it('marks nothing in equal answers', () => {
    const { a, isSame } = compareWords('one two', 'one two');
    expect(a).toEqual([{ text: 'one two', isOwn: false }]);
    expect(isSame).toBe(true);
  });
});

it('gives norms relative to the weight, and 0 for a weight of zeros', () => {
  expect(relativeNorm({ norm: 2, weightNorm: 8 })).toBe(0.25);
  expect(relativeNorm({ norm: 2, weightNorm: 0 })).toBe(0);
  expect([0.004, 0.25, 12.672].map(relativeText)).toEqual(['0.40%', '25.00%', '12.7 ×']);
});

it('reads prompts one a line, each once', () => {
  expect(promptLines(' Oslo lies in\n\nBern lies in\r\nOslo lies in')).toEqual(['Oslo lies in', 'Bern lies in']);
});
