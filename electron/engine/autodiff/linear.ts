import { EmendError } from '../../../shared/errors.ts';
import type { Node } from '../onnx/graph.ts';
import { floatAttribute, intAttribute, intsAttribute, stringAttribute } from '../onnx/graph.ts';
import { CONTRIB, type Context, type Dims, range } from './context.ts';
import { type Rule, rule, type Terms, variadic } from './rule.ts';

/** A stack of matrices, to be read transposed or not. */
interface Matrix {
  readonly name: string;
  readonly dims: Dims;
  readonly transposed: boolean;
}

const flip = (m: Matrix): Matrix => ({ ...m, transposed: !m.transposed });

/** Undoes a Transpose of the last two axes, so that a weight's transposed copy is not transposed again. */
function plain(c: Context, m: Matrix): Matrix {
  const node = m.transposed ? c.madeBy(m.name) : undefined;
  if (node?.op !== 'Transpose' || node.domain !== '') return m;
  const rank = m.dims.length;
  const perm = intsAttribute(node, 'perm') ?? range(rank).reverse();
  const swap = [...range(rank - 2), rank - 1, rank - 2];
  return swap.every((p, i) => perm[i] === p) ? { name: node.inputs[0]!, dims: c.dims(node.inputs[0]!), transposed: false } : m;
}

/** A matrix product. Never writes a transposed copy of a weight where the runtime has an operation that reads it transposed. */
function product(c: Context, left: Matrix, right: Matrix): string {
  const a = plain(c, left);
  const b = plain(c, right);
  const flags = { transA: a.transposed ? 1 : 0, transB: b.transposed ? 1 : 0 };
  if (!a.transposed && !b.transposed) return c.op('MatMul', [a.name, b.name]);
  if (a.dims.length === 2 && b.dims.length === 2) return c.op('Gemm', [a.name, b.name], flags);
  if (c.fused && c.type === 'float32') return c.op('FusedMatMul', [a.name, b.name], flags, CONTRIB);
  const upright = ({ name, dims: { length: n }, transposed }: Matrix) =>
    transposed ? c.transpose(name, [...range(n - 2), n - 1, n - 2]) : name;
  return c.op('MatMul', [upright(a), upright(b)]);
}

/** All leading axes as one. */
function flat(c: Context, m: Matrix): Matrix {
  const n = m.dims.length;
  return n === 2 ? m : { name: c.op('Flatten', [m.name], { axis: n - 1 }), dims: [null, m.dims[n - 1]!], transposed: m.transposed };
}

/** A vector as a matrix of one row or one column. */
function matrix(c: Context, name: string, axis: 0 | 1, transposed: boolean): Matrix {
  const dims = c.dims(name);
  if (dims.length > 1) return { name, dims, transposed };
  return { name: c.op('Unsqueeze', [name, c.ints([axis])]), dims: axis === 0 ? [1, dims[0]!] : [dims[0]!, 1], transposed };
}

/** The derivative of y = op(A)·op(B), where op may transpose: dA = g·op(B)ᵀ and dB = op(A)ᵀ·g, summed over what was broadcast. */
function matmul(c: Context, node: Node, g: string, transA: boolean, transB: boolean): [() => string, () => string] {
  const [nameA, nameB] = [node.inputs[0]!, node.inputs[1]!];
  const [vectorA, vectorB] = [c.rank(nameA) === 1, c.rank(nameB) === 1];
  const a = matrix(c, nameA, 0, transA);
  const b = matrix(c, nameB, 1, transB);
  const dimsY = [...c.dims(node.outputs[0]!)];
  if (vectorA) dimsY.splice(vectorB ? dimsY.length : dimsY.length - 1, 0, 1);
  if (vectorB) dimsY.push(1);
  const added = [...(vectorA ? [-2] : []), ...(vectorB ? [-1] : [])];
  const cotangent: Matrix = { name: added.length > 0 ? c.op('Unsqueeze', [g, c.ints(added)]) : g, dims: dimsY, transposed: false };
  const batch = dimsY.slice(0, -2);
  const fit = (t: string, { dims }: Matrix) => c.sumTo(t, [...batch, ...dims.slice(-2)], dims);
  const squeezed = (t: string, vector: boolean, axis: number) => (vector ? c.op('Squeeze', [t, c.ints([axis])]) : t);

  const toA = () => fit(a.transposed ? product(c, b, flip(cotangent)) : product(c, cotangent, flip(b)), a);
  const toB = () => {
    // One weight for all rows: the sum over rows is part of the product.
    if (b.dims.length === 2 && a.dims.length > 2 && !a.transposed) {
      const [rows, cotangents] = [flat(c, a), flat(c, cotangent)];
      return b.transposed ? product(c, flip(cotangents), rows) : product(c, flip(rows), cotangents);
    }
    return fit(b.transposed ? product(c, flip(cotangent), a) : product(c, flip(a), cotangent), b);
  };
  return [() => squeezed(toA(), vectorA, 0), () => squeezed(toB(), vectorB, 1)];
}

const scaled = (c: Context, g: string, by: number) => (by === 1 ? g : c.mul(g, by));

function gemmOperands({ c, node, g }: Terms): [() => string, () => string] {
  const [transA, transB] = [intAttribute(node, 'transA', 0) === 1, intAttribute(node, 'transB', 0) === 1];
  return matmul(c, node, scaled(c, g, floatAttribute(node, 'alpha', 1)), transA, transB);
}

function fusedOperands(t: Terms): [() => string, () => string] {
  if (intAttribute(t.node, 'transBatchA', 0) === 1 || intAttribute(t.node, 'transBatchB', 0) === 1) {
    throw new EmendError(
      'unsupported',
      `No gradient is known for FusedMatMul with transposed batches (node "${t.node.name}").`,
      'Replace it by Transpose and MatMul before differentiating.',
      { node: t.node.name },
    );
  }
  return gemmOperands(t);
}

/** An Einsum equation with the ellipsis spelled out as letters of its own; terms for each operand, then the result. */
function einsumTerms({ c, node }: Terms): { operands: string[]; result: string } {
  const equation = stringAttribute(node, 'equation', '').replaceAll(' ', '');
  const [left = '', right] = equation.split('->');
  const spare = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'].filter((letter) => !equation.includes(letter));
  const ellipses = left.split(',').map((term, i) => (term.includes('...') ? c.rank(node.inputs[i]!) - (term.length - 3) : 0));
  const longest = Math.max(...ellipses);
  const batch = (length: number) => spare.slice(longest - length, longest).join('');
  const operands = left.split(',').map((term, i) => term.replace('...', batch(ellipses[i]!)));
  const all = operands.join('');
  const once = [...new Set(all)]
    .filter((letter) => all.split(letter).length === 2 && !spare.includes(letter))
    .sort()
    .join('');
  const result = right === undefined ? (left.includes('...') ? batch(longest) : '') + once : right.replace('...', batch(longest));
  for (const operand of operands) {
    if (new Set(operand).size !== operand.length) {
      throw new EmendError(
        'unsupported',
        `No gradient is known for Einsum "${equation}" (node "${node.name}"): an operand repeats an index.`,
        'Take the diagonal in a separate operation before differentiating.',
        { node: node.name },
      );
    }
  }
  return { operands, result };
}

/**
 * The cotangent of one operand is an Einsum of the result's cotangent with the other operands; an index found nowhere else was summed away.
 */
function einsum(t: Terms, index: number): string {
  const { c, node, g } = t;
  const { operands, result } = einsumTerms(t);
  const own = operands[index]!;
  const inputs = [g, ...node.inputs.filter((_, i) => i !== index)];
  const terms = [result, ...operands.filter((_, i) => i !== index)];
  const found = [...own].filter((letter) => terms.some((term) => term.includes(letter)));
  let out = c.op('Einsum', inputs, { equation: `${terms.join()}->${found.join('')}` });
  const dims = c.dims(node.inputs[index]!);
  const widths = found.map((letter) => {
    const seen = operands.flatMap<number | null>((term, i) =>
      term.includes(letter) ? [c.dims(node.inputs[i]!)[term.indexOf(letter)]!] : [],
    );
    return seen.includes(null) ? null : (seen.find((d) => d !== 1) ?? 1);
  });
  out = c.sumTo(
    out,
    widths,
    [...own].flatMap((letter, i) => (found.includes(letter) ? [dims[i]!] : [])),
  );
  if (found.length === own.length) return out;
  const absent = [...own].flatMap((letter, i) => (found.includes(letter) ? [] : [i]));
  return c.expand(c.op('Unsqueeze', [out, c.ints(absent)]), node.inputs[index]!);
}

/**
 * x·Wᵀ with a quantised W of N rows: dx = g·W. The rows come back to floating point by gathering all of them, which works in every opset
 * (DequantizeLinear knows blocks of four bits from 21 on only).
 */
const quantised: Rule = (node, [g], c) => {
  const [, packed, scales, zeros, order] = node.inputs as [string, string, string, string?, string?];
  const [K, N, bits, block] = [
    intAttribute(node, 'K', 0),
    intAttribute(node, 'N', 0),
    intAttribute(node, 'bits', 4),
    intAttribute(node, 'block_size', 32),
  ];
  const packedZeros = !zeros || c.typeOf(zeros) === 'uint8';
  if (g === undefined || order || !packedZeros || (bits !== 4 && bits !== 8) || K % block !== 0) return [];
  const rows = (value: string, width: number) => c.op('Reshape', [value, c.ints([N, width])]);
  const all = c.op('Range', [c.int(0), c.int(N), c.int(1)]);
  const inputs = [rows(packed, (K * bits) / 8), all, rows(scales, K / block)];
  if (zeros) inputs.push(rows(zeros, Math.ceil(((K / block) * bits) / 8)));
  const weight = () => c.op('GatherBlockQuantized', inputs, { gather_axis: 0, quantize_axis: 1, block_size: block, bits }, CONTRIB);
  return [() => c.op('MatMul', [g, weight()])];
};

/** What of a convolution the rule below does not cover; undefined where it covers all. */
function convolutionLimit(node: Node): string | undefined {
  if ((intsAttribute(node, 'strides') ?? []).some((step) => step !== 1)) return 'strides';
  const padding = stringAttribute(node, 'auto_pad', 'NOTSET');
  return padding === 'NOTSET' || padding === '' || padding === 'VALID' ? undefined : `auto_pad ${padding}`;
}

/** A convolution over positions, as gated short convolutions have: its transpose brings the cotangent back. The kernel is constant. */
const convolution: Rule = (node, [g], c) => {
  if (g === undefined || convolutionLimit(node) !== undefined) return [];
  const [, kernel, bias] = node.inputs as [string, string, string?];
  const attributes = ['group', 'pads', 'dilations', 'kernel_shape'].flatMap((name) => {
    const value = node.attributes[name];
    return value ? [[name, value] as const] : [];
  });
  const places = range(c.rank(node.outputs[0]!)).filter((axis) => axis !== 1);
  return [
    () => c.op('ConvTranspose', [g, kernel], Object.fromEntries(attributes)),
    undefined,
    ...(bias === undefined || bias === '' ? [] : [() => c.op('ReduceSum', [g, c.ints(places)], { keepdims: 0 })]),
  ];
};

/** Operations that have a rule, but not with every attribute: what of a node is not covered. */
export const limits: Readonly<Record<string, (node: Node) => string | undefined>> = { Conv: convolutionLimit };

export const linear: Readonly<Record<string, Rule>> = {
  Conv: convolution,
  MatMul: (node, [g], c) => matmul(c, node, g!, false, false),
  Gemm: rule(
    (t) => gemmOperands(t)[0](),
    (t) => gemmOperands(t)[1](),
    ({ c, node, g, y }) => c.sumTo(scaled(c, g, floatAttribute(node, 'beta', 1)), c.dims(y), c.dims(node.inputs[2]!)),
  ),
  'com.microsoft.FusedMatMul': rule(
    (t) => fusedOperands(t)[0](),
    (t) => fusedOperands(t)[1](),
  ),
  'com.microsoft.MatMulNBits': quantised,
  Einsum: variadic((t, _, i) => einsum(t, i)),
};
