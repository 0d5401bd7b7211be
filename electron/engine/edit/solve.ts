import { cholesky, solveMany } from '../linalg/cholesky.ts';
import { addDiagonal, firstRows, matrix, type Matrix, turned } from '../linalg/matrix.ts';
import { withProducts } from '../linalg/product.ts';
import type { Metric } from './metric.ts';

/** ½ for the plain row and the other half shared by the contexts (mean within each template type, then over types). */
export function keyWeights(rows: number): number[] {
  if (rows === 1) return [1];
  return Array.from({ length: rows }, (_, i) => (i === 0 ? 0.5 : 0.5 / (rows - 1)));
}

/** The keys that a change of a weight answers for, n × F; those that are to get something new stand first. */
export interface Columns {
  readonly keys: Matrix;
  /** εⱼ: 1 as MEMIT weighs a fact, 0 to the letter, 1/μ for one that is held with the weight μ. */
  readonly softness: readonly number[];
  /** How many of them are written; what the others get is to stay as it is. */
  readonly written: number;
}

/**
 * X with Δ = R·X, written × F, where R holds what is missing at each written key: the minimum of tr(ΔMΔᵀ) + Σⱼ ‖Δkⱼ − rⱼ‖²/εⱼ with r = 0
 * for the keys that are held. One solver for MEMIT (ε 1), equality (ε 0, EMMET) and protection (ε 1/μ).
 * By way of S⁻¹K, an n × n solve: (scale·E + KᵀS⁻¹K)⁻¹ S⁻¹K. Where keys outnumber a quarter of their width, and S is to be had,
 * (scale·S + KE⁻¹Kᵀ)⁻¹ KE⁻¹ instead, an F × F solve.
 */
export async function solveKeys({ keys, softness, written }: Columns, metric: Metric): Promise<Matrix> {
  const { rows: n, columns: width } = keys;
  if (4 * n > width && metric.whole && softness.every((epsilon) => epsilon > 0)) return solveWide(keys, softness, written, metric);
  const whitened = await metric.whiten(keys);
  return withProducts(async (products) => {
    const gram = await products.timesTransposed(keys, whitened);
    const inner = addDiagonal(
      gram,
      softness.map((epsilon) => metric.scale * epsilon),
    );
    // The inner matrix is symmetric: rows of the result are its combinations of the whitened keys.
    return products.times(await solveMany(await cholesky(inner), firstRows(identity(n), written)), whitened);
  });
}

async function solveWide(keys: Matrix, softness: readonly number[], written: number, metric: Metric): Promise<Matrix> {
  const weighted = (power: number) =>
    matrix(
      keys.rows,
      keys.columns,
      keys.data.map((x, i) => x * softness[Math.floor(i / keys.columns)]! ** power),
    );
  const halved = weighted(-0.5);
  const held = await withProducts((products) => products.timesTransposed(turned(halved), turned(halved)));
  const whole = metric.whole!();
  for (let i = 0; i < held.data.length; i++) held.data[i]! += metric.scale * whole.data[i]!;
  return solveMany(await cholesky(held), firstRows(weighted(-1), written));
}

function identity(n: number): Matrix {
  return addDiagonal(matrix(n, n), 1);
}
