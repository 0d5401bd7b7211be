import fc from 'fast-check';
import { expect, it } from 'vitest';
import { average, averageEffects } from '../../../electron/engine/locate/averages.ts';

it('averages with the interval of the sample, and knows none of one fact', () => {
  expect(average([1, 2, 3, 4])).toEqual({ mean: 2.5, interval: expect.closeTo(1.96 * Math.sqrt(5 / 3 / 4), 12) as number });
  expect(average([7])).toEqual({ mean: 7, interval: undefined });
  expect(average([])).toBeUndefined();
});

it('counts each fact once where it has several tokens in a group, and leaves out facts without any', () => {
  // Six tokens: one before the subject, the subject's three, two behind it.
  const long = { subject: [1, 4] as const, high: 0.9, low: 0.1, scores: { hidden: [[0.1], [0.2], [0.3], [0.4], [0.5], [0.9]] } };
  const short = { subject: [0, 1] as const, high: 0.8, low: 0.2, scores: { hidden: [[0.4], [0.8]] } };
  const { hidden } = averageEffects([long, short], ['hidden']);
  const means = Object.fromEntries(Object.entries(hidden!).map(([key, { facts, layers }]) => [key, [facts, layers[0]?.mean]]));
  const close = (x: number) => expect.closeTo(x, 12) as number;
  expect(means).toEqual({
    firstSubject: [2, close((0.1 + 0.2) / 2)],
    middleSubject: [1, close(0.2)],
    lastSubject: [2, close((0.3 + 0.2) / 2)],
    firstSubsequent: [2, close((0.4 + 0.6) / 2)],
    further: [0, undefined],
    last: [2, close((0.8 + 0.6) / 2)],
  });
});

it('does not depend on the order of the facts', () => {
  const fact = fc.record({
    subject: fc.constantFrom([0, 1] as const, [0, 2] as const, [1, 3] as const),
    high: fc.double({ min: 0, max: 1, noNaN: true }),
    low: fc.double({ min: 0, max: 1, noNaN: true }),
    scores: fc.record({
      mlp: fc.array(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 2 }), { minLength: 4, maxLength: 4 }),
    }),
  });
  fc.assert(
    fc.property(fc.array(fact, { minLength: 2, maxLength: 8 }), (facts) => {
      const [there, back] = [averageEffects(facts, ['mlp']).mlp!, averageEffects([...facts].reverse(), ['mlp']).mlp!];
      for (const key of ['firstSubject', 'last'] as const)
        there[key].layers.forEach(({ mean, interval }, l) => {
          expect(mean).toBeCloseTo(back[key].layers[l]!.mean, 12);
          expect(interval).toBeCloseTo(back[key].layers[l]!.interval!, 12);
        });
    }),
  );
});
