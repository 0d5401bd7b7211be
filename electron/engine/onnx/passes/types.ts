import { dataTypeOf } from '../dtypes.ts';
import type { DataType, Graph, Node, Tensor, Value } from '../graph.ts';
import { intAttribute, intsAttribute } from '../graph.ts';
import { isListed, opName, type OpTraits, traitsOf } from '../op-traits.ts';
import { tensorInts } from '../tensors.ts';

/** What is known of a value without running anything: dimensions that may vary are undefined, an unknown rank is no dims at all. */
export interface StaticType {
  readonly dtype?: DataType | undefined;
  readonly dims?: readonly (number | undefined)[] | undefined;
}

/**
 * Walks a graph once and notes types and ranks as far as the usual plumbing tells them. Exported files often carry no shapes, and passes
 * run before anything can be probed; what stays unknown here makes a pass leave a node alone.
 * @param outer types of the enclosing graph, when `graph` is a subgraph
 */
export function staticTypes(graph: Graph, outer: ReadonlyMap<string, StaticType> = new Map()): Map<string, StaticType> {
  const types = new Map<string, StaticType>(outer);
  for (const value of graph.inputs) types.set(value.name, ofValue(value));
  for (const [name, tensor] of graph.constants) types.set(name, { dtype: tensor.dtype, dims: tensor.dims });
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((name) => types.get(name) ?? {});
    const dims = dimsOf(node, inputs, graph.constants);
    node.outputs.forEach((name, i) => {
      if (name !== '') types.set(name, { dtype: dtypeOf(node, inputs, i), dims: dims?.[i] });
    });
  }
  return types;
}

/** A small whole-number constant (shapes, axes, sizes: held in memory since reading); undefined when the name is no such constant. */
export function smallInts(constants: ReadonlyMap<string, Tensor>, name: string | undefined): number[] | undefined {
  const tensor = name === undefined ? undefined : constants.get(name);
  if (tensor?.data.kind !== 'bytes' || (tensor.dtype !== 'int64' && tensor.dtype !== 'int32')) return undefined;
  return tensorInts({ folder: '' }, tensor);
}

type Dims = readonly (number | undefined)[];

function ofValue(value: Value): StaticType {
  return { dtype: value.dtype, dims: value.dims?.map((d) => (typeof d === 'number' ? d : undefined)) };
}

function dtypeOf(node: Node, inputs: readonly StaticType[], output: number): DataType | undefined {
  const tells = listed(node)?.tells;
  if (tells) return tells;
  switch (node.op) {
    case 'Cast':
      return dataTypeOf(intAttribute(node, 'to', 0));
    case 'CastLike':
    case 'Where':
      return inputs[1]?.dtype;
    case 'ConstantOfShape': {
      const value = node.attributes.value;
      return value?.type === 'tensor' ? value.value.dtype : 'float32';
    }
    case 'Constant': {
      const value = node.attributes.value;
      return value?.type === 'tensor' ? value.value.dtype : undefined;
    }
    case 'DequantizeLinear':
      return inputs[1]?.dtype;
    case 'QuantizeLinear':
      return inputs[2]?.dtype ?? 'uint8';
    case 'DynamicQuantizeLinear':
      return output === 1 ? 'float32' : 'uint8';
    case 'MatMulInteger':
    case 'ConvInteger':
      return 'int32';
    case 'GatherBlockQuantized':
      return inputs[2]?.dtype;
    case 'TopK':
      return output === 1 ? 'int64' : inputs[0]?.dtype;
    case 'Dropout':
      return output === 1 ? 'bool' : inputs[0]?.dtype;
    case 'If':
    case 'Loop':
    case 'Scan':
      return undefined;
    default:
      return inputs[0]?.dtype;
  }
}

/** Undefined for what no list knows: it is refused by name where the graph is walked, not where types are looked up. */
function listed(node: Node): OpTraits | undefined {
  return isListed(opName(node)) ? traitsOf(node) : undefined;
}

function dimsOf(node: Node, inputs: readonly StaticType[], constants: ReadonlyMap<string, Tensor>): Dims[] | undefined {
  const x = inputs[0]?.dims;
  const one = (dims: Dims | undefined): Dims[] | undefined => (dims ? [dims] : undefined);
  const from = listed(node)?.dims;
  if (from === 'first') return one(x);
  if (from === 'broadcast') return one(broadcast(inputs.map((t) => t.dims)));
  switch (node.op) {
    case 'Shape':
      return one(x ? [x.length] : [undefined]);
    case 'Range':
      return [[undefined]];
    case 'Transpose': {
      const perm = intsAttribute(node, 'perm');
      if (perm) return [perm.map((p) => x?.[p])];
      return one(x && [...x].reverse());
    }
    case 'Reshape':
    case 'Expand':
    case 'ConstantOfShape': {
      const shape = node.op === 'ConstantOfShape' ? 0 : 1;
      const rank = inputs[shape]?.dims?.[0];
      const values = smallInts(constants, node.inputs[shape]);
      if (rank === undefined) return undefined;
      if (node.op === 'Expand') return one(x && broadcast([x, Array.from({ length: rank }, (_, i) => values?.[i])]));
      return [Array.from({ length: rank }, (_, i) => (values && values[i]! > 0 ? values[i] : values?.[i] === 0 ? x?.[i] : undefined))];
    }
    case 'Unsqueeze':
    case 'Squeeze': {
      const axes = smallInts(constants, node.inputs[1]);
      if (!x || !axes) return undefined;
      return [node.op === 'Squeeze' ? squeezed(x, axes) : unsqueezed(x, axes)];
    }
    case 'Concat': {
      const known = inputs.map((t) => t.dims).filter((d) => d !== undefined);
      if (known.length === 0) return undefined;
      const rank = known[0]!.length;
      const axis = (intAttribute(node, 'axis', 0) + rank) % rank;
      const total = known.length === inputs.length ? known.reduce<number | undefined>((n, d) => plus(n, d[axis]), 0) : undefined;
      return [Array.from({ length: rank }, (_, i) => (i === axis ? total : known.map((d) => d[i]).find((d) => d !== undefined)))];
    }
    case 'Slice':
      return one(
        x?.map((d, i) => (smallInts(constants, node.inputs[3])?.some((a) => a === i || a + x.length === i) === false ? d : undefined)),
      );
    case 'Split': {
      if (!x) return undefined;
      const axis = (intAttribute(node, 'axis', 0) + x.length) % x.length;
      const sizes = smallInts(constants, node.inputs[1]);
      return node.outputs.map((_, k) => x.map((d, i) => (i === axis ? sizes?.[k] : d)));
    }
    case 'Gather': {
      const at = inputs[1]?.dims;
      if (!x || !at) return undefined;
      const axis = (intAttribute(node, 'axis', 0) + x.length) % x.length;
      return [[...x.slice(0, axis), ...at, ...x.slice(axis + 1)]];
    }
    case 'MatMul':
    case 'FusedMatMul': {
      const w = inputs[1]?.dims;
      if (!x || !w || x.length < 2 || w.length < 2) return undefined;
      const last = intAttribute(node, 'transB', 0) ? w.at(-2) : w.at(-1);
      return [[...(x.length >= w.length ? x : w).slice(0, -2), x.at(-2), last]];
    }
    case 'Gemm':
      return [[x?.[intAttribute(node, 'transA', 0) ? 1 : 0], inputs[1]?.dims?.[intAttribute(node, 'transB', 0) ? 0 : 1]]];
    case 'MatMulNBits':
      return one(x && [...x.slice(0, -1), intAttribute(node, 'N', 0) || undefined]);
    default:
      return undefined;
  }
}

function plus(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a + b;
}

/** A dimension of a broadcast is sure where some operand has a size other than 1. */
function broadcast(operands: readonly (Dims | undefined)[]): Dims | undefined {
  const known = operands.filter((d) => d !== undefined);
  if (known.length < operands.length || known.length === 0) return undefined;
  const rank = Math.max(...known.map((d) => d.length));
  return Array.from({ length: rank }, (_, i) => {
    const sizes = known.map((d) => (i - rank + d.length < 0 ? 1 : d[i - rank + d.length]));
    const large = sizes.find((s) => s !== undefined && s !== 1);
    return large ?? (sizes.includes(undefined) ? undefined : 1);
  });
}

function unsqueezed(x: Dims, axes: readonly number[]): Dims {
  const rank = x.length + axes.length;
  const at = new Set(axes.map((a) => (a + rank) % rank));
  const rest = [...x];
  return Array.from({ length: rank }, (_, i) => (at.has(i) ? 1 : rest.shift()));
}

function squeezed(x: Dims, axes: readonly number[]): Dims {
  const at = new Set(axes.map((a) => (a + x.length) % x.length));
  return x.filter((_, i) => !at.has(i));
}
