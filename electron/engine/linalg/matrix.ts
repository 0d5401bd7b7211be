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

/** Mean of a square matrix's diagonal. */
export function meanDiagonal(m: Matrix): number {
  let sum = 0;
  for (let i = 0; i < m.rows; i++) sum += m.data[i * m.columns + i]!;
  return sum / m.rows;
}

/** A copy with something added along the diagonal: one number, or one for each row. */
export function addDiagonal(m: Matrix, what: number | ArrayLike<number>): Matrix {
  const out = matrix(m.rows, m.columns, m.data.slice());
  for (let i = 0; i < m.rows; i++) out.data[i * m.columns + i]! += typeof what === 'number' ? what : what[i]!;
  return out;
}

/** Matrices of equal width, one below the other. */
export function stacked(parts: readonly Matrix[], columns: number): Matrix {
  const out = matrix(
    parts.reduce((sum, part) => sum + part.rows, 0),
    columns,
  );
  let at = 0;
  for (const part of parts) {
    out.data.set(part.data, at);
    at += part.data.length;
  }
  return out;
}

/** The first rows as a view. */
export function firstRows(m: Matrix, rows: number): Matrix {
  return matrix(rows, m.columns, m.data.subarray(0, rows * m.columns));
}

/** Some columns, in the order in which they are named. */
export function columnsOf(m: Matrix, columns: readonly number[]): Matrix {
  const out = matrix(m.rows, columns.length);
  for (let i = 0; i < m.rows; i++) columns.forEach((from, to) => (out.data[i * out.columns + to] = m.data[i * m.columns + from]!));
  return out;
}

/** The matrix with its columns as rows. */
export function turned({ rows, columns, data }: Matrix): Matrix {
  const out = matrix(columns, rows);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out.data[j * rows + i] = data[i * columns + j]!;
  return out;
}
