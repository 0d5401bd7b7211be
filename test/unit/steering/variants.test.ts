import { describe, expect, test } from 'vitest';
import { dot, norm } from '../../../electron/engine/linalg/matrix.ts';
import type { Steering } from '../../../electron/engine/steer/steering.ts';
import { layersOf, leastLeft, moved, randomised, replaced, scaled, together, within } from '../../../electron/engine/steer/variants.ts';
import type { Part } from '../../../shared/steering/intervention.ts';

const part = (change: Partial<Part> = {}): Part => ({
  site: 'residual',
  layers: [1, 2],
  positions: { kind: 'all' },
  vector: 'v',
  operator: 'add',
  strength: { value: 2, unit: 'raw' },
  sigma: [3, 4],
  ...change,
});
const steering = (parts: Part[]): Steering => ({
  intervention: { parts },
  vectors: new Map([['v', { dims: [2, 1, 3], data: Float32Array.of(1, 2, 2, 0, 3, 4) }]]),
});
const rows = (of: Steering, name = 'v') => {
  const { data, dims } = of.vectors.get(name)!;
  return Array.from({ length: data.length / dims[2] }, (_, row) => data.subarray(row * dims[2], (row + 1) * dims[2]));
};

describe('other forms of a steering', () => {
  test('directions of another one: what is left of the least', () => {
    const [own, other] = [steering([part()]), steering([part()])];
    expect(leastLeft(own, other)).toBeCloseTo(0, 6);
    rows(other)[0]!.set([-1, -2, -2]); // the other way round
    expect(leastLeft(own, other)).toBeCloseTo(0, 6);
    rows(other)[0]!.set([2, -1, 0]);
    rows(other)[1]!.set([1, 0, 0]);
    expect(leastLeft(own, other)).toBeCloseTo(1, 6);
    rows(other)[1]!.set([5, 3, 4]);
    expect(leastLeft(own, other)).toBeCloseTo(Math.SQRT1_2, 6);
  });
  test('stronger: what is added, not what is taken out', () => {
    const parts = scaled(steering([part(), part({ operator: 'project out', strength: { value: 1, unit: 'raw' } })]), 3).intervention.parts;
    expect(parts.map(({ strength }) => strength.value)).toEqual([6, 1]);
  });
  test('elsewhere: not where vectors lie token by token', () => {
    const aligned = part({ positions: { kind: 'aligned', to: 'front', tokens: 1 } });
    const kinds = moved(steering([part(), aligned]), { kind: 'prompt' }).intervention.parts.map(({ positions }) => positions.kind);
    expect(kinds).toEqual(['prompt', 'aligned']);
  });
  test('in some layers: with their own vectors and measures', () => {
    const one = within(steering([part()]), [2])!;
    expect(one.intervention.parts).toMatchObject([{ layers: [2], sigma: [4] }]);
    expect([...rows(one, one.intervention.parts[0]!.vector)[0]!]).toEqual([0, 3, 4]);
    expect(within(steering([part()]), [7])).toBeUndefined();
    expect(layersOf(steering([part({ layers: [4, 2] })]))).toEqual([2, 4]);
  });
  test('random: the same lengths, other directions, the same for a seed', () => {
    const [own, random] = [steering([part()]), randomised(steering([part()]), 1)];
    rows(random).forEach((row, i) => {
      expect(norm(row)).toBeCloseTo(norm(rows(own)[i]!), 5);
      expect(Math.abs(dot(row, rows(own)[i]!) / norm(row) ** 2)).toBeLessThan(0.999);
    });
    expect(randomised(steering([part()]), 1)).toEqual(random);
    expect(randomised(steering([part()]), 2)).not.toEqual(random);
  });
  test('of shuffled labels: nothing of the fitted direction, the same lengths', () => {
    const own = steering([part()]);
    const other: Steering = { ...own, vectors: new Map([['v', { dims: [2, 1, 3], data: Float32Array.of(2, 1, 0, 1, 1, 1) }]]) };
    const control = replaced(own, other, 1);
    rows(control).forEach((row, i) => {
      expect(dot(row, rows(own)[i]!)).toBeCloseTo(0, 5);
      expect(norm(row)).toBeCloseTo(norm(rows(own)[i]!), 5);
    });
  });
  test('several together: in order, no vector taken for another', () => {
    const both = together([steering([part()]), scaled(steering([part()]), -1)]);
    expect(both.intervention.parts.map(({ vector, strength }) => [vector, strength.value])).toEqual([
      ['0/v', 2],
      ['1/v', -2],
    ]);
    expect([...both.vectors.keys()]).toEqual(['0/v', '1/v']);
  });
});
