import fc from 'fast-check';
import { expect, test } from 'vitest';
import { agreeing, levels, tells } from '../../../electron/engine/locate/agreement.ts';

test('layers agree where both views are near their best', () => {
  const views = [
    { effect: 0.1, score: 0.9 },
    { effect: 0.2, score: 0.5 },
    { effect: 0.09, score: 1 },
    { effect: 0.2, score: 0.4 },
    { effect: 0.2, score: undefined },
  ];
  expect(agreeing(views)).toEqual([0, 1]);
  expect(agreeing(views.map(({ score }) => ({ effect: -0.1, score })))).toEqual([]);
  expect(agreeing(views.map(({ effect }) => ({ effect, score: undefined })))).toEqual([]);
});

test('a layer that is best by both always agrees, and one that is offered is near the best of both', () => {
  const view = fc.record({ effect: fc.double({ min: -1, max: 1, noNaN: true }), score: fc.double({ min: 0.01, max: 1, noNaN: true }) });
  fc.assert(
    fc.property(fc.array(view, { minLength: 1, maxLength: 12 }), (views) => {
      const best = { effect: Math.max(0.5, ...views.map(({ effect }) => effect)), score: Math.max(...views.map(({ score }) => score)) };
      const found = agreeing([...views, best]);
      expect(found).toContain(views.length);
      for (const at of found)
        expect([...views, best][at]!.effect * 2 >= best.effect && [...views, best][at]!.score * 2 >= best.score).toBe(true);
    }),
  );
});

test('a trace tells something from a twentieth of what the noise took', () => {
  expect(tells([0, 0.05, -1], 1)).toBe(true);
  expect(tells([0, 0.049], 1)).toBe(false);
  expect(tells([0, 0], 0)).toBe(false);
  expect(levels(3)).toEqual([3, 2, 1]);
});
