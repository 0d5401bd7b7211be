import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { symmetricEigen } from '../../../electron/engine/linalg/eigen.ts';
import { logistic } from '../../../electron/engine/linalg/logistic.ts';
import { dot, matrix, norm, row, timesTransposed } from '../../../electron/engine/linalg/matrix.ts';
import { centred, principal } from '../../../electron/engine/linalg/principal.ts';
import { Random } from '../../../electron/engine/runtime/sampling.ts';

function random(rows: number, columns: number, seed: number) {
  const dice = new Random(seed);
  return matrix(
    rows,
    columns,
    Float64Array.from({ length: rows * columns }, () => 2 * dice.next() - 1),
  );
}

describe('eigenvectors of symmetric matrices', () => {
  test('are orthonormal, in order, and what A makes longer', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 24 }), fc.integer({ min: 1, max: 6 }), fc.nat(), (n, rank, seed) => {
        const g = random(n, rank, seed); // fewer than n: eigenvalues that are equal, and 0
        const a = timesTransposed(g, g);
        const { values, vectors } = symmetricEigen(a);
        for (let i = 0; i < n; i++) {
          if (i > 0) expect(values[i]!).toBeLessThanOrEqual(values[i - 1]!);
          for (let j = 0; j <= i; j++) expect(dot(row(vectors, i), row(vectors, j))).toBeCloseTo(i === j ? 1 : 0, 10);
          for (let k = 0; k < n; k++) expect(dot(row(a, k), row(vectors, i))).toBeCloseTo(values[i]! * row(vectors, i)[k]!, 9);
        }
      }),
      { numRuns: 30 },
    );
  });
  test('of what is not finite are refused', () => {
    expect(() => symmetricEigen(matrix(2, 2, Float64Array.of(1, NaN, NaN, 1)))).toThrow(/not finite/);
  });
});

describe('the first component', () => {
  test('is the same whether rows or columns are fewer, and its largest number is positive', () => {
    const wide = centred(random(5, 40, 3));
    const { direction, gap } = principal(wide);
    const tall = matrix(45, 40);
    tall.data.set(wide.data); // rows of 0 change nothing
    const other = principal(tall);
    expect(norm(direction)).toBeCloseTo(1, 12);
    expect(direction.reduce((most, x) => (Math.abs(x) > Math.abs(most) ? x : most), 0)).toBeGreaterThan(0);
    expect(gap).toBeCloseTo(other.gap, 8);
    direction.forEach((x, i) => expect(x).toBeCloseTo(other.direction[i]!, 8));
  });
});

describe('logistic regression', () => {
  test('stops where no gradient is left, with few columns and with many', async () => {
    for (const [rows, columns] of [
      [60, 5],
      [12, 50],
    ] as const) {
      const x = random(rows, columns, 7);
      const labels = Array.from({ length: rows }, (_, i) => row(x, i)[0]! + 0.3 * row(x, i)[1]! > 0.1);
      for (const withIntercept of [true, false]) {
        const { weights, intercept } = await logistic(x, labels, withIntercept);
        const off = labels.map((label, i) => 1 / (1 + Math.exp(-(dot(weights, row(x, i)) + intercept))) - (label ? 1 : 0));
        for (let j = 0; j < columns; j++) expect(off.reduce((sum, o, i) => sum + o * row(x, i)[j]!, weights[j]!)).toBeCloseTo(0, 8);
        if (withIntercept) expect(off.reduce((sum, o) => sum + o, 0)).toBeCloseTo(0, 6);
        else expect(intercept).toBe(0);
      }
    }
  });
});
