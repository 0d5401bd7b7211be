import fc from 'fast-check';
import { expect, test } from 'vitest';
import { change, takesOver } from '../../../electron/engine/locate/takeover.ts';

const leads = fc.array(fc.float({ min: -5, max: 5, noNaN: true }), { minLength: 1, maxLength: 12 });

test('an answer takes over at the first place behind which it never falls back', () => {
  fc.assert(
    fc.property(leads, (values) => {
      const at = takesOver(values);
      if (at === null) expect(values.at(-1)).toBeLessThanOrEqual(0);
      else {
        expect(values.slice(at).every((lead) => lead > 0)).toBe(true);
        expect(at === 0 || values[at - 1]! <= 0).toBe(true);
      }
    }),
  );
});

test('a tie is no lead', () => {
  expect(takesOver([0, 1, 0])).toBeNull();
  expect(takesOver([1, 0, 1])).toBe(2);
  expect(takesOver([1, 2])).toBe(0);
});

test('two versions differ from where their logits do', () => {
  const before = [Float32Array.of(2, 1, 0), Float32Array.of(3, 0, 0), Float32Array.of(4, 1, 0)];
  const after = [Float32Array.of(2, 1, 0), Float32Array.of(3, 4, 0), Float32Array.of(0, 5, 9)];
  const found = change(before, after, { old: 0, new: 1 });
  expect([found.before.takesOver, found.after.takesOver]).toEqual([null, 1]);
  expect(found.difference).toEqual([0, 4, 8]);
  expect(found.kl[0]).toBe(0);
  expect(found.kl[1]).toBeGreaterThan(0);
  expect(found.after.places[2]).toMatchObject({ lead: 5, old: { rank: 2 }, new: { rank: 1, logit: 5 } });
  expect(found.after.places[2]!.new.probability).toBeCloseTo(Math.exp(5) / (1 + Math.exp(5) + Math.exp(9)), 6);
});
