import * as ort from 'onnxruntime-node';
import type { DataType, Graph, Model, Node, Tensor, Value } from '../../../electron/engine/onnx/graph.ts';
import type { PlainAttributes } from '../../../electron/engine/onnx/build.ts';
import { GraphBuilder } from '../../../electron/engine/onnx/build.ts';
import { encodeModel } from '../../../electron/engine/onnx/write.ts';

export type Feeds = Record<string, ort.Tensor>;

/** Runs a model as it is written, without any graph optimisation. */
export async function run(model: Model, feeds: Feeds): Promise<Record<string, ort.Tensor>> {
  const session = await ort.InferenceSession.create(encodeModel(model), {
    graphOptimizationLevel: 'disabled',
    logSeverityLevel: 3,
    intraOpNumThreads: 1,
    extra: { session: { model_external_initializers_file_folder_path: model.folder } },
  });
  const used = Object.fromEntries(session.inputNames.map((name) => [name, feeds[name]!]));
  const outputs = await session.run(used);
  await session.release();
  return outputs as Record<string, ort.Tensor>;
}

/** A model around a graph made in a test. */
export function modelOf(graph: Graph, opset = 18): Model {
  return {
    folder: '/',
    file: 'test.onnx',
    irVersion: 10,
    opsets: new Map([
      ['', opset],
      ['com.microsoft', 1],
    ]),
    producer: '',
    metadata: {},
    functions: [],
    graph,
  };
}

export function graphOf(parts: Partial<Graph>): Graph {
  return { name: 'test', inputs: [], outputs: [], nodes: [], constants: new Map(), ...parts };
}

export function value(name: string, dtype: DataType = 'float32', dims?: Value['dims']): Value {
  return { name, dtype, dims };
}

export function node(
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: PlainAttributes = {},
  domain = '',
): Node {
  const b = new GraphBuilder(graphOf({}), 'test');
  b.node(op, inputs, outputs, attributes, domain);
  return { ...b.take()[0]!, name: outputs.find((o) => o !== '')! };
}

/** Reproducible numbers in [-1, 1). */
export function randoms(count: number, seed = 1): Float32Array {
  let state = seed * 2654435761;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state ^ (state >>> 15), 1 | state) + 0x6d2b79f5) | 0;
    return ((state ^ (state >>> 13)) >>> 0) / 2 ** 31 - 1;
  });
}

export function float(dims: readonly number[], seed = 1): ort.Tensor {
  return new ort.Tensor(
    'float32',
    randoms(
      dims.reduce((a, d) => a * d, 1),
      seed,
    ),
    dims,
  );
}

export function int64(values: readonly number[], dims: readonly number[] = [values.length]): ort.Tensor {
  return new ort.Tensor('int64', BigInt64Array.from(values, BigInt), dims);
}

export function int32(values: readonly number[], dims: readonly number[] = [values.length]): ort.Tensor {
  return new ort.Tensor('int32', Int32Array.from(values), dims);
}

export function bool(values: readonly boolean[], dims: readonly number[]): ort.Tensor {
  return new ort.Tensor('bool', Uint8Array.from(values, Number), dims);
}

/** A fed tensor as a constant of the graph. */
export function constant(tensor: ort.Tensor): Tensor {
  const data = tensor.data as Float32Array | BigInt64Array;
  return {
    dtype: tensor.type as DataType,
    dims: tensor.dims,
    data: { kind: 'bytes', bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) },
  };
}

/** Largest absolute difference; NaN anywhere, or another number of elements, is infinite. */
export function difference(a: ort.Tensor | undefined, b: ort.Tensor | undefined): number {
  const [x, y] = [a!.data as Float32Array, b!.data as Float32Array];
  if (x.length !== y.length) return Infinity;
  let most = 0;
  for (let i = 0; i < x.length; i++) {
    const d = Math.abs(Number(x[i]) - Number(y[i]));
    if (!(d <= most)) most = Number.isNaN(d) ? Infinity : d;
  }
  return most;
}

/** Values that most test graphs have. */
export const X = value('x', 'float32', ['n', 4]);
export const Y = value('y');

/** A copy that shares nothing, to see afterwards that a pass left its input alone. */
export const frozen = (graph: Graph): string =>
  JSON.stringify(graph, (_, v: unknown) => (v instanceof Map ? [...(v as Map<string, unknown>)] : v));

/** What the nodes of a graph make, in order. */
export function names(graph: Graph): string[] {
  return graph.nodes.flatMap((n) => n.outputs);
}
