import { columnMean, principal, type Principal } from '../linalg/principal.ts';
import { dot, type Matrix, matrix, norm, row } from '../linalg/matrix.ts';
import { logistic } from '../linalg/logistic.ts';

/** Rows of one matrix less those of another. */
export function differences(one: Matrix, other: Matrix): Matrix {
  return matrix(
    one.rows,
    one.columns,
    one.data.map((x, i) => x - other.data[i]!),
  );
}

/** The rows of two matrices, one below the other. */
export function stacked(one: Matrix, other: Matrix): Matrix {
  const out = matrix(one.rows + other.rows, one.columns);
  out.data.set(one.data);
  out.data.set(other.data, one.data.length);
  return out;
}

/** Some rows of a matrix, in the order asked for. */
export function rowsOf(of: Matrix, which: readonly number[]): Matrix {
  const out = matrix(which.length, of.columns);
  which.forEach((from, to) => out.data.set(row(of, from), to * of.columns));
  return out;
}

/** Mean of the positive rows less that of the negative ones. */
export function meanDifference(positive: Matrix, negative: Matrix): Float64Array {
  const [a, b] = [columnMean(positive), columnMean(negative)];
  return a.map((x, i) => x - b[i]!);
}

/**
 * First component of the pairs' differences around zero, both ways round, turned to the side of their mean (steering-vectors,
 * pca_aggregator).
 */
export function uncentredComponent(positive: Matrix, negative: Matrix): Principal {
  const apart = differences(positive, negative);
  const found = principal(
    stacked(
      apart,
      matrix(
        apart.rows,
        apart.columns,
        apart.data.map((x) => -x),
      ),
    ),
  );
  const towards = dot(columnMean(apart), found.direction);
  return { ...found, direction: towards < 0 ? found.direction.map((x) => -x) : found.direction };
}

/** What tells pairs apart around their middle, without an intercept, at length 1 (steering-vectors, logistic_aggregator). */
export async function logisticDirection(positive: Matrix, negative: Matrix): Promise<Float64Array> {
  const half = differences(positive, negative).data.map((x) => x / 2);
  const rows = stacked(
    matrix(positive.rows, positive.columns, half),
    matrix(
      positive.rows,
      positive.columns,
      half.map((x) => -x),
    ),
  );
  const labels = Array.from({ length: rows.rows }, (_, i) => i < positive.rows);
  return atLengthOne((await logistic(rows, labels, false)).weights);
}

export function atLengthOne(vector: Float64Array): Float64Array {
  const length = norm(vector);
  return length === 0 ? vector : vector.map((x) => x / length);
}

/** Each row's part along a direction. */
export function projections(rows: Matrix, direction: ArrayLike<number>): Float64Array {
  return Float64Array.from({ length: rows.rows }, (_, i) => dot(row(rows, i), direction));
}

/** Standard deviation; @param less what is taken off the count: 0 as numpy has it, 1 for a sample */
export function deviation(values: ArrayLike<number>, less: 0 | 1 = 0): number {
  const n = values.length;
  const mean = Array.from(values).reduce((sum, x) => sum + x, 0) / n;
  return Math.sqrt(Array.from(values).reduce((sum, x) => sum + (x - mean) ** 2, 0) / (n - less));
}

/** Mean length of the rows. */
export function meanLength(rows: Matrix): number {
  return Array.from({ length: rows.rows }, (_, i) => norm(row(rows, i))).reduce((sum, x) => sum + x, 0) / rows.rows;
}
