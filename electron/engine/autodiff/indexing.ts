import type { Node } from '../onnx/graph.ts';
import { intAttribute, stringAttribute } from '../onnx/graph.ts';
import { type Context, range } from './context.ts';
import { type Rule, rule, type Terms } from './rule.ts';

/**
 * Zeros with the rows of `t` placed along `axis` at positions that are all different; the axis gets `length` (an int64 vector of one).
 */
export function placeAlong(c: Context, t: string, rank: number, axis: number, positions: string, length: string): string {
  const perm = [axis, ...range(rank).filter((i) => i !== axis)];
  const rows = c.transpose(t, perm);
  const rest = c.op('Shape', [rows], { start: 1 });
  const zeros = c.zeros(c.op('Concat', [length, rest], { axis: 0 }));
  const placed = c.op('ScatterND', [zeros, c.op('Unsqueeze', [positions, c.ints([1])]), rows]);
  return c.transpose(
    placed,
    range(rank).map((i) => perm.indexOf(i)),
  );
}

/**
 * Zeros of a shape, plus updates along an axis at positions that may repeat.
 * By ScatterElements: ONNX Runtime's CPU ScatterND adds from several threads without a lock, so repeated positions lose updates
 * (microsoft/onnxruntime issues 18048 and 23396). ScatterElements adds in float32 and float64 only.
 */
function addAlong(c: Context, shape: string, axis: number, index: string, updates: string): string {
  const type = c.type;
  const narrow = type !== 'float32' && type !== 'float64';
  const wide = narrow ? 'float32' : type;
  const sum = c.op('ScatterElements', [c.zeros(shape, wide), index, narrow ? c.cast(updates, wide) : updates], { axis, reduction: 'add' });
  return narrow ? c.cast(sum, type) : sum;
}

const positive = (n: number, length: number) => (n + length) % length;

function gather({ c, g, a, b, y, node }: Terms): string {
  const rank = c.rank(a);
  const axis = positive(intAttribute(node, 'axis', 0), rank);
  const indexRank = c.rank(b);
  const known = c.numbers(b);
  const length = c.dims(a)[axis];
  const different = known !== undefined && length != null && new Set(known.map((i) => positive(i, length))).size === known.length;
  if (indexRank === 0 || (indexRank === 1 && different)) {
    const positions = indexRank === 0 ? c.op('Unsqueeze', [b, c.ints([0])]) : b;
    const rows = indexRank === 0 ? c.op('Unsqueeze', [g, c.ints([axis])]) : g;
    return placeAlong(c, rows, rank, axis, positions, c.shapePart(a, axis, axis + 1));
  }
  // The index, of one axis, repeated along the others.
  const shape = c.op('Concat', [c.shapePart(a, 0, axis), c.ints([-1]), c.shapePart(a, axis + 1)], { axis: 0 });
  const updates = indexRank === 1 ? g : c.op('Reshape', [g, shape]);
  const line = c.op('Reshape', [b, c.ints(range(rank).map((i) => (i === axis ? -1 : 1)))]);
  const index = c.op('Expand', [line, indexRank === 1 ? c.shapeOf(y) : c.op('Shape', [updates])]);
  return addAlong(c, c.shapeOf(a), axis, index, updates);
}

/** GatherND as a gather of rows: the indexed leading axes, batch axes included, become one. */
function gatherND({ c, g, a, b, node }: Terms): string {
  const batch = intAttribute(node, 'batch_dims', 0);
  const depth = batch + c.dims(b).at(-1)!;
  const rank = c.rank(a);
  const stride = (axis: number) => c.op('ReduceProd', [c.shapePart(a, axis + 1, depth), c.ints([0])], { keepdims: 1 });
  const line = (t: string, axis: number) => c.op('Reshape', [t, c.ints(range(c.rank(b)).map((i) => (i === axis ? -1 : 1)))]);
  const last = c.ints([-1]);
  // Where each index row points: positions within the batch axes, then those given, each times the axis' stride.
  const within = range(depth - batch, batch).map((axis) => {
    const given = c.op('Slice', [b, c.ints([axis - batch]), c.ints([axis - batch + 1]), last]);
    const counted = c.op('Mod', [given, c.shapePart(a, axis, axis + 1)]);
    return axis === depth - 1 ? counted : c.op('Mul', [counted, stride(axis)]);
  });
  const across = range(batch).map((axis) => {
    const length = c.op('Squeeze', [c.shapePart(a, axis, axis + 1)]);
    const positions = c.op('Range', [c.int(0), length, c.int(1)]);
    return line(axis === depth - 1 ? positions : c.op('Mul', [positions, stride(axis)]), axis);
  });
  const row = [...within, ...across].reduce((sum, part) => c.op('Add', [sum, part]));
  const rest = depth === rank ? c.ints([1]) : c.op('ReduceProd', [c.shapePart(a, depth), c.ints([0])], { keepdims: 1 });
  const updates = c.op('Reshape', [g, c.op('Concat', [last, rest], { axis: 0 })]);
  const index = c.op('Expand', [c.op('Reshape', [row, c.ints([-1, 1])]), c.op('Shape', [updates])]);
  const rows = c.op('ReduceProd', [c.shapePart(a, 0, depth), c.ints([0])], { keepdims: 1 });
  const sum = addAlong(c, c.op('Concat', [rows, rest], { axis: 0 }), 0, index, updates);
  return c.op('Reshape', [sum, c.shapeOf(a)]);
}

const along = (node: Node) => ({ axis: intAttribute(node, 'axis', 0) });

/** A scatter that replaces cuts the data's cotangent out; one that adds leaves it. Others have no rule. */
const scatter =
  (op: 'ScatterND' | 'ScatterElements', gatherOp: 'GatherND' | 'GatherElements'): Rule =>
  (node, [g], c) => {
    const [, index, updates] = node.inputs as [string, string, string];
    const reduction = stringAttribute(node, 'reduction', 'none');
    if (g === undefined || (reduction !== 'none' && reduction !== 'add')) return [];
    const attributes = op === 'ScatterElements' ? along(node) : {};
    return [
      () => (reduction === 'add' ? g : c.op(op, [g, index, c.zerosLike(updates)], attributes)),
      undefined,
      () => c.op(gatherOp, [g, index], attributes),
    ];
  };

export const indexing: Readonly<Record<string, Rule>> = {
  Gather: rule(gather),
  GatherND: rule(gatherND),
  GatherElements: rule(({ c, g, a, b, node }) => addAlong(c, c.shapeOf(a), positive(intAttribute(node, 'axis', 0), c.rank(a)), b, g)),
  ScatterND: scatter('ScatterND', 'GatherND'),
  ScatterElements: scatter('ScatterElements', 'GatherElements'),
};
