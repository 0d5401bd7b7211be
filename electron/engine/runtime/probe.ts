import type * as ort from 'onnxruntime-node';
import {
  copyGraph,
  intsAttribute,
  type DataType,
  type Graph,
  type Model,
  reads,
  type Shape,
  type Shapes,
  type Tensor,
} from '../onnx/graph.ts';
import { traitsOf } from '../onnx/op-traits.ts';
import { memoryTensor } from '../onnx/build.ts';
import { feedsFor, type Inputs, rightPad } from './inputs.ts';
import { refuseUnlikeDecoder } from './behaviour.ts';
import { Session } from './session.ts';

/** Two odd sizes: a dimension that is the same in both runs does not depend on the batch, the length or the cache. */
export const SIZES = [
  { batch: 2, length: 5, past: 2 },
  { batch: 3, length: 7, past: 4 },
] as const;
const BIG = 1 << 18;

/** What two runs of a graph told. */
export interface Probed {
  readonly shapes: Shapes;
  /** The graph with small whole-number values that depend on constants alone (axes, sizes) as constants. */
  readonly graph: Graph;
}

/** Runs the graph at two sizes: type and fixed dimensions of every value, constants included. */
export async function probe(model: Model, graph: Graph, inputs: Inputs): Promise<Probed> {
  const shapes = new Map<string, Shape>();
  for (const [name, t] of graph.constants) shapes.set(name, { dtype: t.dtype, dims: t.dims });
  const large = viewsOfLargeConstants(graph, shapes);
  const names = graph.nodes.flatMap((n) => n.outputs).filter((name) => name !== '' && !large.has(name));
  const fixed = new Map<string, Tensor>();
  const settled = fromConstants(graph);
  const session = await Session.create(
    model,
    { ...graph, outputs: names.map((name) => ({ name, dtype: 'other' as const, dims: undefined })) },
    { optimize: 'disabled', prepack: false },
  );
  try {
    const seen: Map<string, Shape>[] = [];
    for (const size of SIZES) {
      const past = inputs.past.length > 0 ? size.past : 0;
      const rows = rightPad(
        Array.from({ length: size.batch }, (_, b) => Array.from({ length: size.length }, (_, s) => 1 + b + s)),
        past,
      );
      const feeds = feedsFor(inputs, rows, session.inputs);
      const result = await session.run(feeds);
      const now = new Map<string, Shape>();
      for (const [name, tensor] of [...Object.entries(feeds), ...Object.entries(result)]) now.set(name, shapeOf(tensor));
      seen.push(now);
      for (const [name, tensor] of Object.entries(result)) {
        if (!settled.has(name) || tensor.size > SMALL || !['int64', 'int32', 'bool'].includes(tensor.type)) continue;
        fixed.set(name, memoryTensor(tensor.type as DataType, tensor.dims, (tensor.data as BigInt64Array).slice()));
      }
    }
    await refuseUnlikeDecoder(session, graph, inputs);
    for (const [name, a] of seen[0]!) {
      const b = seen[1]!.get(name)!;
      const sizes = [a.dims as number[], b.dims as number[]] as const;
      shapes.set(name, { dtype: a.dtype, dims: sizes[0].map((d, i) => (d === sizes[1][i] ? d : null)), sizes });
    }
  } finally {
    await session.release();
  }
  return { shapes, graph: folded(graph, fixed) };
}

const SMALL = 64;

/** Values that no input has a part in. */
function fromConstants(graph: Graph): Set<string> {
  const settled = new Set(graph.constants.keys());
  for (const node of graph.nodes) {
    if (reads(node).every((name) => name === '' || settled.has(name))) for (const output of node.outputs) settled.add(output);
  }
  return settled;
}

function folded(graph: Graph, fixed: ReadonlyMap<string, Tensor>): Graph {
  const copy = copyGraph(graph);
  copy.nodes = copy.nodes.filter((node) => !node.outputs.every((o) => o === '' || fixed.has(o)));
  for (const [name, tensor] of fixed) copy.constants.set(name, tensor);
  return copy;
}

function shapeOf(tensor: ort.Tensor): Shape {
  return { dtype: tensor.type as DataType, dims: tensor.dims };
}

/** Transposed or cast weights: fetching them would copy the model, and their shapes are plain to see. */
function viewsOfLargeConstants(graph: Graph, shapes: Map<string, Shape>): Set<string> {
  const large = new Set<string>();
  for (const node of graph.nodes) {
    const source = shapes.get(node.inputs[0] ?? '');
    if (!source) continue;
    const { holds } = traitsOf(node);
    if (holds !== 'same' && holds !== 'transposed') continue;
    if (source.dims.reduce<number>((a, d) => a * (d ?? 1), 1) < BIG) continue;
    const perm = intsAttribute(node, 'perm') ?? source.dims.map((_, i) => source.dims.length - 1 - i);
    const to = node.attributes['to'];
    const named = to?.type === 'int' && to.value === 1 ? 'float32' : shapes.get(node.inputs[1] ?? '')?.dtype; // by Cast, and by CastLike
    const dtype: DataType = named ?? source.dtype;
    shapes.set(node.outputs[0]!, { dtype, dims: node.op === 'Transpose' ? perm.map((p) => source.dims[p]!) : source.dims });
    large.add(node.outputs[0]!);
  }
  return large;
}
