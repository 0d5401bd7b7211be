import * as ort from 'onnxruntime-node';
import { EmendError } from '../../../shared/errors.ts';
import { ints } from '../onnx/build.ts';
import type { Graph, Node } from '../onnx/graph.ts';
import { encodeModel } from '../onnx/write.ts';
import { type Matrix, matrix } from './matrix.ts';

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
  const product = n > 2 * BLOCK ? await outerProduct() : undefined;
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
async function subtractOuter(
  l: Float64Array,
  n: number,
  from: number,
  to: number,
  product: ort.InferenceSession | undefined,
): Promise<void> {
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
    const a = new ort.Tensor('float64', panel.slice(start * width, end * width), [end - start, width]);
    const b = new ort.Tensor('float64', panel.slice(0, end * width), [end, width]);
    const result = (await product.run({ a, b }))['c']!.data as Float64Array;
    for (let i = start; i < end; i++) {
      const target = (to + i) * n + to;
      const source = (i - start) * end;
      for (let j = 0; j <= i; j++) l[target + j]! -= result[source + j]!;
    }
  }
}

/** A session for c = a·bᵀ in float64. */
function outerProduct(): Promise<ort.InferenceSession> {
  const transposed: Node = { name: 't', op: 'Transpose', domain: '', inputs: ['b'], outputs: ['bt'], attributes: { perm: ints([1, 0]) } };
  const multiply: Node = { name: 'm', op: 'MatMul', domain: '', inputs: ['a', 'bt'], outputs: ['c'], attributes: {} };
  const graph: Graph = {
    name: 'outer',
    inputs: [
      { name: 'a', dtype: 'float64', dims: ['m', 'k'] },
      { name: 'b', dtype: 'float64', dims: ['n', 'k'] },
    ],
    outputs: [{ name: 'c', dtype: 'float64', dims: ['m', 'n'] }],
    nodes: [transposed, multiply],
    constants: new Map(),
  };
  const bytes = encodeModel({
    folder: '',
    file: 'outer',
    irVersion: 8,
    opsets: new Map([['', 18]]),
    producer: 'emend',
    metadata: {},
    functions: [],
    graph,
  });
  return ort.InferenceSession.create(bytes, { executionProviders: ['cpu'], logSeverityLevel: 3 });
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
