import { basename, dirname, join } from 'node:path';
import { indexFile } from './index-file.ts';
import type { GraphProto, NodeProto, TensorProto } from './proto/onnx_pb.ts';

/**
 * Other graphs of a model's folder and the files that their weights alone lie in, relative to that folder.
 * @param file the model's own graph @param others the other graphs, as `otherGraphs` names them
 * @throws EmendError 'bad-file' or 'unsupported' where one of them cannot be read, so that its weights cannot be told
 */
export function belongingTo(file: string, others: readonly string[]): string[] {
  const own = new Set(dataFiles(file));
  const weights = new Set(others.flatMap((name) => dataFiles(join(dirname(file), name))).filter((name) => !own.has(name)));
  return [...others, ...weights];
}

/** The files beside a graph that its weights lie in, as it names them. */
function dataFiles(file: string): string[] {
  const { graph, functions } = indexFile(file);
  const nodes = functions.flatMap((one) => one.node);
  const tensors = [...(graph ? tensorsOf(graph) : []), ...nodes.flatMap(tensorsIn)];
  const named = tensors.flatMap(({ externalData }) => externalData.filter(({ key }) => key === 'location').map(({ value }) => value));
  return [...new Set(named)].filter((name) => name !== basename(file));
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
