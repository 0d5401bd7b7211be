import { symmetricEigen } from './eigen.ts';
import { dot, type Matrix, matrix, row, timesTransposed, turned } from './matrix.ts';

/** The direction in which rows vary most. */
export interface Principal {
  /** Length 1; its component largest in magnitude is positive, as scikit-learn has it. */
  readonly direction: Float64Array;
  /** First over second singular value: near 1 the direction hangs on rounding. */
  readonly gap: number;
}

/** The rows less their mean, in place of a copy. */
export function centred(rows: Matrix): Matrix {
  const mean = columnMean(rows);
  return matrix(
    rows.rows,
    rows.columns,
    rows.data.map((x, i) => x - mean[i % rows.columns]!),
  );
}

export function columnMean(rows: Matrix): Float64Array {
  const mean = new Float64Array(rows.columns);
  rows.data.forEach((x, i) => (mean[i % rows.columns]! += x / rows.rows));
  return mean;
}

/** First right singular vector of a matrix as it is: of centred rows their first principal component. */
export function principal(rows: Matrix): Principal {
  const { rows: n, columns } = rows;
  const isWide = n <= columns;
  const { values, vectors } = symmetricEigen(isWide ? timesTransposed(rows, rows) : timesTransposed(turned(rows), turned(rows)));
  const first = row(vectors, 0);
  let direction: Float64Array = isWide ? combined(rows, first) : first.slice();
  const length = Math.sqrt(dot(direction, direction));
  const most = direction.reduce((best, x, i) => (Math.abs(x) > Math.abs(direction[best]!) ? i : best), 0);
  const scale = (direction[most]! < 0 ? -1 : 1) / (length === 0 ? 1 : length);
  direction = direction.map((x) => x * scale);
  return { direction, gap: Math.sqrt(Math.max(0, values[0]!) / Math.max(0, values[1] ?? 0)) };
}

/** Σ weights[r]·rows[r]. */
export function combined(rows: Matrix, weights: ArrayLike<number>): Float64Array {
  const out = new Float64Array(rows.columns);
  for (let r = 0; r < rows.rows; r++) {
    const [own, weight] = [row(rows, r), weights[r]!];
    for (let i = 0; i < out.length; i++) out[i]! += weight * own[i]!;
  }
  return out;
}
