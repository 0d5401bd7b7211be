import { EmendError } from '../../../shared/errors.ts';
import { consumers, type Graph, type Node, producers, type Shapes } from '../onnx/graph.ts';
import type { Inputs } from '../runtime/inputs.ts';
import { findAttention } from './attention.ts';
import { type Flow, followFlow, pointwiseCone } from './flow.ts';
import { findLinears, findUnembedding, withBias } from './linears.ts';
import type { Anatomy, LayerAnatomy, Linear, MlpAnatomy, Refusal } from './types.ts';

/** What the model's own config says, for cross-checking only. */
export interface ConfigHints {
  readonly layers?: number | undefined;
  readonly hiddenSize?: number | undefined;
  readonly heads?: number | undefined;
}

const VIEWS = new Set(['Reshape', 'Cast', 'Identity', 'Squeeze', 'Unsqueeze', 'Dropout', 'Flatten']);
const NORMS = new Set(['LayerNormalization', 'RMSNormalization', 'SimplifiedLayerNormalization', 'ReduceMean']);

/**
 * Finds a decoder's parts by structure (reference/onnx.md 1.5); no names are used.
 * @throws EmendError 'unsupported' saying what was found instead
 */
export function findAnatomy(graph: Graph, shapes: Shapes, inputs: Inputs, hints: ConfigHints = {}): Anatomy {
  const expert = graph.nodes.find((n) => /^Q?MoE$/.test(n.op));
  if (expert) throw refuseExperts(`node "${expert.name}" is a ${expert.op}`);
  const linears = findLinears(graph, shapes);
  const unembedding = findUnembedding(graph, linears, inputs.logits, shapes);
  const flow = followFlow(graph, inputs.ids.name, inputs.logits, shapes);
  if (!flow) throw new EmendError('unsupported', `No embedding of "${inputs.ids.name}" was found.`, 'Export the model with its token embedding inside the graph.');
  const hiddenSize = unembedding.inWidth;
  const downs = findDownProjections(graph, linears, hiddenSize, flow);
  const residuals = downs.map((down) => residualAfter(down.linear.product, graph, flow, hiddenSize, shapes));
  residuals.forEach((residual, i) => {
    if (i > 0 && residual === residuals[i - 1]) throw refuseExperts(`down-projections "${downs[i - 1]!.linear.weight}" and "${downs[i]!.linear.weight}" feed the same hidden state`);
  });
  if (downs.length === 0) {
    throw new EmendError('unsupported', `No feed-forward layers were found among ${linears.size} matrix products of a graph of width ${hiddenSize}.`, 'Emend edits transformer decoders; state-space and convolutional models are not supported.');
  }
  const attentions = findAttention(graph, linears, flow, shapes, inputs, hiddenSize);
  const layers = downs.map((down, i): LayerAnatomy => {
    const from = i === 0 ? 0 : flow.position.get(residuals[i - 1]!)!;
    const to = flow.position.get(residuals[i]!)!;
    const attention = attentions.find((a) => flow.position.get(a.output)! > from && flow.position.get(a.output)! <= to);
    const parallel = attention !== undefined && !reaches(attention.output, down.linear.input, graph);
    return { residual: residuals[i]!, mlp: mlpOf(down, residuals[i]!, graph, shapes, flow, hiddenSize), attention, parallel };
  });
  const warnings = [
    mismatch('layers', hints.layers, layers.length),
    mismatch('hidden size', hints.hiddenSize, hiddenSize),
    mismatch('attention heads', hints.heads, layers[0]?.attention?.heads),
  ].filter((w) => w !== undefined);
  const vocabulary = unembedding.outWidth;
  return { hiddenSize, vocabulary, layers, embedding: enteringFirst(flow, layers[0]!), unembedding, finalNorm: unembedding.input, logits: inputs.logits, warnings };
}

interface Down {
  readonly node: Node;
  readonly linear: Linear;
  readonly gated: boolean;
}

/** Linears onto the hidden size whose inputs come from linears through element-wise work with a bend in it. */
function findDownProjections(graph: Graph, linears: Map<Node, Linear>, hiddenSize: number, flow: Flow): Down[] {
  const made = producers(graph);
  const downs: Down[] = [];
  for (const [node, linear] of linears) {
    if (linear.outWidth !== hiddenSize || !flow.position.has(linear.product)) continue;
    const cone = pointwiseCone(linear.input, made, (n) => linears.has(n), (name) => flow.position.has(name));
    if (!cone?.bends || cone.sources.size < 1 || cone.sources.size > 2) continue;
    const sources = [...cone.sources].map((n) => linears.get(n)!);
    const gated = sources.length === 2 || sources[0]!.outWidth === 2 * linear.inWidth;
    if (sources.some((s) => s.outWidth !== linear.inWidth && s.outWidth !== 2 * linear.inWidth)) continue;
    downs.push({ node, linear, gated });
  }
  return downs.sort((a, b) => flow.position.get(a.linear.product)! - flow.position.get(b.linear.product)!);
}

/** The first value at or after the down-projection that everything passes through, made by an addition, as wide as the model. */
function residualAfter(product: string, graph: Graph, flow: Flow, hiddenSize: number, shapes: Shapes): string {
  const made = producers(graph);
  const from = flow.position.get(product)!;
  for (const [name, at] of flow.position) {
    if (at < from || !flow.cuts.has(name)) continue;
    const op = made.get(name)?.op;
    if ((op === 'Add' || op === 'Sum') && shapes.get(name)?.dims.at(-1) === hiddenSize && name !== product && !isBias(name, product, made, graph)) return name;
  }
  throw new EmendError('unsupported', `After the feed-forward product "${product}" no hidden state was found that the rest of the model reads alone.`, 'Models without one residual stream are not supported.');
}

/** An Add of a constant vector right behind the product is its bias, not the residual. */
function isBias(name: string, product: string, made: Map<string, Node>, graph: Graph): boolean {
  const add = made.get(name)!;
  const [a, b] = add.inputs as [string, string];
  const constant = graph.constants.has(a) ? a : graph.constants.has(b) ? b : undefined;
  if (constant === undefined) return false;
  const other = constant === a ? b : a;
  return other === product || throughViews(other, made) === product;
}

function throughViews(name: string, made: Map<string, Node>): string {
  let at = name;
  for (let node = made.get(at); node && VIEWS.has(node.op); node = made.get(at)) at = node.inputs[0]!;
  return at;
}

function mlpOf(down: Down, residual: string, graph: Graph, shapes: Shapes, flow: Flow, hiddenSize: number): MlpAnatomy {
  const { output, bias } = withBias(down.node, down.linear.product, graph);
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
    if (NORMS.has(node.op) && name !== residual) postNorm = true;
  }
  return { down: down.linear, key: down.linear.input, output, bias, gated: down.gated, postNorm, refusal: refusalOf(down.linear, graph, shapes, hiddenSize) };
}

function refusalOf(linear: Linear, graph: Graph, shapes: Shapes, hiddenSize: number): Refusal | undefined {
  if (linear.quantised) {
    return { reason: `weight "${linear.weight}" is quantised (${linear.dtype})`, hint: 'Import the float32 or float16 export of this model to edit it; this one can be asked and checked.' };
  }
  if ((graph.constants.get(linear.weight)?.dims.length ?? 0) !== 2) {
    return { reason: `weight "${linear.weight}" holds several matrices (mixture of experts)`, hint: 'Emend edits dense models.' };
  }
  const readers = weightReaders(graph, linear.weight);
  if (readers > 1) {
    return { reason: `weight "${linear.weight}" is shared by ${readers} operations, so that editing it would change them all`, hint: 'Export the model without weight deduplication.' };
  }
  if (linear.outWidth !== hiddenSize || !shapes.has(linear.input)) return { reason: `weight "${linear.weight}" could not be measured`, hint: 'Please report the exporter and its version.' };
  return undefined;
}

/** How many operations use a constant, looking through casts and transposes. */
function weightReaders(graph: Graph, weight: string): number {
  const readers = consumers(graph);
  let count = 0;
  const queue = [weight];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    for (const node of readers.get(name) ?? []) {
      if (['Cast', 'Transpose', 'Identity'].includes(node.op)) queue.push(node.outputs[0]!);
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

function refuseExperts(found: string): EmendError {
  return new EmendError('unsupported', `This is a mixture-of-experts model (${found}).`, 'Emend edits dense models; choose a dense variant of this family.');
}
