import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EmendError } from '../../../shared/errors.ts';
import { cholesky, solve, solveMany } from '../../../electron/engine/linalg/cholesky.ts';
import { dot, matrix, type Matrix, norm, row, timesTransposed } from '../../../electron/engine/linalg/matrix.ts';
import { Random } from '../../../electron/engine/runtime/sampling.ts';

function random(rows: number, columns: number, seed: number): Matrix {
  const dice = new Random(seed);
  return matrix(
    rows,
    columns,
    Float64Array.from({ length: rows * columns }, () => 2 * dice.next() - 1),
  );
}

/** G·Gᵀ + D, positive definite. */
function definite(n: number, seed: number): Matrix {
  const g = random(n, 8, seed);
  const a = timesTransposed(g, g);
  for (let i = 0; i < n; i++) a.data[i * n + i]! += 0.5 + (i % 3);
  return a;
}

/** m·x, or mᵀ·x. */
function times(m: Matrix, x: Float64Array, turned = false): Float64Array {
  const out = new Float64Array(m.rows);
  for (let i = 0; i < m.rows; i++)
    for (let j = 0; j < m.columns; j++) out[turned ? j : i]! += m.data[i * m.columns + j]! * x[turned ? i : j]!;
  return out;
}

/** Largest difference relative to the largest entry. */
function apart(a: Float64Array, b: Float64Array): number {
  return Math.max(...b.map((x, i) => Math.abs(x - a[i]!))) / Math.max(...b.map(Math.abs));
}

async function hold(n: number, seed: number): Promise<void> {
  const a = definite(n, seed);
  const untouched = a.data.slice();
  const factor = await cholesky(a);
  expect(Buffer.compare(Buffer.from(a.data.buffer), Buffer.from(untouched.buffer))).toBe(0);
  for (let i = 0; i < n; i++)
    if (factor.lower.data.subarray(i * n + i + 1, (i + 1) * n).some((x) => x !== 0))
      throw new Error(`row ${i} has entries above the diagonal`);
  const b = random(3, n, seed + 1);
  const x = solve(factor, b);
  for (let r = 0; r < 3; r++) {
    expect(apart(times(factor.lower, times(factor.lower, row(b, r), true)), times(a, row(b, r)))).toBeLessThan(1e-12);
    expect(apart(times(a, row(x, r)), row(b, r))).toBeLessThan(1e-10);
  }
}

describe('cholesky and solve', () => {
  test('L·Lᵀ is the matrix and A·X the right-hand sides, for small sizes', async () => {
    await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 24 }), fc.nat(1000), hold), { numRuns: 40 });
  });

  test.each([
    [300, 300],
    [900, 129],
    [20, 64],
  ])('%i right-hand sides of a matrix of %i: block by block as one by one', async (count, n) => {
    const factor = await cholesky(definite(n, n));
    const b = random(count, n, 3);
    expect(apart((await solveMany(factor, b)).data, solve(factor, b).data)).toBeLessThan(1e-12);
  });

  test.each([127, 128, 129, 256, 257, 385, 600])('and around the block sizes: %i', (n) => hold(n, n));

  test('nothing above the diagonal is read', async () => {
    const a = definite(20, 7);
    const lower = await cholesky(a);
    for (let i = 0; i < 20; i++) for (let j = i + 1; j < 20; j++) a.data[i * 20 + j] = NaN;
    expect((await cholesky(a)).lower).toEqual(lower.lower);
  });

  test.each([
    [3, 1],
    [200, 150],
    [300, 299],
  ])('a matrix of %i that is not positive definite at %i is refused, naming the pivot', async (n, at) => {
    const a = definite(n, 3);
    a.data[at * n + at] = -1;
    const error: unknown = await cholesky(a).then(
      () => undefined,
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(EmendError);
    expect(error).toMatchObject({
      code: 'failed',
      message: expect.stringContaining(`pivot ${at + 1} of ${n}`) as string,
      details: { pivot: at },
    });
  });

  test('what is not a number is refused too', async () => {
    await expect(cholesky(matrix(2, 2, Float64Array.of(1, 0, NaN, 1)))).rejects.toThrow(/not positive definite/);
    await expect(cholesky(matrix(1, 1, Float64Array.of(Infinity)))).rejects.toThrow(/not positive definite/);
  });
});

describe('matrices', () => {
  test('products, transposes and rows agree with their definitions', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }), (m, n, k) => {
        const [a, b] = [random(m, k, 1), random(n, k, 2)];
        const product = timesTransposed(a, b);
        for (let i = 0; i < m; i++)
          for (let j = 0; j < n; j++) {
            let sum = 0;
            for (let l = 0; l < k; l++) sum += a.data[i * k + l]! * b.data[j * k + l]!;
            expect(product.data[i * n + j]).toBeCloseTo(sum, 12);
          }
      }),
    );
  });

  test('lengths', () => {
    expect(norm([3, 4])).toBe(5);
    expect(dot([1, 2], [3, 4])).toBe(11);
  });
});
