import { intAttribute, intsAttribute, stringAttribute } from '../onnx/graph.ts';
import { type Context, range } from './context.ts';
import { placeAlong } from './indexing.ts';
import { type Rule, rule, type Terms, to, variadic } from './rule.ts';

/** A length: known, or the name of an int64 vector of one element. */
type Length = number | string;

/** Past any axis. Bounds as large as int64 allows do not survive as numbers. */
const FAR = 2 ** 62;

const vector = (c: Context, n: Length) => (typeof n === 'number' ? c.ints([n]) : n);
const int =
  (c: Context, op: 'Add' | 'Sub' | 'Min' | 'Max', known: (a: number, b: number) => number) =>
  (a: Length, b: Length): Length =>
    typeof a === 'number' && typeof b === 'number' ? known(a, b) : c.op(op, [vector(c, a), vector(c, b)]);
const lengths = (c: Context) => ({
  plus: int(c, 'Add', (a, b) => a + b),
  minus: int(c, 'Sub', (a, b) => a - b),
  least: int(c, 'Min', Math.min),
  most: int(c, 'Max', Math.max),
  of: (value: string, axis: number): Length => c.dims(value)[axis] ?? c.shapePart(value, axis, axis + 1),
  /** Element i of an operand that holds axes, starts, …. */
  element: (operand: string, i: number): Length => {
    const known = c.numbers(operand)?.[i];
    if (known !== undefined) return Math.max(-FAR, Math.min(FAR, known));
    const one = c.dims(operand)[0] === 1 ? operand : c.op('Slice', [operand, c.ints([i]), c.ints([i + 1])]);
    return c.typeOf(operand) === 'int64' ? one : c.op('Cast', [one], { to: 7 });
  },
  vector: (all: readonly Length[]): string =>
    all.every((n) => typeof n === 'number')
      ? c.ints(all)
      : c.op(
          'Concat',
          all.map((n) => vector(c, n)),
          { axis: 0 },
        ),
});

/** Pads with zeros; pads are for every axis, because ONNX Runtime 1.30 reorders Pad wrongly when it names its axes. */
function pad(c: Context, t: string, before: readonly Length[], after: readonly Length[]): string {
  const all = [...before, ...after];
  return all.every((n) => n === 0) ? t : c.op('Pad', [t, lengths(c).vector(all)]);
}

/** The cotangent of a slice, put back where it was taken from: by padding, or along an axis with steps row by row. */
const slice: Rule = (node, [g], c) => {
  const [data, starts, ends, axesName, stepsName] = node.inputs as [string, string, string, string?, string?];
  const rank = c.rank(data);
  const known = axesName ? c.numbers(axesName) : range(c.dims(starts)[0] ?? rank);
  if (g === undefined || known === undefined) return [];
  const axes = known.map((axis) => (axis + rank) % rank);
  const { plus, minus, least, most, of, element } = lengths(c);
  return [
    () => {
      const y = node.outputs[0]!;
      const before: Length[] = range(rank).map(() => 0);
      const after: Length[] = range(rank).map(() => 0);
      let placed = g;
      axes.forEach((axis, i) => {
        const length = of(data, axis);
        const start = element(starts, i);
        const step = stepsName ? element(stepsName, i) : 1;
        if (step !== 1) {
          const positions = c.op('Range', [c.int(0), c.op('Squeeze', [vector(c, length)]), c.int(1)]);
          const taken = c.op('Slice', [positions, vector(c, start), vector(c, element(ends, i)), c.ints([0]), vector(c, step)]);
          placed = placeAlong(c, placed, rank, axis, taken, vector(c, length));
          return;
        }
        // A start below zero counts from the end, and none lies outside.
        const fromEnd = () => plus(length, start);
        const counted =
          typeof start !== 'number'
            ? c.op('Where', [c.op('Less', [start, c.ints([0])]), vector(c, fromEnd()), start])
            : start < 0
              ? fromEnd()
              : start;
        before[axis] = counted === 0 ? 0 : most(0, least(counted, length));
        after[axis] = minus(minus(length, before[axis]), of(y, axis));
      });
      return pad(c, placed, before, after);
    },
  ];
};

/** An input's part of a concatenation's cotangent. */
const concat = variadic(({ c, g, node }, x, index) => {
  const { plus, of, vector: list } = lengths(c);
  const axis = (intAttribute(node, 'axis', 0) + c.rank(x)) % c.rank(x);
  const start = node.inputs.slice(0, index).reduce<Length>((sum, input) => plus(sum, of(input, axis)), 0);
  const end = plus(start, of(x, axis));
  return c.op('Slice', [g, list([start]), list([end]), c.ints([axis])]);
});

/** Padding by the negative amounts cuts off what was padded, and fills what was cut off with zeros. */
const padding: Rule = (node, [g], c) => {
  const [x, pads, , axesName] = node.inputs as [string, string, string?, string?];
  if (g === undefined || stringAttribute(node, 'mode', 'constant') !== 'constant') return [];
  if (!axesName) return [() => c.op('Pad', [g, negative(c, pads)])];
  const rank = c.rank(x);
  const axes = c.numbers(axesName)?.map((axis) => (axis + rank) % rank);
  if (!axes) return [];
  const { element } = lengths(c);
  const side = (offset: number) => range(rank).map((axis) => (axes.includes(axis) ? element(pads, axes.indexOf(axis) + offset) : 0));
  return [() => c.op('Pad', [g, negative(c, lengths(c).vector([...side(0), ...side(axes.length)]))])];
};

function negative(c: Context, vector: string): string {
  const known = c.numbers(vector);
  return known ? c.ints(known.map((n) => 0 - n)) : c.op('Neg', [vector]);
}

/** Each axis of length d repeated r times is read as r×d, and summed over r. */
function tile({ c, g, a, b }: Terms): string {
  const rank = c.rank(a);
  const column = (v: string) => c.op('Unsqueeze', [v, c.ints([1])]);
  const shape = c.op('Reshape', [c.op('Concat', [column(b), column(c.shapeOf(a))], { axis: 1 }), c.ints([-1])]);
  return c.op('ReduceSum', [c.op('Reshape', [g, shape]), c.ints(range(rank).map((i) => 2 * i))], { keepdims: 0 });
}

function transposed({ c, g, a, node }: Terms): string {
  const perm = intsAttribute(node, 'perm') ?? range(c.rank(a)).reverse();
  return c.transpose(
    g,
    range(perm.length).map((i) => perm.indexOf(i)),
  );
}

/** In inference a Dropout passes its input on; in training its gradient depends on the mask. */
const dropout: Rule = (node, [g], c) => {
  const training = node.inputs[2];
  const off = training === undefined || training === '' || c.numbers(training)?.[0] === 0;
  return g !== undefined && off ? [() => g] : [];
};

const reshape = rule(({ c, g, a, y }) => c.reshapeTo(g, c.dims(y), a));

export const movement: Readonly<Record<string, Rule>> = {
  Reshape: reshape,
  Flatten: reshape,
  Squeeze: rule(({ c, g, a, b, y }) => (b === '' ? c.reshapeTo(g, c.dims(y), a) : c.op('Unsqueeze', [g, b]))),
  Unsqueeze: rule(({ c, g, b }) => c.op('Squeeze', [g, b])),
  Transpose: rule(transposed),
  Expand: rule((t) => to(t.a, t.g, t)),
  Tile: rule(tile),
  Split: (node, cotangents, c) => [
    () =>
      c.op(
        'Concat',
        node.outputs.map((output, i) => cotangents[i] ?? c.zerosLike(output)),
        { axis: intAttribute(node, 'axis', 0) },
      ),
  ],
  Concat: concat,
  Slice: slice,
  Pad: padding,
  Dropout: dropout,
  Trilu: rule(({ c, g, b, node }) => c.op('Trilu', b === '' ? [g] : [g, b], { upper: intAttribute(node, 'upper', 1) })),
  CumSum: rule(({ c, g, b, node }) =>
    c.op('CumSum', [g, b], { exclusive: intAttribute(node, 'exclusive', 0), reverse: 1 - intAttribute(node, 'reverse', 0) }),
  ),
};
