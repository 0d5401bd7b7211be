/**
 * A graph in memory, plain and small: nodes, values and constants whose bytes mostly stay in the model's files.
 * Everything that reads, rewrites or differentiates a model works on these types.
 */

/** Element types by the names that ONNX Runtime uses, plus bfloat16 and the quantised ones that only files hold. */
export type DataType =
  | 'float32'
  | 'float64'
  | 'float16'
  | 'bfloat16'
  | 'int64'
  | 'int32'
  | 'int16'
  | 'int8'
  | 'uint64'
  | 'uint32'
  | 'uint16'
  | 'uint8'
  | 'bool'
  | 'string'
  | 'int4'
  | 'uint4'
  | 'other';

/** Where a constant's little-endian bytes are: in memory, or a range of one of the model's files (a path relative to its folder). */
export type TensorData =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'file'; readonly file: string; readonly offset: number; readonly length: number };

/** A constant (ONNX "initializer"). Never changed in place. */
export interface Tensor {
  readonly dtype: DataType;
  readonly dims: readonly number[];
  readonly data: TensorData;
}

/** A graph input or output. Dimensions are numbers where fixed, names where symbolic, undefined where unknown. */
export interface Value {
  readonly name: string;
  readonly dtype: DataType;
  readonly dims: readonly (number | string | undefined)[] | undefined;
}

/** A node's attribute. */
export type Attribute =
  | { readonly type: 'int'; readonly value: number }
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'ints'; readonly value: readonly number[] }
  | { readonly type: 'floats'; readonly value: readonly number[] }
  | { readonly type: 'strings'; readonly value: readonly string[] }
  | { readonly type: 'tensor'; readonly value: Tensor }
  | { readonly type: 'graph'; readonly value: Graph };

/** One operation. An empty string among inputs or outputs is an optional one left out. */
export interface Node {
  readonly name: string;
  readonly op: string;
  /** '' is the standard ONNX domain ('ai.onnx' is read as ''). */
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** A graph; nodes in topological order. */
export interface Graph {
  name: string;
  inputs: Value[];
  outputs: Value[];
  nodes: Node[];
  constants: Map<string, Tensor>;
}

/** A model-local function (ONNX FunctionProto). */
export interface LocalFunction {
  readonly domain: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Attribute names without a default, then those with one. */
  readonly attributes: Readonly<Record<string, Attribute | undefined>>;
  readonly nodes: readonly Node[];
}

/** A model file as read: its graph, and the folder that its file ranges refer to. */
export interface Model {
  /** Absolute folder of the model's files; `TensorData.file` is relative to it. */
  readonly folder: string;
  /** Name in the folder of the file that says what the graph is: the .onnx file, or a checkpoint's configuration. */
  readonly file: string;
  readonly irVersion: number;
  /** Domain → version. */
  readonly opsets: ReadonlyMap<string, number>;
  readonly producer: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly functions: readonly LocalFunction[];
  readonly graph: Graph;
  /**
   * A text longer than this is read otherwise from its beginning on, so that what was cached of a shorter one no longer holds; and of one
   * that is longer, either holds again or is read otherwise with each further token. Undefined: a cache always holds.
   */
  readonly cacheHolds?: { readonly upTo: number; readonly then: 'again' | 'never' };
  /** What people should know of how it was read; sentences without a full stop. */
  readonly remarks?: readonly string[];
}

/** What a run at two sizes told about a value: its type, and the dimensions that did not vary (null: varies). */
export interface Shape {
  readonly dtype: DataType;
  readonly dims: readonly (number | null)[];
  /** The dimensions in the two runs as they were. */
  readonly sizes?: readonly [readonly number[], readonly number[]];
}

/** Value name → shape, for every value of a graph that could be observed. */
export type Shapes = ReadonlyMap<string, Shape>;

/** A copy that can be rewritten without touching the original (nodes and tensors are shared, being immutable). */
export function copyGraph(graph: Graph): Graph {
  return {
    name: graph.name,
    inputs: [...graph.inputs],
    outputs: [...graph.outputs],
    nodes: [...graph.nodes],
    constants: new Map(graph.constants),
  };
}

/** Attribute as a number, or the default when it is absent. */
export function intAttribute(node: Node, name: string, otherwise: number): number {
  const a = node.attributes[name];
  return a?.type === 'int' ? a.value : otherwise;
}

/** Attribute as a float, or the default when it is absent. */
export function floatAttribute(node: Node, name: string, otherwise: number): number {
  const a = node.attributes[name];
  return a?.type === 'float' ? a.value : otherwise;
}

/** Attribute as integers, or undefined when it is absent. */
export function intsAttribute(node: Node, name: string): readonly number[] | undefined {
  const a = node.attributes[name];
  return a?.type === 'ints' ? a.value : undefined;
}

/** Attribute as a string, or the default when it is absent. */
export function stringAttribute(node: Node, name: string, otherwise: string): string {
  const a = node.attributes[name];
  return a?.type === 'string' ? a.value : otherwise;
}

/** Value name → the node that makes it. */
export function producers(graph: Graph): Map<string, Node> {
  const made = new Map<string, Node>();
  for (const node of graph.nodes) for (const output of node.outputs) if (output !== '') made.set(output, node);
  return made;
}

/** Value name → the nodes that read it (once per node). Subgraph reads are counted for the node that holds the subgraph. */
export function consumers(graph: Graph): Map<string, Node[]> {
  const readers = new Map<string, Node[]>();
  for (const node of graph.nodes) {
    for (const input of new Set(reads(node))) {
      if (input === '') continue;
      const list = readers.get(input);
      if (list) list.push(node);
      else readers.set(input, [node]);
    }
  }
  return readers;
}

/** Every name that a node reads, the outer names that its subgraphs read included. */
export function reads(node: Node): string[] {
  const names = [...node.inputs];
  for (const attribute of Object.values(node.attributes)) {
    if (attribute.type === 'graph') names.push(...outerReads(attribute.value));
  }
  return names;
}

function outerReads(graph: Graph): string[] {
  const own = new Set<string>(graph.constants.keys());
  for (const input of graph.inputs) own.add(input.name);
  for (const node of graph.nodes) for (const output of node.outputs) own.add(output);
  const names = graph.nodes.flatMap(reads).concat(graph.outputs.map((o) => o.name));
  return names.filter((name) => !own.has(name));
}
