import { basename, dirname, join } from 'node:path';
import { indexFile } from './index-file.ts';
import type { GraphProto, NodeProto, TensorProto } from './proto/onnx_pb.ts';

/**
 * The paths of other graphs beside a model's own, and of the files that their weights alone lie in.
 * @param file the model's own graph @param others as `othersBeside` has them; a checkpoint's weights are files of their own
 * @throws EmendError 'bad-file' or 'unsupported' where a graph cannot be read, so that its weights cannot be told
 */
export function belongingTo(file: string, others: readonly string[]): string[] {
  const own = new Set(dataFiles(file));
  const weights = new Set(others.flatMap(dataFiles));
  return [...others, ...[...weights].filter((path) => !own.has(path))];
}

/** The paths of the files beside a graph that its weights lie in. */
function dataFiles(file: string): string[] {
  if (!file.endsWith('.onnx')) return [];
  const { graph, functions } = indexFile(file);
  const nodes = functions.flatMap((one) => one.node);
  const tensors = [...(graph ? tensorsOf(graph) : []), ...nodes.flatMap(tensorsIn)];
  const named = tensors.flatMap(({ externalData }) => externalData.filter(({ key }) => key === 'location').map(({ value }) => value));
  return [...new Set(named)].filter((name) => name !== basename(file)).map((name) => join(dirname(file), name));
}

function tensorsOf(graph: GraphProto): TensorProto[] {
  const sparse = graph.sparseInitializer.flatMap(({ values, indices }) => [values, indices].filter((one) => one !== undefined));
  return [...graph.initializer, ...sparse, ...graph.node.flatMap(tensorsIn)];
}

function tensorsIn(node: NodeProto): TensorProto[] {
  return node.attribute.flatMap(({ t, tensors, g, graphs }) => [
    ...(t ? [t] : []),
    ...tensors,
    ...[...(g ? [g] : []), ...graphs].flatMap(tensorsOf),
  ]);
}
