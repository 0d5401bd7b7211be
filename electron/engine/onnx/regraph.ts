import { join } from 'node:path';
import { EmendError } from '../../../shared/errors.ts';
import { writeDurably } from '../../storage/durable.ts';
import { explained } from '../../storage/file-errors.ts';
import { disk } from '../../storage/files.ts';
import type { Graph, Model, Tensor } from './graph.ts';
import { readModel } from './read.ts';
import { tensorBytes } from './tensors.ts';
import { encodeModel } from './write.ts';

/** What one protobuf message can hold. */
const MOST = 2 ** 31 - 1;

/**
 * Writes an .onnx file anew with another graph. Weights in files beside it stay where they are; those in the file itself stay in it.
 * @param file is replaced
 * @param change makes the graph from the one that the file has
 * @throws EmendError 'unsupported' where the file would be larger than a protobuf message can be
 */
export async function rewriteGraph(file: string, change: (model: Model) => Graph): Promise<void> {
  const model = readModel(file);
  const graph = change(model);
  const constants = new Map([...graph.constants].map(([name, tensor]) => [name, inlined(model, tensor)]));
  const size = [...constants.values()].reduce((sum, { data }) => sum + (data.kind === 'bytes' ? data.bytes.length : 0), 0);
  if (size > MOST)
    throw new EmendError(
      'unsupported',
      `${file} holds ${(size / 2 ** 30).toFixed(1)} GiB of weights itself; with another graph it could not be written in one piece.`,
      'Convert the model to one with external data first.',
    );
  await writeDurably(explained(disk), file, encodeModel({ ...model, graph: { ...graph, constants } }));
}

function inlined(model: Model, tensor: Tensor): Tensor {
  if (tensor.data.kind === 'bytes' || join(tensor.data.file) !== model.file) return tensor;
  return { ...tensor, data: { kind: 'bytes', bytes: tensorBytes(model, tensor) } };
}
