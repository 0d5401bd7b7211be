import { float } from '../../../electron/engine/onnx/build.ts';
import type { PlainAttributes } from '../../../electron/engine/onnx/build.ts';

/** Sizes that vary between runs. */
export interface Sizes {
  B: number;
  S: number;
}
export type Dim = number | keyof Sizes;
export type Ints = (sizes: Sizes) => number[];

/** One operand: what a run feeds, or a constant of the graph. */
export type Operand =
  | { kind: 'real'; dims: Dim[]; from: (x: number) => number }
  | { kind: 'constant'; dims: number[]; values: number[] }
  | { kind: 'constant bytes'; dims: number[]; values: number[] }
  | { kind: 'int' | 'bool'; dims: Dim[]; values: Ints }
  | { kind: 'constant int'; values: number[]; scalar: boolean }
  | { kind: 'none' };

/** One operation with operands, to be held against finite differences with respect to every float operand that is fed. */
export interface Case {
  op: string;
  what: string;
  operands: Operand[];
  attributes: PlainAttributes;
  outputs: number;
  /** Which outputs the seed depends on. */
  seeded: number[];
  /** float32 where ONNX Runtime's CPU provider has no double version. */
  type: 'float32' | 'float64';
  opset: number;
}

const real = (...dims: Dim[]): Operand => ({ kind: 'real', dims, from: (x) => x });
const positive = (...dims: Dim[]): Operand => ({ kind: 'real', dims, from: (x) => Math.abs(x) + 0.3 });
const constant = (values: number[], ...dims: number[]): Operand => ({ kind: 'constant', dims, values });
const ints = (values: Ints, ...dims: Dim[]): Operand => ({ kind: 'int', dims, values });
const bools = (values: Ints, ...dims: Dim[]): Operand => ({ kind: 'bool', dims, values });
const list = (...values: number[]): Operand => ({ kind: 'constant int', values, scalar: false });
const scalar = (value: number): Operand => ({ kind: 'constant int', values: [value], scalar: true });
const bytes = (...dims: number[]): Operand => ({
  kind: 'constant bytes',
  dims,
  values: Array.from({ length: dims.reduce((n, d) => n * d, 1) }, (_, i) => (i * 37 + 11) % 256),
});
const scales = (...dims: number[]): Operand =>
  constant(
    Array.from({ length: dims.reduce((n, d) => n * d, 1) }, (_, i) => (1 + (i % 5)) / 64),
    ...dims,
  );
const none: Operand = { kind: 'none' };
/** Pseudo-random whole numbers below a limit. */
const below =
  (limit: number | keyof Sizes, count: (s: Sizes) => number): Ints =>
  (s) =>
    Array.from({ length: count(s) }, (_, i) => (i * 7 + ((i * i) % 5) + 3) % (typeof limit === 'number' ? limit : s[limit]));

export const cases: Case[] = [];
function add(op: string, what: string, operands: Operand[], attributes: PlainAttributes = {}, more: Partial<Case> = {}): void {
  cases.push({ op, what, operands, attributes, outputs: 1, seeded: [0], type: 'float64', opset: 18, ...more });
}
const f32 = { type: 'float32' } as const;
const X = () => real('B', 'S', 4);

// functions of one variable
for (const op of ['Identity', 'Neg', 'Abs', 'Exp', 'Reciprocal', 'Sin', 'Cos', 'Tanh', 'Sigmoid', 'Relu'])
  add(op, 'x', [op === 'Reciprocal' ? positive('B', 'S', 4) : X()]);
for (const op of ['Log', 'Sqrt']) add(op, 'x', [positive('B', 'S', 4)]);
for (const op of ['Erf', 'Softplus', 'LeakyRelu', 'Elu']) add(op, 'x', [X()], {}, f32);
add('LeakyRelu', 'alpha', [X()], { alpha: 0.3 }, f32);
add('Elu', 'alpha', [X()], { alpha: 0.7 }, f32);
add('Gelu', 'none', [X()], {}, { opset: 20, ...f32 });
add('Gelu', 'tanh', [X()], { approximate: 'tanh' }, { opset: 20 });
add('Swish', 'default', [X()], {}, { opset: 24 });
add('Swish', 'alpha', [X()], { alpha: 1.3 }, { opset: 24 });
add('com.microsoft.Gelu', 'x', [X()], {}, f32);
add('com.microsoft.FastGelu', 'x', [X()], {}, f32);
add('com.microsoft.FastGelu', 'bias', [X(), real(4)], {}, f32);
add('com.microsoft.BiasGelu', 'bias', [X(), real(4)], {}, f32);
add('com.microsoft.QuickGelu', 'default', [X()], {}, f32);
add('com.microsoft.QuickGelu', 'alpha', [X()], { alpha: float(1) }, f32);
add('Cast', 'to float', [X()], { to: 1 }, f32);
add('CastLike', 'x', [X(), constant([1])], {}, f32);
add('Dropout', 'inference', [X()]);
add('Dropout', 'ratio', [X(), constant([0.5])]);
add('Clip', 'both bounds', [X(), constant([-1]), constant([1])]);
add('Clip', 'lower only', [X(), constant([-1])]);
add('Clip', 'upper only', [X(), none, constant([1])]);
add('Clip', 'bounds vary', [X(), { kind: 'real', dims: [], from: () => -0.73 }, { kind: 'real', dims: [], from: () => 0.77 }]);
for (const upper of [0, 1]) add('Trilu', `upper=${upper}`, [real('B', 'S', 4)], { upper });
add('Trilu', 'k', [real('B', 'S', 4), scalar(-1)], { upper: 0 });
for (const exclusive of [0, 1])
  for (const reverse of [0, 1]) add('CumSum', `exclusive=${exclusive} reverse=${reverse}`, [X(), scalar(1)], { exclusive, reverse });

// several operands, broadcast against each other
const pairs: [string, Operand[]][] = [
  ['same shape', [X(), X()]],
  ['bias', [X(), real(4)]],
  ['bias first', [real(4), X()]],
  ['scalar', [X(), real()]],
  ['column', [real('B', 1, 4), real('B', 'S', 1)]],
  ['more axes and ones', [real('B', 'S', 4), real(1, 4)]],
];
for (const op of ['Add', 'Sub', 'Mul', 'Div', 'Max', 'Min', 'Sum', 'Mean']) {
  for (const [what, operands] of pairs) {
    const divisor = { ...operands[1]!, from: (x: number) => Math.abs(x) + 0.3 } as Operand;
    add(op, what, op === 'Div' ? [operands[0]!, divisor] : operands, {}, op === 'Mean' ? f32 : {});
  }
}
for (const op of ['Max', 'Min', 'Sum', 'Mean'])
  add(op, 'three', [X(), real(4), { kind: 'real', dims: ['S', 1], from: (x) => 0.9 * x }], {}, op === 'Mean' ? f32 : {});
for (const op of ['Max', 'Sum']) add(op, 'one', [X()]);
for (const e of [0, 1, 2, 3, -1]) add('Pow', `constant ${e}`, [X(), constant([e])]);
add('Pow', 'constant ½', [positive('B', 'S', 4), constant([0.5])]);
add('Pow', 'constant vector', [X(), constant([2, 3, 1, 4], 4)]);
add('Pow', 'constant with more axes', [real('S', 4), constant([2], 1, 1, 1)]);
add('Pow', 'whole exponents', [X(), ints(() => [2, 3, 0, 1], 4)]);
for (const [what, [a, b]] of pairs.slice(0, 3) as [string, [Operand, Operand]][])
  add('Pow', what, [{ ...a, from: (x: number) => Math.abs(x) } as Operand, b]);
add('Where', 'same shape', [
  bools(
    below(2, (s) => s.B * s.S * 4),
    'B',
    'S',
    4,
  ),
  X(),
  X(),
]);
add('Where', 'mask and scalar', [
  bools(
    below(2, (s) => s.S),
    1,
    'S',
    1,
  ),
  X(),
  real(),
]);
add('Where', 'all broadcast', [
  bools(
    below(2, (s) => s.S),
    'S',
    1,
  ),
  real('B', 1, 1),
  real(4),
]);

// products
// convolutions over positions, as gated short convolutions have
const kernel = (...dims: number[]): Operand =>
  constant(
    Array.from({ length: dims.reduce((n, d) => n * d, 1) }, (_, i) => ((i * 7) % 5) / 4 - 0.6),
    ...dims,
  );
add(
  'Conv',
  'one kernel for each channel, as short convolutions have',
  [real('B', 4, 'S'), kernel(4, 1, 3)],
  { group: 4, pads: [2, 0] },
  f32,
);
add('Conv', 'channels mixed, with bias', [real('B', 4, 'S'), kernel(6, 4, 2), real(6)], { pads: [1, 0] }, f32);
add('Conv', 'groups and dilations', [real('B', 4, 'S'), kernel(4, 2, 2)], { group: 2, dilations: [2], pads: [2, 1] }, f32);
add('MatMul', 'two matrices', [real('S', 3), real(3, 4)]);
add('MatMul', 'rows times weight', [real('B', 'S', 3), real(3, 4)]);
add('MatMul', 'batches', [real('B', 2, 'S', 3), real('B', 2, 3, 'S')]);
add('MatMul', 'broadcast batches', [real('B', 1, 'S', 3), real(2, 3, 4)]);
add('MatMul', 'matrix times batches', [real('S', 3), real('B', 3, 4)]);
add('MatMul', 'vector first', [real(3), real('B', 3, 4)]);
add('MatMul', 'vector second', [real('B', 'S', 3), real(3)]);
add('MatMul', 'vector and matrix', [real(3), real(3, 'S')]);
add('MatMul', 'two vectors', [real(3), real(3)]);
add('MatMul', 'rows times weight, float32', [real('B', 'S', 3), real(3, 4)], {}, f32);
add('MatMul', 'batches, float32', [real('B', 1, 'S', 3), real('B', 2, 3, 4)], {}, f32);
for (const transA of [0, 1]) {
  for (const transB of [0, 1]) {
    const A = transA ? ([3, 'S'] as Dim[]) : (['S', 3] as Dim[]);
    const W = transB ? [5, 3] : [3, 5];
    const what = `transA=${transA} transB=${transB}`;
    add('Gemm', what, [real(...A), real(...W), real(5)], { transA, transB, alpha: 0.5, beta: 1.5 });
    add('com.microsoft.FusedMatMul', `${what}, weight`, [real('B', ...A), real(...W)], { transA, transB, alpha: 0.5 }, f32);
    add('com.microsoft.FusedMatMul', `${what}, batches`, [real('B', 2, ...A), real('B', 1, ...W)], { transA, transB }, f32);
  }
}
add('Gemm', 'no C', [real('S', 3), real(3, 5)]);
add('Gemm', 'scalar C', [real('S', 3), real(3, 5), real()]);
add('Gemm', 'column C', [real('S', 3), real(3, 5), real('S', 1)]);
for (const bits of [4, 8]) {
  const attributes = { K: 64, N: 3, bits, block_size: 32 };
  add('com.microsoft.MatMulNBits', `${bits} bits`, [real('B', 'S', 64), bytes(3, 2, 4 * bits), scales(3, 2)], attributes, f32);
  add(
    'com.microsoft.MatMulNBits',
    `${bits} bits, zero points`,
    [real('S', 64), bytes(3, 2, 4 * bits), scales(6), bytes((3 * 2 * bits) / 8)],
    attributes,
    f32,
  );
}
for (const [equation, a, b] of [
  ['ij,jk->ik', [3, 'S'], ['S', 4]],
  ['bij,bkj->bik', ['B', 3, 'S'], ['B', 4, 'S']],
  ['bhid,bhjd->bhij', ['B', 2, 'S', 3], ['B', 2, 'S', 3]],
  ['ij,jk', [3, 'S'], ['S', 4]],
  ['ij,kj->k', [3, 'S'], [4, 'S']],
  ['i,j->ij', ['S'], [3]],
  ['...ij,...jk->...ik', ['B', 2, 'S', 3], ['B', 2, 3, 4]],
  ['...d,dv->...v', ['B', 'S', 3], [3, 4]],
] as [string, Dim[], Dim[]][])
  add('Einsum', equation, [real(...a), real(...b)], { equation });
add('Einsum', 'bij->bji', [real('B', 'S', 3)], { equation: 'bij->bji' });
add('Einsum', 'bij->i', [real('B', 'S', 3)], { equation: 'bij->i' });
add('Einsum', 'three', [real('B', 'S'), real('S', 3), real(3, 2)], { equation: 'bs,sd,de->be' });

// reductions and normalisations
for (const op of ['ReduceSum', 'ReduceMean', 'ReduceMax', 'ReduceMin', 'ReduceL2', 'ReduceSumSquare', 'ReduceLogSumExp']) {
  for (const keepdims of [0, 1]) {
    add(op, `last axis, keepdims=${keepdims}`, [X(), list(-1)], { keepdims });
    add(op, `varying axes, keepdims=${keepdims}`, [X(), list(0, -2)], { keepdims });
    add(op, `all axes, keepdims=${keepdims}`, [X()], { keepdims });
  }
}
add('ReduceSum', 'no axes means none', [X()], { noop_with_empty_axes: 1, keepdims: 0 });
add('ReduceMean', 'no axes means none', [X(), list()], { noop_with_empty_axes: 1 });
add('ReduceSum', 'axes vary', [X(), ints(() => [1], 1)], { keepdims: 0 });
add('ReduceMean', 'axes vary', [X(), ints(() => [1], 1)], { keepdims: 0 });
for (const op of ['Softmax', 'LogSoftmax']) {
  add(op, 'last axis', [X()]);
  add(op, 'other axis', [X()], { axis: 1 });
}
for (const type of ['float64', 'float32'] as const) {
  add('LayerNormalization', `bias, ${type}`, [X(), real(4), real(4)], { epsilon: 1e-3 }, { type });
  add('SimplifiedLayerNormalization', `last axis, ${type}`, [X(), real(4)], { epsilon: 1e-3 }, { type });
  add('RMSNormalization', `last axis, ${type}`, [X(), real(4)], { epsilon: 1e-3 }, { type, opset: 23 });
}
add('LayerNormalization', 'no bias', [X(), real(4)]);
add('LayerNormalization', 'two axes', [real('B', 'S', 3, 4), real(3, 4), real(3, 4)], { axis: -2 });
add('LayerNormalization', 'varying axes', [real('B', 'S', 4), real('S', 4), real('S', 4)], { axis: 1 });
add('SimplifiedLayerNormalization', 'two axes', [real('B', 'S', 3, 4), real(3, 4)], { axis: 2 });
add('RMSNormalization', 'two axes', [real('B', 'S', 3, 4), real(3, 4)], { axis: 2 }, { opset: 23 });

// movement
add('Reshape', 'split heads', [real('B', 'S', 6), list(0, 0, 2, 3)]);
add('Reshape', 'flatten rows', [real('B', 'S', 6), list(-1, 6)]);
add('Reshape', 'same shape', [real(2, 6), list(2, 6)]);
add('Reshape', 'dynamic', [real('B', 'S', 6), ints((s) => [s.B * 2, -1], 2)]);
for (const axis of [0, 1, 2]) add('Flatten', `axis=${axis}`, [X()], { axis });
add('Squeeze', 'axes', [real('B', 1, 'S', 1), list(1, -1)]);
add('Squeeze', 'no axes', [real(2, 1, 3, 1)]);
add('Unsqueeze', 'axes', [real('B', 'S'), list(-1, 1)]);
add('Transpose', 'perm', [real('B', 'S', 2, 3)], { perm: [0, 2, 3, 1] });
add('Transpose', 'reverse', [real('B', 'S', 3)]);
add('Transpose', 'nothing', [real('B', 'S')], { perm: [0, 1] });
add('Expand', 'kv heads', [real('B', 2, 1, 'S', 3), list(1, 2, 3, 1, 1)]);
add('Expand', 'more axes', [real('S', 1), ints((s) => [s.B, 1, 4], 3)]);
add('Tile', 'constant', [real('B', 'S', 2), list(2, 1, 3)]);
add('Tile', 'dynamic', [real('B', 'S', 2), ints(() => [1, 3, 2], 3)]);
const three = { outputs: 3, seeded: [0, 1, 2] };
add('Split', 'sizes', [real('B', 'S', 6), list(1, 3, 2)], { axis: -1 }, three);
add('Split', 'one output unused', [real('B', 'S', 6), list(1, 3, 2)], { axis: 2 }, { outputs: 3, seeded: [2, 0] });
add('Split', 'even', [real('B', 'S', 6)], { axis: -1, num_outputs: 3 }, three);
add('Split', 'varying sizes, unused output', [real('B', 'S', 2), ints((s) => [1, s.S - 1], 2)], { axis: 1 }, { outputs: 2, seeded: [0] });
add('Concat', 'last axis', [real('B', 'S', 2), real('B', 'S', 3)], { axis: -1 });
add('Concat', 'past and present', [real('B', 'S', 2), real('B', 3, 2), real('B', 'S', 2)], { axis: 1 });
add('Concat', 'with a constant', [constant([1, 2], 1, 2), real('S', 2), constant([1, 2], 1, 2)], { axis: 0 });
/** Stands for the end of int64, as exporters write it. */
const end = Infinity;
add('Slice', 'last axis', [real('B', 'S', 6), list(1), list(4), list(-1)]);
add('Slice', 'to the end', [real('B', 'S', 6), list(2), list(end), list(2), list(1)]);
add('Slice', 'everything', [real('B', 'S', 6), list(0), list(end), list(1)]);
add('Slice', 'negative', [real('B', 'S', 6), list(-4, -1), list(-1, end), list(2, 1)]);
add('Slice', 'outside', [real('B', 'S', 6), list(-99), list(99), list(1)]);
add('Slice', 'no axes', [real('B', 'S', 6), list(0, 1), list(end, 2)]);
add('Slice', 'varying bounds', [real('B', 'S', 6), ints((s) => [-s.S + 1], 1), ints((s) => [s.S], 1), list(1)]);
add('Slice', 'varying bounds of two axes', [real('B', 'S', 6), ints(() => [1, -3], 2), ints((s) => [s.S, 6], 2), list(1, 2)]);
add('Slice', 'step 2', [real('B', 'S', 6), list(1), list(end), list(2), list(2)]);
add('Slice', 'step 2, varying axis first', [real('S', 'B', 6), list(0), list(end), list(0), list(2)]);
add('Slice', 'reversed', [real('B', 'S', 6), list(-1), list(-Infinity), list(1), list(-1)]);
add('Slice', 'reversed by 2, and plain', [real('B', 'S', 6), list(4, 1), list(0, end), list(2, 1), list(-2, 1)]);
add('Slice', 'two steps', [real(5, 'B', 6), list(4, 1), list(-end, 6), list(0, 2), list(-2, 3)]);
add('Slice', 'nothing', [real('B', 'S', 6), list(3), list(3), list(2)]);
add('Pad', 'constant pads', [real('B', 'S', 2), list(0, 1, 0, 2, 0, 3)]);
add('Pad', 'value, cutting off', [real('B', 'S', 4), list(0, 0, -1, 1, 0, 2), constant([5])]);
add('Pad', 'axes', [real('B', 'S', 2), list(1, 2), none, list(-1)]);
add('Pad', 'dynamic', [real('B', 'S', 2), ints((s) => [0, s.S, 0, 0, 0, 1], 6)]);
add('Pad', 'dynamic with axes', [real('B', 'S', 2), ints((s) => [s.S, 1], 2), none, list(1)]);

// indexing
add('Gather', 'embedding rows, repeated', [
  real(5, 3),
  ints(
    below(5, (s) => s.B * s.S),
    'B',
    'S',
  ),
]);
add('Gather', 'middle axis', [real('B', 4, 3), ints(() => [1, -1, 3, 1, 1], 5)], { axis: 1 });
add(
  'Gather',
  'middle axis, index matrix',
  [
    real('B', 4, 'S'),
    ints(
      below(4, (s) => 2 * s.S),
      2,
      'S',
    ),
  ],
  { axis: 1 },
);
add('Gather', 'one of three', [real(3, 'B', 'S'), scalar(-1)]);
add('Gather', 'last position', [real('B', 'S', 3), scalar(-1)], { axis: 1 });
add('Gather', 'different constant rows', [real('B', 4, 3), list(2, 0)], { axis: 1 });
add('Gather', 'repeated constant rows', [real('B', 4, 3), list(2, 0, -2)], { axis: 1 });
add('Gather', 'varying scalar', [real('B', 4, 3), ints(() => [2])], { axis: -1 });
add('GatherND', 'positions', [real('B', 'S', 3), ints((s) => [0, 1, s.B - 1, 0, 0, 1], 3, 2)]);
add('GatherND', 'single elements', [real('B', 'S'), ints((s) => [0, 1, 0, 1, s.B - 1, -1], 3, 2)]);
add('GatherND', 'rows', [
  real('S', 3),
  ints(
    below('S', (s) => s.B * 2),
    'B',
    2,
    1,
  ),
]);
add(
  'GatherND',
  'batch_dims=1',
  [
    real('B', 'S', 3),
    ints(
      below('S', (s) => s.B * 4),
      'B',
      4,
      1,
    ),
  ],
  { batch_dims: 1 },
);
add(
  'GatherND',
  'batch_dims=1, one each',
  [
    real('B', 'S', 3),
    ints(
      below('S', (s) => s.B),
      'B',
      1,
    ),
  ],
  { batch_dims: 1 },
);
add(
  'GatherND',
  'batch_dims=2, elements',
  [
    real('B', 'S', 3, 2),
    ints(
      below(2, (s) => s.B * s.S * 2),
      'B',
      'S',
      2,
    ),
  ],
  { batch_dims: 2 },
);
add(
  'GatherElements',
  'repeated',
  [
    real('B', 'S', 3),
    ints(
      below('S', (s) => s.B * 2 * 3),
      'B',
      2,
      3,
    ),
  ],
  { axis: 1 },
);
add(
  'GatherElements',
  'negative axis',
  [
    real('S', 3),
    ints(
      below(3, (s) => s.S * 2),
      'S',
      2,
    ),
  ],
  { axis: -1 },
);
add('ScatterND', 'replaces', [real('B', 'S', 3), ints((s) => [0, 1, s.B - 1, 0], 2, 2), real(2, 3)]);
add('ScatterND', 'adds, repeated', [real('B', 'S', 3), ints(() => [0, 1, 0, 1], 2, 2), real(2, 3)], { reduction: 'add' });
add('ScatterElements', 'replaces', [real('S', 3), ints((s) => Array.from({ length: s.S }, (_, i) => i % 3), 'S', 1), real('S', 1)], {
  axis: 1,
});
add('ScatterElements', 'adds, repeated', [real('S', 3), ints(() => [0, 1, 0, 1, 1, 0], 2, 3), real(2, 3)], { axis: 0, reduction: 'add' });
