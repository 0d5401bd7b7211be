import { EmendError } from '../../../shared/errors.ts';
import { type Matrix, matrix } from './matrix.ts';
import { Products } from './product.ts';

/** Columns worked on at once; the rest of the matrix is then updated by one matrix product. */
const BLOCK = 128;

/** A lower-triangular L with A = L·Lᵀ. */
export interface Cholesky {
  readonly lower: Matrix;
}

/**
 * Factors a symmetric positive definite matrix, block by block; the products run in ONNX Runtime in float64.
 * @throws EmendError 'failed' naming the pivot when the matrix is not positive definite
 */
export async function cholesky(a: Matrix): Promise<Cholesky> {
  const n = a.rows;
  const lower = matrix(n, n, a.data.slice());
  const l = lower.data;
  const product = n > 2 * BLOCK ? await Products.open() : undefined;
  for (let from = 0; from < n; from += BLOCK) {
    const to = Math.min(from + BLOCK, n);
    factorBlock(l, n, from, to);
    solveBelow(l, n, from, to);
    if (to < n) await subtractOuter(l, n, from, to, product);
  }
  for (let i = 0; i < n; i++) l.fill(0, i * n + i + 1, (i + 1) * n);
  await product?.release();
  return { lower };
}

function factorBlock(l: Float64Array, n: number, from: number, to: number): void {
  for (let j = from; j < to; j++) {
    let pivot = l[j * n + j]!;
    for (let k = from; k < j; k++) pivot -= l[j * n + k]! ** 2;
    if (!(pivot > 0) || !Number.isFinite(pivot)) {
      throw new EmendError(
        'failed',
        `The matrix is not positive definite (pivot ${j + 1} of ${n} is ${pivot.toExponential(2)}).`,
        'Use more covariance text, or add a ridge.',
        { pivot: j },
      );
    }
    const diagonal = Math.sqrt(pivot);
    l[j * n + j] = diagonal;
    for (let i = j + 1; i < to; i++) {
      let sum = l[i * n + j]!;
      for (let k = from; k < j; k++) sum -= l[i * n + k]! * l[j * n + k]!;
      l[i * n + j] = sum / diagonal;
    }
  }
}

function solveBelow(l: Float64Array, n: number, from: number, to: number): void {
  for (let i = to; i < n; i++) {
    const r = i * n;
    for (let j = from; j < to; j++) {
      let sum = l[r + j]!;
      const c = j * n;
      for (let k = from; k < j; k++) sum -= l[r + k]! * l[c + k]!;
      l[r + j] = sum / l[c + j]!;
    }
  }
}

/** Below the block: A −= P·Pᵀ with P the panel just solved. Row strips keep the product's size in hand and skip the upper triangle. */
async function subtractOuter(l: Float64Array, n: number, from: number, to: number, product: Products | undefined): Promise<void> {
  const width = to - from;
  const rows = n - to;
  const panel = new Float64Array(rows * width);
  for (let i = 0; i < rows; i++) panel.set(l.subarray((to + i) * n + from, (to + i) * n + to), i * width);
  if (!product) {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j <= i; j++) {
        let sum = 0;
        for (let k = 0; k < width; k++) sum += panel[i * width + k]! * panel[j * width + k]!;
        l[(to + i) * n + to + j]! -= sum;
      }
    }
    return;
  }
  const strip = 4 * BLOCK;
  for (let start = 0; start < rows; start += strip) {
    const end = Math.min(start + strip, rows);
    const part = matrix(end - start, width, panel.slice(start * width, end * width));
    const result = (await product.timesTransposed(part, matrix(end, width, panel.slice(0, end * width)))).data;
    for (let i = start; i < end; i++) {
      const target = (to + i) * n + to;
      const source = (i - start) * end;
      for (let j = 0; j <= i; j++) l[target + j]! -= result[source + j]!;
    }
  }
}

/**
 * X with A·X = B, from A's factor. B and X are [columns, n]: one right-hand side a row.
 */
export function solve(factor: Cholesky, rightHandSides: Matrix): Matrix {
  const { rows: n, data: l } = factor.lower;
  const out = matrix(rightHandSides.rows, n, rightHandSides.data.slice());
  for (let r = 0; r < out.rows; r++) {
    const x = out.data.subarray(r * n, (r + 1) * n);
    for (let i = 0; i < n; i++) {
      let sum = x[i]!;
      const at = i * n;
      for (let k = 0; k < i; k++) sum -= l[at + k]! * x[k]!;
      x[i] = sum / l[at + i]!;
    }
    for (let i = n - 1; i >= 0; i--) {
      const value = x[i]! / l[i * n + i]!;
      x[i] = value;
      const at = i * n;
      for (let k = 0; k < i; k++) x[k]! -= l[at + k]! * value;
    }
  }
  return out;
}

/** Below so many multiplications plain loops are quicker than a session. */
const SMALL = 2e7;

/**
 * {@link solve} for many right-hand sides: block by block, the products in ONNX Runtime in float64.
 * @param rightHandSides [columns, n]
 */
export async function solveMany(factor: Cholesky, rightHandSides: Matrix): Promise<Matrix> {
  const { rows: n, data: l } = factor.lower;
  const count = rightHandSides.rows;
  if (count * n * n < SMALL) return solve(factor, rightHandSides);
  const x = matrix(count, n, rightHandSides.data.slice());
  const products = await Products.open();
  /** The columns from `from` to `to` of X lose what the solved ones of a block bring with them. */
  const subtract = async (block: readonly [number, number], from: number, to: number, isBelow: boolean) => {
    if (from >= to) return;
    const solved = columns(x, ...block);
    const part = isBelow ? window(l, n, [from, to], block) : window(l, n, block, [from, to]);
    const less = isBelow ? await products.timesTransposed(solved, part) : await products.times(solved, part);
    for (let r = 0; r < count; r++) for (let i = from; i < to; i++) x.data[r * n + i]! -= less.data[r * less.columns + i - from]!;
  };
  try {
    for (let from = 0; from < n; from += BLOCK) {
      const to = Math.min(from + BLOCK, n);
      for (let r = 0; r < count; r++)
        for (let i = from; i < to; i++) {
          let sum = x.data[r * n + i]!;
          for (let k = from; k < i; k++) sum -= l[i * n + k]! * x.data[r * n + k]!;
          x.data[r * n + i] = sum / l[i * n + i]!;
        }
      await subtract([from, to], to, n, true);
    }
    for (let from = Math.floor((n - 1) / BLOCK) * BLOCK; from >= 0; from -= BLOCK) {
      const to = Math.min(from + BLOCK, n);
      for (let r = 0; r < count; r++)
        for (let i = to - 1; i >= from; i--) {
          const value = x.data[r * n + i]! / l[i * n + i]!;
          x.data[r * n + i] = value;
          for (let k = from; k < i; k++) x.data[r * n + k]! -= l[i * n + k]! * value;
        }
      await subtract([from, to], 0, from, false);
    }
  } finally {
    await products.release();
  }
  return x;
}

function columns(m: Matrix, from: number, to: number): Matrix {
  return window(m.data, m.columns, [0, m.rows], [from, to]);
}

function window(
  data: Float64Array,
  width: number,
  [top, bottom]: readonly [number, number],
  [from, to]: readonly [number, number],
): Matrix {
  const out = matrix(bottom - top, to - from);
  for (let i = top; i < bottom; i++) out.data.set(data.subarray(i * width + from, i * width + to), (i - top) * out.columns);
  return out;
}
