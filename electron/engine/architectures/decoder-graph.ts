import { GraphBuilder } from '../onnx/build.ts';
import type { Graph, Value } from '../onnx/graph.ts';
import { prune } from '../onnx/passes/prune.ts';
import { attention, type CacheNames } from './parts/attention.ts';
import { feedForward } from './parts/feed-forward.ts';
import { project, times } from './parts/linear.ts';
import { Net } from './parts/net.ts';
import { normalise } from './parts/norm.ts';
import type { BlockPart, BranchPart, DecoderPart, NormPart } from './spec.ts';
import type { Weights } from './weights.ts';

const LOGITS = 'logits';

/**
 * The graph of a decoder over its checkpoint's bytes: input_ids [batch, sequence], attention_mask [batch, past + sequence], position_ids
 * [batch, sequence] where the model has positions, and past keys and values [batch, key heads, past, head width] → logits [batch, sequence,
 * vocabulary] and the cache with the new tokens. Its operators are ONNX's own and ONNX Runtime's FusedMatMul; it computes in float32.
 * @throws EmendError `bad-file`, `unsupported` as {@link Weights} does
 */
export function decoderGraph(part: DecoderPart, weights: Weights): Graph {
  const graph: Graph = { name: 'decoder', inputs: [], outputs: [], nodes: [], constants: new Map() };
  const b = new GraphBuilder(graph, 'decoder');
  const net = new Net(b, weights);
  const caches = part.blocks.map((_, layer) => cacheNames(layer));
  let state = embedded(net, part, weights);
  part.blocks.forEach((block, layer) => (state = blockOf(net, state, block, caches[layer]!)));
  logits(net, through(net, state, part.norm), part, weights);
  graph.nodes = b.take();
  graph.outputs = [
    value(LOGITS, 'float32', ['batch', 'sequence', part.vocabulary]),
    ...caches.flatMap(({ present }, layer) => cacheValues(present, part.blocks[layer]!, 'past + sequence')),
  ];
  const inputs = [
    value(net.ids, 'int64', ['batch', 'sequence']),
    value(net.attended, 'int64', ['batch', 'past + sequence']),
    value(net.positions, 'int64', ['batch', 'sequence']),
    ...caches.flatMap(({ past }, layer) => cacheValues(past, part.blocks[layer]!, 'past')),
  ];
  const read = new Set(graph.nodes.flatMap((node) => node.inputs));
  graph.inputs = inputs.filter(({ name }) => read.has(name));
  return prune(graph);
}

function embedded(net: Net, { embedding, head, width, vocabulary }: DecoderPart, weights: Weights): string {
  const { b } = net;
  // of two tied tensors a file may hold either
  const held = [embedding.tokens, ...(head.isTied ? head.weights : [])].find((name) => weights.has(name));
  const table = held ?? embedding.tokens;
  let state = net.rows(table, [vocabulary, embedding.width], net.ids);
  if (embedding.projection !== undefined) state = project(net, state, embedding.projection);
  if (embedding.scale !== undefined && embedding.scale !== 1) state = b.op('Mul', [state, b.scalar(embedding.scale)]);
  if (embedding.positions !== undefined) {
    const { weight, rows, offset } = embedding.positions;
    const indices = offset === 0 ? net.positions : b.op('Add', [net.positions, b.int(offset)]);
    state = b.op('Add', [state, net.rows(weight, [rows, width], indices)]);
  }
  return through(net, state, embedding.norm);
}

function blockOf(net: Net, state: string, block: BlockPart, cache: CacheNames): string {
  const attending = (x: string) => finished(net, attention(net, x, block.attention.work, cache), block, block.attention);
  const feeding = (x: string) => finished(net, feedForward(net, x, block.feedForward.work), block, block.feedForward);
  const first = through(net, state, block.attention.before);
  if (block.order !== 'one after the other') {
    const second = block.order === 'through one norm' ? first : through(net, state, block.feedForward.before);
    return net.b.op('Add', [net.b.op('Add', [attending(first), feeding(second)]), state]);
  }
  const middle = through(net, net.b.op('Add', [attending(first), block.addsToNormed === true ? first : state]), block.attention.onSum);
  const second = through(net, middle, block.feedForward.before);
  return through(net, net.b.op('Add', [feeding(second), block.addsToNormed === true ? second : middle]), block.feedForward.onSum);
}

/** What a half of a block adds to the hidden state, from what its work made. */
function finished<Work>(net: Net, made: string, { multiplier = 1 }: BlockPart, { after }: BranchPart<Work>): string {
  const normed = through(net, made, after);
  return multiplier === 1 ? normed : net.b.op('Mul', [normed, net.b.scalar(multiplier)]);
}

function through(net: Net, x: string, norm: NormPart | undefined): string {
  return norm === undefined ? x : normalise(net, x, norm);
}

function logits(net: Net, state: string, { head, embedding, vocabulary, width }: DecoderPart, weights: Weights): void {
  const { b } = net;
  let made = head.projection === undefined ? state : project(net, state, head.projection);
  const own = head.weights.find((name) => weights.has(name));
  const weight = own ?? (head.isTied ? embedding.tokens : head.weights[0]!);
  made = times(net, made, net.weight(weight, [vocabulary, head.projection?.output ?? width]), 'out-in');
  if (head.bias !== undefined) made = b.op('Add', [made, net.weight(head.bias, [vocabulary])]);
  if (head.scale !== undefined && head.scale !== 1) made = b.op('Mul', [made, b.scalar(head.scale)]);
  if (head.divisor !== undefined && head.divisor !== 1) made = b.op('Div', [made, b.scalar(head.divisor)]);
  if (head.cap !== undefined) made = b.op('Mul', [b.op('Tanh', [b.op('Div', [made, b.scalar(head.cap)])]), b.scalar(head.cap)]);
  b.node('Identity', [made], [LOGITS]);
}

function cacheNames(layer: number): CacheNames {
  const names = (at: string) => ({ key: `${at}.${layer}.key`, value: `${at}.${layer}.value` });
  return { past: names('past_key_values'), present: names('present') };
}

function cacheValues(names: CacheNames['past'], { attention }: BlockPart, length: string): Value[] {
  const { keyHeads, headWidth } = attention.work;
  return [names.key, names.value].map((name) => value(name, 'float32', ['batch', keyHeads, length, headWidth]));
}

function value(name: string, dtype: Value['dtype'], dims: Value['dims']): Value {
  return { name, dtype, dims };
}
