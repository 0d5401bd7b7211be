import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EmendError } from '../../../shared/errors.ts';
import { cholesky, solve } from '../../../electron/engine/linalg/cholesky.ts';
import { dot, matrix, type Matrix, norm, row, timesTransposed, transpose } from '../../../electron/engine/linalg/matrix.ts';
import { Random } from '../../../electron/engine/runtime/sampling.ts';

function random(rows: number, columns: number, seed: number): Matrix {
  const dice = new Random(seed);
  return matrix(rows, columns, Float64Array.from({ length: rows * columns }, () => 2 * dice.next() - 1));
}

/** G·Gᵀ/k with some rank more than n, and a little on the diagonal: positive definite, not too well conditioned. */
function definite(n: number, seed: number): Matrix {
  const a = timesTransposed(...([random(n, n + 3, seed), random(n, n + 3, seed)] as const));
  for (let i = 0; i < n; i++) a.data[i * n + i]! += 1e-3 * n;
  return a;
}

/** Largest difference relative to the largest entry. */
function apart(a: Matrix, b: Matrix): number {
  let difference = 0;
  let size = 0;
  for (let i = 0; i < b.data.length; i++) {
    difference = Math.max(difference, Math.abs(a.data[i]! - b.data[i]!));
    size = Math.max(size, Math.abs(b.data[i]!));
  }
  return difference / size;
}

async function hold(n: number, seed: number): Promise<void> {
  const a = definite(n, seed);
  const untouched = a.data.slice();
  const factor = await cholesky(a);
  expect(a.data).toEqual(untouched);
  for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) expect(factor.lower.data[i * n + j]).toBe(0);
  expect(apart(timesTransposed(factor.lower, factor.lower), a)).toBeLessThan(1e-12);
  const b = random(3, n, seed + 1);
  const x = solve(factor, b);
  expect(apart(timesTransposed(x, a), b)).toBeLessThan(1e-8);
}

describe('cholesky and solve', () => {
  test('L·Lᵀ is the matrix and A·X the right-hand sides, for small sizes', async () => {
    await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 24 }), fc.nat(1000), hold), { numRuns: 40 });
  });

  test.each([127, 128, 129, 256, 257, 385, 600])('and around the block sizes: %i', (n) => hold(n, n));

  test('nothing above the diagonal is read', async () => {
    const a = definite(20, 7);
    const lower = await cholesky(a);
    for (let i = 0; i < 20; i++) for (let j = i + 1; j < 20; j++) a.data[i * 20 + j] = NaN;
    expect((await cholesky(a)).lower).toEqual(lower.lower);
  });

  test.each([[3, 1], [200, 150], [300, 299]])('a matrix of %i that is not positive definite at %i is refused, naming the pivot', async (n, at) => {
    const a = definite(n, 3);
    a.data[at * n + at] = -1;
    const error: unknown = await cholesky(a).then(() => undefined, (e: unknown) => e);
    expect(error).toBeInstanceOf(EmendError);
    expect(error).toMatchObject({ code: 'failed', message: expect.stringContaining(`pivot ${at + 1} of ${n}`) as string, details: { pivot: at } });
  });

  test('what is not a number is refused too', async () => {
    await expect(cholesky(matrix(2, 2, Float64Array.of(1, 0, NaN, 1)))).rejects.toThrow(/not positive definite/);
    await expect(cholesky(matrix(1, 1, Float64Array.of(Infinity)))).rejects.toThrow(/not positive definite/);
  });
});

describe('matrices', () => {
  test('products, transposes and rows agree with their definitions', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }), (m, n, k) => {
      const [a, b] = [random(m, k, 1), random(n, k, 2)];
      const product = timesTransposed(a, b);
      for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let l = 0; l < k; l++) sum += a.data[i * k + l]! * b.data[j * k + l]!;
        expect(product.data[i * n + j]).toBeCloseTo(sum, 12);
      }
      expect(transpose(transpose(a))).toEqual(a);
      expect(transpose(a).data[(k - 1) * m]).toBe(row(a, 0)[k - 1]);
    }));
  });

  test('lengths', () => {
    expect(norm([3, 4])).toBe(5);
    expect(dot([1, 2], [3, 4])).toBe(11);
  });
});
