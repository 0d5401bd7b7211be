import { float, type GraphBuilder } from '../../build.ts';
import { codeOf } from '../../dtypes.ts';

/** [batch, length, heads·size] → [batch, heads, length, size]. */
export function splitHeads(b: GraphBuilder, x: string, heads: number): string {
  return headsFirst(b, b.op('Reshape', [x, b.ints([0, 0, heads, -1])]));
}

/** [batch, length, heads, size] ↔ [batch, heads, length, size]. */
export function headsFirst(b: GraphBuilder, x: string): string {
  return b.op('Transpose', [x], { perm: [0, 2, 1, 3] });
}

/** [batch, heads, length, size] → [batch, length, heads·size], under the name `output`. */
export function mergeHeads(b: GraphBuilder, x: string, output: string): void {
  b.node('Reshape', [headsFirst(b, x), b.ints([0, 0, -1])], [output]);
}

/** How many heads queries have and keys have, as far as known before anything runs. */
export interface HeadCounts {
  queries: number | undefined;
  keys: number | undefined;
}

/** Keys or values [batch, key heads, length, size], each head several times in a row, so that there are as many as in q. */
export function repeatHeads(b: GraphBuilder, x: string, q: string, counts: HeadCounts): string {
  const known = counts.queries !== undefined && counts.keys !== undefined;
  if (known && counts.queries === counts.keys) return x;
  const all = counts.queries === undefined ? size(b, q, 1) : b.ints([counts.queries]);
  const times = known ? b.ints([counts.queries! / counts.keys!]) : b.op('Div', [all, size(b, x, 1)]);
  const one = b.ints([1, 1]);
  const groups = b.op('Expand', [b.op('Unsqueeze', [x, b.ints([2])]), b.op('Concat', [one, times, one], { axis: 0 })]);
  return b.op('Reshape', [groups, b.op('Concat', [b.ints([0]), all, b.ints([-1]), size(b, x, 3)], { axis: 0 })]);
}

/** One dimension of a value, as int64 [1]. */
export function size(b: GraphBuilder, x: string, axis: number): string {
  return b.op('Shape', [x], { start: axis, end: axis + 1 });
}

/** 0, 1, … count−1 as int64, for a count of shape [1]. */
export function countTo(b: GraphBuilder, count: string): string {
  return b.op('Range', [b.int(0), b.op('Squeeze', [count, b.ints([0])]), b.int(1)]);
}

/** Cached and new keys or values together, named as the output that returns them. */
export function withPast(b: GraphBuilder, past: string | undefined, now: string, present: string | undefined): string {
  if (past === undefined && present === undefined) return now;
  const name = present ?? b.fresh('present');
  if (past === undefined) b.node('Identity', [now], [name]);
  else b.node('Concat', [past, now], [name], { axis: 2 });
  return name;
}

export interface AttentionParts {
  /** [batch, heads, length, size] */
  q: string;
  /** [batch, heads, total, size] */
  k: string;
  /** [batch, heads, total, value size] */
  v: string;
  /** 1/√size when 0 or not given. */
  scale?: number;
  /** Scores become c·tanh(score / c) when above 0. */
  softcap?: number;
  /** Float values added to the scores. */
  add?: readonly string[];
  /** Booleans, true where a key may be seen. */
  allow?: readonly string[];
}

/** What a key that may not be seen scores; finite, so that a row with none gives no NaN. */
const UNSEEN = -1e30;

/**
 * Scaled dot-product attention: softmax(softcap(q·kᵀ·scale) + add)·v → [batch, heads, length, value size].
 * @param output name of the result; a new one when not given
 */
export function attend(
  b: GraphBuilder,
  { q, k, v, scale = 0, softcap = 0, add = [], allow = [] }: AttentionParts,
  output = b.fresh('context'),
): string {
  let scores = b.op('MatMul', [q, b.op('Transpose', [k], { perm: [0, 1, 3, 2] })]);
  scores = b.op('Mul', [scores, scale === 0 ? inverseRootOfSize(b, q) : b.scalar(scale)]);
  if (softcap > 0) {
    const cap = b.scalar(softcap);
    scores = b.op('Mul', [b.op('Tanh', [b.op('Div', [scores, cap])]), cap]);
  }
  for (const bias of add) scores = b.op('Add', [scores, bias]);
  for (const mask of allow) scores = b.op('Where', [mask, scores, b.scalar(UNSEEN)]);
  b.node('MatMul', [b.op('Softmax', [scores], { axis: -1 }), v], [output]);
  return output;
}

function inverseRootOfSize(b: GraphBuilder, q: string): string {
  const width = b.op('Cast', [size(b, q, 3)], { to: codeOf('float32')! });
  return b.op('Reciprocal', [b.op('Sqrt', [width])]);
}

/**
 * Query i may see key j up to i + offset: booleans [length, total].
 * @param offset int64 [1]: keys that came before the first query
 */
export function causalMask(b: GraphBuilder, q: string, k: string, offset: string | undefined): string {
  const rows = countTo(b, size(b, q, 2));
  const last = offset === undefined ? rows : b.op('Add', [rows, offset]);
  return b.op('LessOrEqual', [b.op('Unsqueeze', [countTo(b, size(b, k, 2)), b.ints([0])]), b.op('Unsqueeze', [last, b.ints([1])])]);
}

/** By the rank of a padding mask, the axes that it lacks: [batch, total] and [batch, length, total]. */
export const PADDING_AXES: Readonly<Record<number, readonly number[]>> = { 2: [1, 2], 3: [1] };

/** Padding masks (integers, above 0 for real tokens) as values to add to the scores, as ONNX Runtime's contrib attention ops do. */
export function paddingBias(b: GraphBuilder, mask: string, axes: readonly number[], filter: number): string {
  const real = b.op('Greater', [b.op('Cast', [mask], { to: codeOf('int64')! }), b.int(0)]);
  return b.op('Where', [b.op('Unsqueeze', [real, b.ints(axes)]), b.scalar(0), b.scalar(filter)]);
}

/** x / √(mean x² + ε) · weight over the last axis. */
export function normalize(b: GraphBuilder, x: string, weight: string, epsilon: number): string {
  return b.op('SimplifiedLayerNormalization', [x, weight], { axis: -1, epsilon: float(epsilon) });
}
