import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tokenGroups } from '../../../electron/engine/locate/token-groups.ts';

const texts = fc
  .record({ length: fc.integer({ min: 1, max: 60 }), rows: fc.integer({ min: 1, max: 12 }), resumes: fc.boolean() })
  .chain((cost) => fc.record({ cost: fc.constant({ ...cost, budget: 2048 }), first: fc.integer({ min: 0, max: cost.length - 1 }) }));
const tokensFrom = (first: number, length: number) => Array.from({ length: length - first }, (_, at) => first + at);

test('every token is in one group, in order, and no group is over the budget that can be parted', () => {
  fc.assert(
    fc.property(texts, ({ cost, first }) => {
      const tokens = tokensFrom(first, cost.length);
      const groups = tokenGroups(tokens, cost);
      expect(groups.flat()).toEqual(tokens);
      for (const group of groups) {
        const run = group.length * cost.rows * (cost.resumes ? cost.length - group[0]! : cost.length);
        expect(run <= cost.budget || group.length === 1).toBe(true);
      }
    }),
  );
});

test('a run that can begin anywhere is parted where that saves more than one more run costs', () => {
  const cost = { length: 11, rows: 10, resumes: true, budget: 2048 };
  const tokens = tokensFrom(2, 11);
  const run = (groups: readonly (readonly number[])[]) => groups.reduce((sum, group) => sum + group.length * 10 * (11 - group[0]!) + 64, 0);
  const found = tokenGroups(tokens, cost);
  expect(found.length).toBeGreaterThan(1);
  // No way to part them into neighbours is cheaper.
  for (let cuts = 0; cuts < 2 ** (tokens.length - 1); cuts++) {
    const groups: number[][] = [[tokens[0]!]];
    tokens.slice(1).forEach((token, at) => ((cuts >> at) & 1 ? groups.push([token]) : groups.at(-1)!.push(token)));
    expect(run(groups)).toBeGreaterThanOrEqual(run(found));
  }
  expect(tokenGroups(tokens, { ...cost, resumes: false })).toEqual([tokens]);
  expect(tokenGroups(tokens, { ...cost, rows: 1 })).toEqual([tokens]);
  expect(tokenGroups([], cost)).toEqual([]);
});
