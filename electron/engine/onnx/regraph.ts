import { normalize } from 'node:path';
import { EmendError } from '../../../shared/errors.ts';
import { writeDurably } from '../../storage/durable.ts';
import { explained } from '../../storage/file-errors.ts';
import { disk } from '../../storage/files.ts';
import type { Attribute, Graph, Model, Node, Tensor } from './graph.ts';
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
  const own = new Inliner(model);
  const graph = own.graph(change(model));
  const functions = model.functions.map((one) => ({ ...one, nodes: one.nodes.map((node) => own.node(node)) }));
  if (own.bytes > MOST)
    throw new EmendError(
      'unsupported',
      `${file} holds ${(own.bytes / 2 ** 30).toFixed(1)} GiB of weights itself; with another graph it could not be written in one piece.`,
      'Convert the model to one with external data first.',
    );
  await writeDurably(explained(disk), file, encodeModel({ ...model, functions, graph }));
}

/** Takes every tensor that lies in the file itself into memory, those in attributes and inner graphs too: the file will be another one. */
class Inliner {
  bytes = 0;
  private readonly model: Model;

  constructor(model: Model) {
    this.model = model;
  }

  graph(graph: Graph): Graph {
    const constants = new Map([...graph.constants].map(([name, tensor]) => [name, this.tensor(tensor)]));
    return { ...graph, constants, nodes: graph.nodes.map((node) => this.node(node)) };
  }

  node(node: Node): Node {
    return { ...node, attributes: Object.fromEntries(Object.entries(node.attributes).map(([name, one]) => [name, this.attribute(one)])) };
  }

  private attribute(attribute: Attribute): Attribute {
    if (attribute.type === 'tensor') return { ...attribute, value: this.tensor(attribute.value) };
    return attribute.type === 'graph' ? { ...attribute, value: this.graph(attribute.value) } : attribute;
  }

  private tensor(tensor: Tensor): Tensor {
    const data =
      tensor.data.kind === 'file' && normalize(tensor.data.file) === this.model.file
        ? { kind: 'bytes' as const, bytes: tensorBytes(this.model, tensor) }
        : tensor.data;
    if (data.kind === 'bytes') this.bytes += data.bytes.length;
    return { ...tensor, data };
  }
}
