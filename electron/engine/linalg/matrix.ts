/** A dense row-major matrix of float64. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array;
}

/** A zero matrix. */
export function matrix(rows: number, columns: number, data: Float64Array = new Float64Array(rows * columns)): Matrix {
  return { rows, columns, data };
}

/** Row r as a view. */
export function row(m: Matrix, r: number): Float64Array {
  return m.data.subarray(r * m.columns, (r + 1) * m.columns);
}

/** a·bᵀ, the form in which both operands are read along rows. */
export function timesTransposed(a: Matrix, b: Matrix): Matrix {
  const out = matrix(a.rows, b.rows);
  for (let i = 0; i < a.rows; i++) {
    const x = row(a, i);
    for (let j = 0; j < b.rows; j++) out.data[i * b.rows + j] = dot(x, row(b, j));
  }
  return out;
}

/** Σ aᵢbᵢ. */
export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** Euclidean length. */
export function norm(a: ArrayLike<number>): number {
  return Math.sqrt(dot(a, a));
}
