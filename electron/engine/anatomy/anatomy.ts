import { EmendError } from '../../../shared/errors.ts';
import { consumers, floatAttribute, type Graph, type Node, producers, type Shapes } from '../onnx/graph.ts';
import { traitsOf } from '../onnx/op-traits.ts';
import type { ModelConfig } from '../onnx/model-config.ts';
import type { Inputs } from '../runtime/inputs.ts';
import { findAttention } from './attention.ts';
import { beforeNorm, type Flow, followFlow, isNorm, pointwiseCone } from './flow.ts';
import { findLinears, findUnembedding, noUnembedding, withBias } from './linears.ts';
import { type Branch, findResiduals } from './residual.ts';
import { addedParts, middleState, tokenEmbedding } from './stream.ts';
import type { Anatomy, LayerAnatomy, Linear, MlpAnatomy, Refusal } from './types.ts';

/**
 * Turns away what can be seen to be no dense decoder before anything runs.
 * @throws EmendError 'unsupported' for a fused mixture of experts
 */
export function refuseFusedExperts(graph: Graph): void {
  const expert = graph.nodes.find((n) => traitsOf(n).experts);
  if (expert) throw experts(`node "${expert.name}" is a ${expert.op}`);
}

/**
 * Finds a decoder's parts by structure (reference/onnx.md 1.5); no names are used.
 * @param config for cross-checking only
 * @throws EmendError 'unsupported' saying what was found instead
 */
export function findAnatomy(graph: Graph, shapes: Shapes, inputs: Inputs, config?: ModelConfig): Anatomy {
  const linears = findLinears(graph, shapes);
  const unembedding = findUnembedding(graph, linears, inputs.logits, shapes);
  const flow = followFlow(graph, inputs.ids.name, inputs.logits, shapes);
  if (!flow)
    throw new EmendError(
      'unsupported',
      `No embedding of "${inputs.ids.name}" was found.`,
      'Export the model with its token embedding inside the graph.',
    );
  const plain = findDownProjections(graph, linears, flow, unembedding, (from) => from);
  // Some normalise the key itself (BitNet): only where nothing else is a feed-forward layer, as norms stand in front of every projection.
  const { hiddenSize, downs } =
    plain.downs.length > 0 ? plain : findDownProjections(graph, linears, flow, unembedding, (from) => beforeNorm(from, graph, flow));
  if (downs.length === 0) {
    throw new EmendError(
      'unsupported',
      `No feed-forward layers were found: none of the ${linears.size} matrix products with constant weights takes an activation ` +
        `function of others.`,
      'Emend edits transformer decoders; state-space and convolutional models are not supported.',
    );
  }
  const states = findResiduals(downs, linears.values(), graph, flow, hiddenSize, shapes);
  const twice = states.findIndex((state, i) => i > 0 && state.sum === states[i - 1]!.sum);
  if (twice > 0)
    throw experts(`down-projections "${downs[twice - 1]!.down.weight}" and "${downs[twice]!.down.weight}" feed the same hidden state`);
  const residuals = states.map((s) => s.residual);
  if (flow.position.get(unembedding.product)! <= flow.position.get(residuals.at(-1)!)!)
    throw noUnembedding(`the output "${inputs.logits}" is a hidden state of width ${hiddenSize}`);
  const attentions = findAttention(graph, linears, flow, shapes, inputs, hiddenSize);
  const layers = downs.map((down, i): LayerAnatomy => {
    const from = i === 0 ? 0 : flow.position.get(residuals[i - 1]!)!;
    const to = flow.position.get(residuals[i]!)!;
    const attention = attentions.find((a) => flow.position.get(a.output)! > from && flow.position.get(a.output)! <= to);
    const parallel = attention !== undefined && !reaches(attention.output, down.down.input, graph);
    const mlp = mlpOf(down, residuals[i]!, graph, shapes, flow);
    return { residual: residuals[i]!, mlp, attention, parallel, added: undefined, middle: undefined };
  });
  const embedding = enteringFirst(flow, layers[0]!);
  const summed = layers.map((layer, i): LayerAnatomy => {
    if (!layer.attention) return layer;
    const before = i === 0 ? embedding : layers[i - 1]!.residual;
    const block = { before, after: layer.residual, attention: layer.attention.output, mlp: layer.mlp.output };
    const added = addedParts(graph, flow, block);
    return { ...layer, added, middle: added && middleState(graph, flow, block.after, { before, attention: added.attention }) };
  });
  const warnings = [
    mismatch('layers', config?.layers, layers.length),
    mismatch('hidden size', config?.hiddenSize, hiddenSize),
    mismatch('attention heads', config?.heads, layers[0]?.attention?.heads),
  ].filter((w) => w !== undefined);
  const vocabulary = unembedding.outWidth;
  const tokens = tokenEmbedding(graph, flow);
  return { hiddenSize, vocabulary, layers: summed, tokens, embedding, unembedding, logits: inputs.logits, warnings };
}

interface Down extends Branch {
  readonly node: Node;
  readonly gated: boolean;
}

/**
 * Linears whose inputs come from one or two linears through element-wise work with a bend in it. The width that most of them end in is
 * the model's; the unembedding, whose vote only settles a tie, may read another (OPT-350m).
 * @param before what a linear's input is made of, where more than element-wise work stands between; undefined for none of these
 */
function findDownProjections(
  graph: Graph,
  linears: Map<Node, Linear>,
  flow: Flow,
  unembedding: Linear,
  before: (key: string) => string | undefined,
): { hiddenSize: number; downs: Down[] } {
  const made = producers(graph);
  const found: Down[] = [];
  for (const [node, down] of linears) {
    const from = before(down.input);
    if (!flow.position.has(down.product) || from === undefined) continue;
    const cone = pointwiseCone(
      from,
      made,
      (n) => linears.has(n),
      (name) => flow.position.has(name),
    );
    if (!cone?.bends || cone.sources.size < 1 || cone.sources.size > 2) continue;
    const sources = [...cone.sources].map((n) => linears.get(n)!);
    const gated = sources.length === 2 || sources[0]!.outWidth === 2 * down.inWidth;
    if (sources.some((s) => s.outWidth !== down.inWidth && s.outWidth !== 2 * down.inWidth)) continue;
    found.push({ node, down, sources, gated });
  }
  const votes = new Map([[unembedding.inWidth, 0.5]]);
  for (const { down } of found) votes.set(down.outWidth, (votes.get(down.outWidth) ?? 0) + 1);
  const hiddenSize = [...votes].reduce((best, vote) => (vote[1] > best[1] ? vote : best))[0];
  const downs = found.filter((f) => f.down.outWidth === hiddenSize);
  return { hiddenSize, downs: downs.sort((a, b) => flow.position.get(a.down.product)! - flow.position.get(b.down.product)!) };
}

function mlpOf(down: Down, residual: string, graph: Graph, shapes: Shapes, flow: Flow): MlpAnatomy {
  const { output, bias } = withBias(down.node, down.down.product, graph);
  const from = flow.position.get(output)!;
  const to = flow.position.get(residual)!;
  const made = producers(graph);
  let postNorm = false;
  const reached = new Set([output]);
  for (const [name, at] of flow.position) {
    if (at <= from || at > to) continue;
    const node = made.get(name)!;
    if (!node.inputs.some((i) => reached.has(i))) continue;
    reached.add(name);
    if (isNorm(node)) postNorm = true;
  }
  return { down: down.down, key: down.down.input, output, bias, gated: down.gated, postNorm, refusal: refusalOf(down, graph, shapes) };
}

function refusalOf({ node, down: linear }: Down, graph: Graph, shapes: Shapes): Refusal | undefined {
  if (linear.quantised) {
    return {
      reason: `weight "${linear.weight}" is quantised (${linear.dtype})`,
      hint: 'Import the float32 or float16 export of this model to edit it; this one can be asked and checked.',
    };
  }
  if ((graph.constants.get(linear.weight)?.dims.length ?? 0) !== 2) {
    return { reason: `weight "${linear.weight}" holds several matrices (mixture of experts)`, hint: 'Emend edits dense models.' };
  }
  const readers = weightReaders(graph, linear.weight);
  if (readers > 1) {
    return {
      reason: `weight "${linear.weight}" is shared by ${readers} operations, so that editing it would change them all`,
      hint: 'Export the model without weight deduplication.',
    };
  }
  if (floatAttribute(node, 'alpha', 1) !== 1)
    return {
      reason: `the product with weight "${linear.weight}" is multiplied by ${floatAttribute(node, 'alpha', 1)} in the same operation`,
      hint: 'Import the export that no optimiser has fused.',
    };
  if (!shapes.has(linear.input))
    return { reason: `weight "${linear.weight}" could not be measured`, hint: 'Please report the exporter and its version.' };
  return undefined;
}

/** How many operations use a constant, looking through casts and transposes. */
function weightReaders(graph: Graph, weight: string): number {
  const readers = consumers(graph);
  let count = 0;
  const queue = [weight];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    for (const node of readers.get(name) ?? []) {
      const { holds } = traitsOf(node);
      if (holds === 'same' || holds === 'transposed') queue.push(node.outputs[0]!);
      else count++;
    }
  }
  return count;
}

function reaches(from: string, to: string, graph: Graph): boolean {
  const reached = new Set([from]);
  for (const node of graph.nodes) {
    if (!node.inputs.some((i) => reached.has(i))) continue;
    for (const output of node.outputs) reached.add(output);
    if (reached.has(to)) return true;
  }
  return reached.has(to);
}

/** The last cut before the first block's own work begins: where embeddings are complete. */
function enteringFirst(flow: Flow, first: LayerAnatomy): string {
  const limit = Math.min(flow.position.get(first.attention?.mixed ?? first.mlp.key)!, flow.position.get(first.mlp.key)!);
  let last = flow.embedding;
  for (const [name, at] of flow.position) if (at < limit && flow.cuts.has(name)) last = name;
  return last;
}

function mismatch(what: string, expected: number | undefined, found: number | undefined): string | undefined {
  if (expected === undefined || found === undefined || expected === found) return undefined;
  return `the config says ${expected} ${what}, the graph has ${found}`;
}

function experts(found: string): EmendError {
  return new EmendError(
    'unsupported',
    `This is a mixture-of-experts model (${found}).`,
    'Emend edits dense models; choose a dense variant of this family.',
  );
}
