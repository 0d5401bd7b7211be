import type { Attribute, DataType, Graph, Node, Tensor } from './graph.ts';

/** Attribute values as one writes them: whole numbers are ints unless wrapped by {@link float}. */
export type PlainAttributes = Record<string, Attribute | number | string | readonly number[]>;

/** Adds nodes and constants to a graph under names that are free. */
export class GraphBuilder {
  readonly graph: Graph;
  private readonly prefix: string;
  private readonly taken = new Set<string>();
  private readonly shared = new Map<string, string>();
  private counter = 0;
  /** Nodes made since the last {@link take}; they are not in the graph until someone puts them there. */
  private made: Node[] = [];

  /** @param prefix starts every new name, so that a reader of the graph sees who made a node */
  constructor(graph: Graph, prefix: string) {
    this.graph = graph;
    this.prefix = prefix;
    for (const value of graph.inputs) this.taken.add(value.name);
    for (const name of graph.constants.keys()) this.taken.add(name);
    for (const node of graph.nodes) for (const output of node.outputs) this.taken.add(output);
  }

  /** A name that nothing in the graph has. */
  fresh(hint: string): string {
    let name: string;
    do name = `${this.prefix}/${hint}_${this.counter++}`;
    while (this.taken.has(name));
    this.taken.add(name);
    return name;
  }

  /** Adds an operation with one output and returns that output's name. */
  op(op: string, inputs: readonly string[], attributes: PlainAttributes = {}, domain = ''): string {
    return this.ops(op, inputs, 1, attributes, domain)[0]!;
  }

  /** Adds an operation with `count` outputs and returns their names. */
  ops(op: string, inputs: readonly string[], count: number, attributes: PlainAttributes = {}, domain = ''): string[] {
    const outputs = Array.from({ length: count }, () => this.fresh(op));
    this.node(op, inputs, outputs, attributes, domain);
    return outputs;
  }

  /** Adds an operation whose outputs are named by the caller. */
  node(op: string, inputs: readonly string[], outputs: readonly string[], attributes: PlainAttributes = {}, domain = ''): void {
    for (const output of outputs) this.taken.add(output);
    this.made.push({ name: this.fresh(`node_${op}`), op, domain, inputs, outputs, attributes: attributesOf(attributes) });
  }

  /** The nodes made since the last call, in order. */
  take(): Node[] {
    const made = this.made;
    this.made = [];
    return made;
  }

  /** Adds a constant and returns its name. Equal small constants are made once. */
  constant(tensor: Tensor, hint = 'constant'): string {
    const bytes = tensor.data.kind === 'bytes' && tensor.data.bytes.length <= 64 ? tensor.data.bytes : undefined;
    const key = bytes ? `${tensor.dtype}[${tensor.dims.join()}]${Buffer.from(bytes).toString('hex')}` : undefined;
    const known = key === undefined ? undefined : this.shared.get(key);
    if (known !== undefined && this.graph.constants.has(known)) return known;
    const name = this.fresh(hint);
    this.graph.constants.set(name, tensor);
    if (key !== undefined) this.shared.set(key, name);
    return name;
  }

  /** A float32 scalar. */
  scalar(value: number): string {
    return this.constant(floatTensor(Float32Array.of(value), []));
  }

  /** An int64 vector. */
  ints(values: readonly number[]): string {
    return this.constant(intTensor(values, [values.length]));
  }

  /** An int64 scalar. */
  int(value: number): string {
    return this.constant(intTensor([value], []));
  }
}

/** Marks an attribute value as a float even when it is whole. */
export function float(value: number): Attribute {
  return { type: 'float', value };
}

/** A list of whole numbers as an attribute, also when empty. */
export function ints(value: readonly number[]): Attribute {
  return { type: 'ints', value };
}

function attributesOf(plain: PlainAttributes): Record<string, Attribute> {
  const out: Record<string, Attribute> = {};
  for (const [name, value] of Object.entries(plain)) {
    if (typeof value === 'number') out[name] = Number.isInteger(value) ? { type: 'int', value } : { type: 'float', value };
    else if (typeof value === 'string') out[name] = { type: 'string', value };
    else if (Array.isArray(value)) out[name] = { type: 'ints', value: value as readonly number[] };
    else out[name] = value as Attribute;
  }
  return out;
}

/** A float32 constant held in memory. */
export function floatTensor(values: Float32Array, dims: readonly number[]): Tensor {
  return memoryTensor('float32', dims, values);
}

/** Files write the ends of int64 for "no limit"; as a number the upper end is 2^63, which would wrap to the lower one. */
const [LOWEST, HIGHEST] = [-(2n ** 63n), 2n ** 63n - 1n];

/** An int64 constant held in memory; what lies beyond int64 becomes its nearest end. */
export function intTensor(values: readonly number[], dims: readonly number[]): Tensor {
  const within = (v: bigint) => (v < LOWEST ? LOWEST : v > HIGHEST ? HIGHEST : v);
  return memoryTensor(
    'int64',
    dims,
    BigInt64Array.from(values, (v) => within(BigInt(v))),
  );
}

/** A constant held in memory, from a typed array of matching element size (little-endian machines only, as ONNX Runtime). */
export function memoryTensor(dtype: DataType, dims: readonly number[], values: ArrayBufferView): Tensor {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return { dtype, dims, data: { kind: 'bytes', bytes } };
}
