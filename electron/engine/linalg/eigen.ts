import { EmendError } from '../../../shared/errors.ts';
import { type Matrix, matrix, turned } from './matrix.ts';

/** Eigenvalues of a symmetric matrix, largest first, and their vectors of length 1 as rows. */
export interface Eigen {
  readonly values: Float64Array;
  readonly vectors: Matrix;
}

/** Steps of the iteration for one eigenvalue; more than a few are never needed. */
const MOST_STEPS = 60;

/**
 * All eigenvalues and eigenvectors of a symmetric matrix: Householder's tridiagonal form, then QL steps with implicit shifts (Golub and Van
 * Loan, Matrix Computations, 8.3; EISPACK tred2 and tql2). Also near-equal eigenvalues come out as float64 holds them.
 * @throws EmendError 'failed' when the numbers are not finite
 */
export function symmetricEigen(a: Matrix): Eigen {
  const n = a.rows;
  let z: Float64Array = a.data.slice();
  if (z.some((x) => !Number.isFinite(x)))
    throw new EmendError('failed', 'A matrix whose eigenvectors were asked for has numbers that are not finite.');
  const d = new Float64Array(n);
  const e = new Float64Array(n);
  tridiagonal(z, n, d, e);
  // As rows from here on: a rotation then runs along memory.
  z = turned(matrix(n, n, z)).data;
  rotate(z, n, d, e);
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => d[j]! - d[i]!);
  const vectors = matrix(n, n);
  order.forEach((from, to) => vectors.data.set(z.subarray(from * n, (from + 1) * n), to * n));
  return { values: Float64Array.from(order, (from) => d[from]!), vectors };
}

/** z becomes the orthogonal matrix that makes a tridiagonal, whose diagonals d and e are. */
function tridiagonal(z: Float64Array, n: number, d: Float64Array, e: Float64Array): void {
  for (let i = n - 1; i > 0; i--) {
    let h = 0;
    let scale = 0;
    for (let k = 0; k < i; k++) scale += Math.abs(z[i * n + k]!);
    if (i === 1 || scale === 0) e[i] = z[i * n + i - 1]!;
    else {
      for (let k = 0; k < i; k++) {
        z[i * n + k]! /= scale;
        h += z[i * n + k]! ** 2;
      }
      const f = z[i * n + i - 1]!;
      const g = f >= 0 ? -Math.sqrt(h) : Math.sqrt(h);
      e[i] = scale * g;
      h -= f * g;
      z[i * n + i - 1] = f - g;
      reflect(z, n, i, h, e);
    }
    d[i] = h;
  }
  d[0] = 0;
  e[0] = 0;
  for (let i = 0; i < n; i++) {
    if (d[i] !== 0) {
      const g = new Float64Array(i);
      for (let k = 0; k < i; k++) {
        const x = z[i * n + k]!;
        for (let j = 0; j < i; j++) g[j]! += x * z[k * n + j]!;
      }
      for (let k = 0; k < i; k++) {
        const x = z[k * n + i]!;
        for (let j = 0; j < i; j++) z[k * n + j]! -= g[j]! * x;
      }
    }
    d[i] = z[i * n + i]!;
    z[i * n + i] = 1;
    for (let j = 0; j < i; j++) {
      z[j * n + i] = 0;
      z[i * n + j] = 0;
    }
  }
}

/** A − q·uᵀ − u·qᵀ for the Householder vector u in row i. */
function reflect(z: Float64Array, n: number, i: number, h: number, e: Float64Array): void {
  let f = 0;
  const product = new Float64Array(i);
  for (let k = 0; k < i; k++) {
    z[k * n + i] = z[i * n + k]! / h;
    const x = z[i * n + k]!;
    let own = 0;
    for (let j = 0; j < k; j++) {
      own += z[k * n + j]! * z[i * n + j]!;
      product[j]! += z[k * n + j]! * x;
    }
    product[k]! += own + z[k * n + k]! * x;
  }
  for (let j = 0; j < i; j++) {
    e[j] = product[j]! / h;
    f += e[j]! * z[i * n + j]!;
  }
  const half = f / (h + h);
  for (let j = 0; j < i; j++) {
    const u = z[i * n + j]!;
    const g = (e[j]! -= half * u);
    for (let k = 0; k <= j; k++) z[j * n + k]! -= u * e[k]! + g * z[i * n + k]!;
  }
}

/** Diagonalises the tridiagonal matrix; the rows of z gather the rotations. */
function rotate(z: Float64Array, n: number, d: Float64Array, e: Float64Array): void {
  for (let i = 1; i < n; i++) e[i - 1] = e[i]!;
  e[n - 1] = 0;
  for (let l = 0; l < n; l++) {
    for (let steps = 0; ; steps++) {
      let m = l;
      while (m < n - 1 && Math.abs(e[m]!) > Number.EPSILON * (Math.abs(d[m]!) + Math.abs(d[m + 1]!))) m++;
      if (m === l) break;
      if (steps === MOST_STEPS) throw new EmendError('failed', 'The eigenvectors of a matrix were not found.', 'Please report it.');
      step(z, n, d, e, l, m);
    }
  }
}

/** One QL step with implicit shift on rows l to m. */
function step(z: Float64Array, n: number, d: Float64Array, e: Float64Array, l: number, m: number): void {
  let g = (d[l + 1]! - d[l]!) / (2 * e[l]!);
  let r = Math.hypot(g, 1);
  g = d[m]! - d[l]! + e[l]! / (g + (g >= 0 ? r : -r));
  let [s, c, p] = [1, 1, 0];
  for (let i = m - 1; i >= l; i--) {
    let f = s * e[i]!;
    const b = c * e[i]!;
    r = Math.hypot(f, g);
    e[i + 1] = r;
    if (r === 0) {
      d[i + 1]! -= p;
      e[m] = 0;
      return;
    }
    s = f / r;
    c = g / r;
    g = d[i + 1]! - p;
    r = (d[i]! - g) * s + 2 * c * b;
    p = s * r;
    d[i + 1] = g + p;
    g = c * r - b;
    const [lower, upper] = [i * n, (i + 1) * n];
    for (let k = 0; k < n; k++) {
      f = z[upper + k]!;
      z[upper + k] = s * z[lower + k]! + c * f;
      z[lower + k] = c * z[lower + k]! - s * f;
    }
  }
  d[l]! -= p;
  e[l] = g;
  e[m] = 0;
}
