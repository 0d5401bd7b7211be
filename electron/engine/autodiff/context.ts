import { EmendError } from '../../../shared/errors.ts';
import type { GraphBuilder, PlainAttributes } from '../onnx/build.ts';
import { intTensor, ints, memoryTensor } from '../onnx/build.ts';
import type { DataType, Graph, Node, Shape, Shapes, Tensor } from '../onnx/graph.ts';
import { producers } from '../onnx/graph.ts';

/** Dimensions of a value; null varies from run to run. Two nulls that meet in a broadcast are taken to be equal. */
export type Dims = Shape['dims'];

/** The name of a value, or a number to be written as a scalar of the type at hand. */
export type Operand = string | number;

export const CONTRIB = 'com.microsoft';

const FLOATS: ReadonlySet<DataType> = new Set(['float32', 'float64', 'float16', 'bfloat16']);

/** ONNX TensorProto.DataType numbers of the floating types, for Cast. */
const CODE: Partial<Record<DataType, number>> = { float32: 1, float16: 10, float64: 11, bfloat16: 16 };

export function isFloat(type: DataType | undefined): boolean {
  return type !== undefined && FLOATS.has(type);
}

/** What rules write backward nodes with. Equal operations are written once. */
export class Context {
  /** Type of the numbers that rules write: that of the node's output, set by the walk. */
  type: DataType = 'float32';
  /** Softmax rows without a finite score are NaN and must count as zero (the exported graph guards them the same way). */
  readonly nanGuard: boolean;
  /** Whether com.microsoft FusedMatMul may be written. */
  readonly fused: boolean;
  private readonly graph: Graph;
  private readonly shapes: Shapes;
  private readonly builder: GraphBuilder;
  private readonly producer: ReadonlyMap<string, Node>;
  private readonly memo = new Map<string, string[]>();
  private readonly unexpanded = new Map<string, string>();

  constructor(graph: Graph, builder: GraphBuilder, shapes: Shapes, options: { fused: boolean }) {
    this.graph = graph;
    this.builder = builder;
    this.shapes = shapes;
    this.fused = options.fused;
    this.producer = producers(graph);
    this.nanGuard = graph.nodes.some((node) => node.op === 'IsNaN');
  }

  // ---- what is known of forward values

  typeOf(value: string): DataType | undefined {
    return (
      this.graph.constants.get(value)?.dtype ?? this.shapes.get(value)?.dtype ?? this.graph.inputs.find((i) => i.name === value)?.dtype
    );
  }

  dims(value: string): Dims {
    const dims = this.graph.constants.get(value)?.dims ?? this.shapes.get(value)?.dims;
    if (dims) return dims;
    throw new EmendError(
      'bad-input',
      `The gradient needs the rank of value "${value}", but no shape was observed for it.`,
      'Observe the shapes by running exactly the graph that is differentiated.',
      { value },
    );
  }

  rank(value: string): number {
    return this.dims(value).length;
  }

  /** The node that makes a forward value. */
  madeBy(value: string): Node | undefined {
    return this.producer.get(value);
  }

  /** The numbers of a constant held in memory, else undefined. Only meant for small ones: axes, exponents, sizes. */
  numbers(value: string | undefined): number[] | undefined {
    if (value === undefined || value === '') return undefined;
    const tensor = this.graph.constants.get(value) ?? constantOf(this.producer.get(value));
    return tensor && numbersOf(tensor);
  }

  // ---- operations

  op(op: string, inputs: readonly string[], attributes: PlainAttributes = {}, domain = ''): string {
    return this.ops(op, inputs, 1, attributes, domain)[0]!;
  }

  ops(op: string, inputs: readonly string[], count: number, attributes: PlainAttributes = {}, domain = ''): string[] {
    const key = JSON.stringify([domain, op, inputs, count, attributes]);
    let outputs = this.memo.get(key);
    if (!outputs) this.memo.set(key, (outputs = this.builder.ops(op, inputs, count, attributes, domain)));
    return outputs;
  }

  /** An element-wise operation on values or numbers. */
  on(op: string, ...operands: Operand[]): string {
    return this.op(
      op,
      operands.map((o) => (typeof o === 'number' ? this.number(o) : o)),
    );
  }

  add(a: Operand, b: Operand): string {
    return this.on('Add', a, b);
  }

  sub(a: Operand, b: Operand): string {
    return this.on('Sub', a, b);
  }

  mul(a: Operand, b: Operand): string {
    return this.on('Mul', a, b);
  }

  div(a: Operand, b: Operand): string {
    return this.on('Div', a, b);
  }

  neg(a: Operand): string {
    return this.on('Neg', a);
  }

  /** a·b where b has the full shape of the result, so that an a made by {@link expand} need not be written out. */
  scale(a: string, b: string): string {
    return this.mul(this.unexpanded.get(a) ?? a, b);
  }

  /** The sum of cotangents of one value. */
  total(parts: readonly string[]): string {
    if (parts.length === 1) return parts[0]!;
    const slim = parts.map((p) => this.unexpanded.get(p) ?? p);
    if (parts.every((p) => this.unexpanded.has(p))) slim[0] = parts[0]!;
    return this.op(slim.length === 2 ? 'Add' : 'Sum', slim);
  }

  cast(value: string, to: DataType): string {
    const code = CODE[to];
    if (code === undefined) throw new EmendError('unsupported', `Cannot cast a gradient to ${to}.`);
    return this.op('Cast', [value], { to: code });
  }

  // ---- constants

  /** A scalar of the type at hand. */
  number(value: number, type: DataType = this.type): string {
    return this.floats([value], [], type);
  }

  /** A constant of ones. */
  ones(dims: Dims, like: () => string): string {
    if (dims.every((d) => d !== null)) {
      const key = `ones ${this.type} ${dims.join()}`;
      let known = this.memo.get(key);
      if (!known)
        this.memo.set(
          key,
          (known = [
            this.floats(
              range(size(dims)).map(() => 1),
              dims as readonly number[],
              this.type,
            ),
          ]),
        );
      return known[0]!;
    }
    return this.cast(
      this.op('ConstantOfShape', [like()], { value: { type: 'tensor', value: memoryTensor('float32', [1], Float32Array.of(1)) } }),
      this.type,
    );
  }

  private floats(values: readonly number[], dims: readonly number[], type: DataType): string {
    if (type === 'float32') return this.constant(memoryTensor(type, dims, Float32Array.from(values)));
    if (type === 'float64') return this.constant(memoryTensor(type, dims, Float64Array.from(values)));
    return this.cast(this.constant(memoryTensor('float32', dims, Float32Array.from(values))), type);
  }

  /** An int64 vector. */
  ints(values: readonly number[]): string {
    return this.constant(intTensor(values, [values.length]));
  }

  /** An int64 scalar. */
  int(value: number): string {
    return this.constant(intTensor([value], []));
  }

  private constant(tensor: Tensor): string {
    return this.builder.constant(tensor);
  }

  // ---- shapes

  /** The shape of a forward value as an int64 vector: a constant where it is known. */
  shapeOf(value: string): string {
    const dims = this.dims(value);
    return dims.every((d) => d !== null) ? this.ints(dims as readonly number[]) : this.op('Shape', [value]);
  }

  /** Some dimensions of a forward value, from `start` up to `end`, as an int64 vector. */
  shapePart(value: string, start: number, end = this.rank(value)): string {
    const dims = this.dims(value).slice(start, end);
    return dims.every((d) => d !== null) ? this.ints(dims as readonly number[]) : this.op('Shape', [value], { start, end });
  }

  zerosLike(value: string, type: DataType = this.typeOf(value) ?? this.type): string {
    return this.zeros(this.shapeOf(value), type);
  }

  /** Zeros of a shape given as an int64 vector. */
  zeros(shape: string, type: DataType = this.type): string {
    const zero = this.op('ConstantOfShape', [shape]);
    return type === 'float32' ? zero : this.cast(zero, type);
  }

  /** Gives `t` the shape of the forward value `x`, which has as many elements. */
  reshapeTo(t: string, from: Dims, x: string): string {
    const to = this.dims(x);
    const open = to.filter((d) => d === null).length;
    if (open === 0 && sameDims(from, to)) return t;
    if (open <= 1 && !to.includes(0)) return this.op('Reshape', [t, this.ints(to.map((d) => d ?? -1))]);
    return this.op('Reshape', [t, this.op('Shape', [x])]);
  }

  /** Sums `t` over the axes along which `to` was broadcast to `from`. */
  sumTo(t: string, from: Dims, to: Dims): string {
    const extra = from.length - to.length;
    const leading = range(extra);
    const inner = to.flatMap((d, i) => (d === 1 && from[i + extra] !== 1 ? [i + extra] : []));
    if (extra === 0 && inner.length === 0) return t;
    if (inner.length === 0) return this.op('ReduceSum', [t, this.ints(leading)], { keepdims: 0 });
    const summed = this.op('ReduceSum', [t, this.ints([...leading, ...inner])], { keepdims: 1 });
    return extra === 0 ? summed : this.op('Squeeze', [summed, this.ints(leading)]);
  }

  /** Repeats `t` along its axes of length one until it has the shape of the forward value `x`. */
  expand(t: string, x: string): string {
    const full = this.op('Expand', [t, this.shapeOf(x)]);
    this.unexpanded.set(full, t);
    return full;
  }

  transpose(t: string, perm: readonly number[]): string {
    return perm.every((p, i) => p === i) ? t : this.op('Transpose', [t], { perm: ints(perm) });
  }
}

export function range(length: number, start = 0): number[] {
  return Array.from({ length }, (_, i) => start + i);
}

export function size(dims: Dims): number {
  return dims.reduce<number>((product, d) => product * (d ?? NaN), 1);
}

/** Equal as far as is known: a varying dimension equals a varying one. */
export function sameDims(a: Dims, b: Dims): boolean {
  return a.length === b.length && a.every((d, i) => d === b[i]);
}

function constantOf(node: Node | undefined): Tensor | undefined {
  if (node?.op !== 'Constant') return undefined;
  const { value, value_int: int, value_ints: list, value_float: real } = node.attributes;
  if (value?.type === 'tensor') return value.value;
  if (int?.type === 'int') return intTensor([int.value], []);
  if (list?.type === 'ints') return intTensor(list.value, [list.value.length]);
  if (real?.type === 'float') return memoryTensor('float32', [], Float32Array.of(real.value));
  return undefined;
}

function numbersOf({ dtype, dims, data }: Tensor): number[] | undefined {
  if (data.kind !== 'bytes') return undefined;
  const view = new DataView(data.bytes.buffer, data.bytes.byteOffset, data.bytes.byteLength);
  const read = (width: number, at: (offset: number) => number) => range(size(dims)).map((i) => at(i * width));
  if (dtype === 'int64') return read(8, (o) => Number(view.getBigInt64(o, true)));
  if (dtype === 'int32') return read(4, (o) => view.getInt32(o, true));
  if (dtype === 'float32') return read(4, (o) => view.getFloat32(o, true));
  if (dtype === 'float64') return read(8, (o) => view.getFloat64(o, true));
  if (dtype === 'bool') return read(1, (o) => view.getUint8(o));
  return undefined;
}
