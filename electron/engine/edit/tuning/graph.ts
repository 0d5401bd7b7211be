import { lossGradient } from '../../autodiff/gradient.ts';
import type { Decoder } from '../../decoder/decoder.ts';
import { graphFrom } from '../../decoder/stage.ts';
import { GraphBuilder } from '../../onnx/build.ts';
import type { DataType, Graph, Node, Shape } from '../../onnx/graph.ts';
import { extend, slice, value } from '../../runtime/surgery.ts';
import { Tail } from '../tail.ts';

/** Names of what the graph is fed. */
export const names = {
  /** int64 [T, 1] positions (row · length + token), int64 [T, 1] tokens, float [T, 1] weights of what is to be predicted. */
  rows: 'emend.tuned_rows',
  ids: 'emend.tuned_ids',
  weights: 'emend.tuned_weights',
} as const;

/** A weight that is trained: its change is an input of the graph, in the layout of the file. */
export interface TunedWeight {
  readonly layer: number;
  /** Input: float, as the weight is in the file. */
  readonly change: string;
  readonly dims: readonly number[];
  /** Output: d loss / d change, of the same shape. */
  readonly gradient: string;
}

/** The model behind the first trained weight, with its loss and the gradients of the weights. */
export interface TuningGraph {
  readonly graph: Graph;
  /** Where it begins: the key of the first trained layer. */
  readonly from: string;
  readonly live: readonly string[];
  /** [T, 1] −log p(token), not weighted. */
  readonly nll: string;
  readonly weights: readonly TunedWeight[];
}

/**
 * loss = Σ weights·nll as a function of changes of down-projections: y = (W + change)·k. What lies before the first of them is the same
 * in every step, so the graph begins at its key.
 * @param layers ascending; their down-projections are trained
 */
export function tuningGraph(decoder: Decoder, layers: readonly number[]): TuningGraph {
  const { anatomy } = decoder;
  const from = anatomy.layers[layers[0]!]!.mlp.key;
  const whole = graphFrom(decoder, from, [anatomy.logits]);
  const shapes = new Map(decoder.shapes);
  const know = (name: string, dims: Shape['dims'], dtype: DataType = 'float32') => (shapes.set(name, { dtype, dims }), name);
  const opened = layers.map((layer) => openWeight(whole.graph, decoder, layer, know));
  for (const name of [names.rows, names.ids]) know(name, [null, 1], 'int64');
  const { graph, made } = extend(whole.graph, 'loss', (b) => {
    const rows = (name: string, columns: number) => know(name, [null, columns]);
    const tail = new Tail(b, decoder, shapes, names.rows, new Set([anatomy.layers.at(-2)?.residual ?? anatomy.embedding]));
    const logp = rows(b.op('LogSoftmax', [tail.at(anatomy.logits)], { axis: -1 }), anatomy.vocabulary);
    const nll = rows(b.op('Neg', [rows(b.op('GatherElements', [logp, names.ids], { axis: 1 }), 1)]), 1);
    const weighted = rows(b.op('Mul', [nll, know(names.weights, [null, 1])]), 1);
    return { nll, loss: know(b.op('ReduceSum', [weighted], { keepdims: 0 }), []) };
  });
  graph.inputs.push(
    value(names.rows, 'int64', ['tuned', 1]),
    value(names.ids, 'int64', ['tuned', 1]),
    value(names.weights, 'float32', ['tuned', 1]),
    ...opened.map(({ change, dims }) => value(change, 'float32', dims)),
  );
  const gradients = lossGradient(
    graph,
    made.loss,
    opened.map(({ change }) => change),
    shapes,
  );
  const weights = opened.map((one) => ({ ...one, gradient: gradients.get(one.change)! }));
  const loss = slice(graph, [made.nll, ...weights.map(({ gradient }) => gradient)]);
  const fed = new Set(loss.inputs.map(({ name }) => name));
  return { graph: loss, from, live: whole.live.filter((name) => fed.has(name)), nll: made.nll, weights };
}

/** Puts W + change in the place of a weight, whatever reads it; a weight in half precision is added to behind its cast. */
function openWeight(
  graph: Graph,
  decoder: Decoder,
  layer: number,
  know: (name: string, dims: Shape['dims']) => string,
): Omit<TunedWeight, 'gradient'> {
  const { weight } = decoder.anatomy.layers[layer]!.mlp.down;
  const stored = graph.constants.get(weight)!;
  const cast = stored.dtype === 'float32' ? undefined : graph.nodes.find((node) => node.op === 'Cast' && node.inputs[0] === weight);
  const used = cast?.outputs[0] ?? weight;
  const change = know(`emend.change.${layer}`, stored.dims);
  const b = new GraphBuilder(graph, `tuned.${layer}`);
  const sum = know(b.op('Add', [used, change]), stored.dims);
  know(used, stored.dims);
  const read = (node: Node): Node => ({ ...node, inputs: node.inputs.map((name) => (name === used ? sum : name)) });
  const [added] = b.take();
  const at = cast ? graph.nodes.indexOf(cast) + 1 : 0;
  graph.nodes = [...graph.nodes.slice(0, at), added!, ...graph.nodes.slice(at)].map((node) => (node === added ? node : read(node)));
  return { layer, change, dims: stored.dims };
}
