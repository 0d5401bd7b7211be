import { cholesky, solve } from '../linalg/cholesky.ts';
import { matrix, type Matrix, row, timesTransposed } from '../linalg/matrix.ts';
import type { KeyStatistics } from './statistics.ts';

/** ½ for the plain row and the other half shared by the contexts (mean within each template type, then over types). */
export function keyWeights(rows: number): number[] {
  if (rows === 1) return [1];
  return Array.from({ length: rows }, (_, i) => (i === 0 ? 0.5 : 0.5 / (rows - 1)));
}

/**
 * (λC + KKᵀ)⁻¹K as n × F. With fewer facts than key dimensions by way of C's factor (Woodbury):
 * C⁻¹K (λI + KᵀC⁻¹K)⁻¹, an n × n solve; else directly.
 */
export async function solveKeys(keys: Matrix, lambda: number, statistics: KeyStatistics, layer: number): Promise<Matrix> {
  const n = keys.rows;
  const width = keys.columns;
  if (4 * n <= width) {
    const whitened = solve(await statistics.factor(layer), keys);
    const inner = timesTransposed(keys, whitened);
    for (let i = 0; i < n; i++) inner.data[i * n + i]! += lambda;
    const factor = await cholesky(inner);
    // (λI + S)⁻¹ is symmetric: rows of the result are its combinations of the whitened keys.
    return combine(solve(factor, identity(n)), whitened);
  }
  const c = statistics.covariance(layer);
  const full = matrix(
    width,
    width,
    c.data.map((x) => lambda * x),
  );
  for (let r = 0; r < n; r++) {
    const k = row(keys, r);
    for (let i = 0; i < width; i++) for (let j = 0; j < width; j++) full.data[i * width + j]! += k[i]! * k[j]!;
  }
  return solve(await cholesky(full), keys);
}

function identity(n: number): Matrix {
  const m = matrix(n, n);
  for (let i = 0; i < n; i++) m.data[i * n + i] = 1;
  return m;
}

function combine(a: Matrix, b: Matrix): Matrix {
  const out = matrix(a.rows, b.columns);
  for (let i = 0; i < a.rows; i++) {
    const into = row(out, i);
    for (let k = 0; k < a.columns; k++) {
      const x = a.data[i * a.columns + k]!;
      const from = row(b, k);
      for (let j = 0; j < into.length; j++) into[j]! += x * from[j]!;
    }
  }
  return out;
}
