import fc from 'fast-check';
import { expect, it } from 'vitest';
import { defaultWindow, tokenGroups } from '../../../shared/tracing.ts';

it('takes the published window at the published depth and the same share elsewhere', () => {
  expect([48, 36, 28, 24, 12, 8, 4, 2, 1].map(defaultWindow)).toEqual([10, 8, 6, 5, 3, 2, 1, 1, 1]);
});

it('is a whole number of layers that the model has, and grows with its depth', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), (layers) => {
      const window = defaultWindow(layers);
      expect(Number.isInteger(window)).toBe(true);
      expect(window).toBeGreaterThanOrEqual(1);
      expect(window).toBeLessThanOrEqual(layers);
      expect(defaultWindow(layers + 1)).toBeGreaterThanOrEqual(window);
    }),
  );
});

it('puts every token from the subject on into a group, and none before it', () => {
  fc.assert(
    fc.property(fc.nat(5), fc.integer({ min: 1, max: 6 }), fc.nat(5), (before, length, behind) => {
      const [subject, tokens] = [[before, before + length] as const, before + length + behind];
      const groups = tokenGroups(tokens, subject);
      const all = new Set(Object.values(groups).flat());
      expect([...all].sort((a, b) => a - b)).toEqual(Array.from({ length: length + behind }, (_, at) => before + at));
    }),
  );
});

it('counts a token twice where a group is not there', () => {
  expect(tokenGroups(3, [1, 2])).toEqual({
    firstSubject: [1],
    middleSubject: [],
    lastSubject: [1],
    firstSubsequent: [2],
    further: [],
    last: [2],
  });
  expect(tokenGroups(2, [0, 2]).firstSubsequent).toEqual([]);
});
