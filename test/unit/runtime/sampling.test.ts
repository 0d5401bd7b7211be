import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { greedy, largest, pickToken, Random } from '../../../electron/engine/runtime/sampling.ts';

const free = { ...greedy, temperature: 1 };
const logits = Float32Array.from([0.5, 2, -1, 1, 0]);

/** How often each token is drawn. */
function frequencies(given: Float32Array, sampling: typeof greedy, before: number[] = [], draws = 20_000): number[] {
  const random = new Random(3);
  const counts = new Array<number>(given.length).fill(0);
  for (let i = 0; i < draws; i++) counts[pickToken(given, sampling, before, random)]! += 1 / draws;
  return counts;
}

function softmax(values: readonly number[]): number[] {
  const weights = values.map(Math.exp);
  const sum = weights.reduce((a, w) => a + w, 0);
  return weights.map((w) => w / sum);
}

const expectNear = (found: number[], wanted: number[]) =>
  found.forEach((f, i) => expect(Math.abs(f - wanted[i]!), `token ${i}`).toBeLessThan(0.015));

describe('pickToken', () => {
  test('greedy takes the largest, the first of equals, and never draws', () => {
    const random = new Random(1);
    expect(pickToken(logits, greedy, [], random)).toBe(1);
    expect(pickToken(Float32Array.of(1, 3, 3), greedy, [], random)).toBe(1);
    expect(random.next()).toBe(new Random(1).next());
  });

  test('draws follow softmax(logits / temperature)', () => {
    expectNear(frequencies(logits, free), softmax([...logits]));
    expectNear(frequencies(logits, { ...free, temperature: 2 }), softmax([...logits].map((x) => x / 2)));
  });

  test('top-k draws among the k largest, in their proportions', () => {
    const [a, b] = softmax([2, 1]) as [number, number];
    expectNear(frequencies(logits, { ...free, topK: 2 }), [0, a, 0, b, 0]);
    expect(frequencies(logits, { ...free, topK: 1 }, [], 50)).toEqual([0, expect.closeTo(1, 9), 0, 0, 0]);
  });

  test('top-p keeps the fewest tokens that reach p', () => {
    const given = Float32Array.from([0.5, 0.3, 0.15, 0.05].map(Math.log));
    expectNear(frequencies(given, { ...free, topP: 0.75 }), [0.5 / 0.8, 0.3 / 0.8, 0, 0]);
    expectNear(frequencies(given, { ...free, topP: 0.4 }), [1, 0, 0, 0]);
    expectNear(frequencies(given, { ...free, topP: 1 }), [0.5, 0.3, 0.15, 0.05]);
  });

  test('the penalty divides what is positive and multiplies what is not, once for each token that was there', () => {
    const before = [1, 1, 2];
    expectNear(frequencies(logits, { ...free, repetitionPenalty: 2 }, before), softmax([0.5, 1, -2, 1, 0]));
    expect(pickToken(logits, { ...greedy, repetitionPenalty: 3 }, [1], new Random(1))).toBe(3);
    expect([...logits]).toEqual([0.5, 2, -1, 1, 0]);
  });

  test('the same seed gives the same draws, another seed others', () => {
    const draw = (seed: number) => {
      const random = new Random(seed);
      return Array.from({ length: 40 }, () => pickToken(logits, free, [], random));
    };
    expect(draw(11)).toEqual(draw(11));
    expect(draw(11)).not.toEqual(draw(12));
  });

  test('the largest k are those that sorting finds, the lower id first among equals', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 8 }),
        (values, k) => {
          const sorted = [...values.keys()].sort((a, b) => values[b]! - values[a]! || a - b).slice(0, k);
          expect(largest(Float32Array.from(values), k)).toEqual(sorted);
        },
      ),
    );
  });
});

test('Random is even', () => {
  const random = new Random(9);
  const bins = new Array<number>(10).fill(0);
  for (let i = 0; i < 50_000; i++) bins[Math.floor(random.next() * 10)]!++;
  for (const n of bins) expect(Math.abs(n / 5000 - 1)).toBeLessThan(0.06);
});
