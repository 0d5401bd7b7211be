import { type Graph, type Node, producers, reads, type Shapes } from '../onnx/graph.ts';
import { isView, type OpTraits, traitsOf } from '../onnx/op-traits.ts';

const HALF_OR_FLOAT = new Set(['float32', 'float16', 'bfloat16', 'float64']);
/** The activations between the token embedding and the logits, in the order in which they are computed. */
export interface Flow {
  /** Value → position in the sweep; the embedding is 0. */
  readonly position: ReadonlyMap<string, number>;
  /** Values through which everything passes on its way from embedding to logits. */
  readonly cuts: ReadonlySet<string>;
  readonly embedding: string;
}

/** Follows activations from the embedding of `ids` to `logits` and finds the cut vertices (reference: single-edge sweep). */
export function followFlow(graph: Graph, ids: string, logits: string, shapes: Shapes): Flow | undefined {
  const embedding = embeddingOf(graph, ids, shapes);
  if (embedding === undefined) return undefined;
  const isFloat = (name: string) => HALF_OR_FLOAT.has(shapes.get(name)?.dtype ?? '');
  const down = new Set([embedding]);
  for (const node of graph.nodes) {
    if (!reads(node).some((name) => down.has(name))) continue;
    const { tells, encodes } = traitsOf(node);
    if (tells) continue;
    for (const output of node.outputs) if (isFloat(output) || encodes) down.add(output);
  }
  const up = new Set([logits]);
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((name) => up.has(name)) || traitsOf(node).tells) continue;
    for (const input of reads(node)) if (down.has(input)) up.add(input);
  }
  const position = new Map([[embedding, 0]]);
  for (const node of graph.nodes)
    for (const output of node.outputs) if (down.has(output) && up.has(output) && output !== embedding) position.set(output, position.size);
  return { position, cuts: cutVertices(graph, position), embedding };
}

/** v is a cut when no edge a → b jumps over it. */
function cutVertices(graph: Graph, position: ReadonlyMap<string, number>): Set<string> {
  // furthest[i]: the last position that a value at a position ≤ i feeds.
  const furthest = new Array<number>(position.size).fill(0);
  for (const node of graph.nodes) {
    const targets = node.outputs.map((o) => position.get(o)).filter((p) => p !== undefined);
    if (targets.length === 0 || traitsOf(node).tells) continue;
    const target = Math.max(...targets);
    for (const input of reads(node)) {
      const from = position.get(input);
      if (from !== undefined) furthest[from] = Math.max(furthest[from]!, target);
    }
  }
  const cuts = new Set<string>();
  let reach = 0;
  for (const [name, at] of position) {
    if (reach <= at) cuts.add(name);
    reach = Math.max(reach, furthest[at]!);
  }
  return cuts;
}

/** Whether a node is a norm, or the part of a norm written out that takes the mean. */
export function isNorm(node: Node): boolean {
  const { norm, mean } = traitsOf(node);
  return norm === true || mean === true;
}

/** The first float value selected by the ids, from a table that may be quantised. */
function embeddingOf(graph: Graph, ids: string, shapes: Shapes): string | undefined {
  const aliases = new Set([ids]);
  const coded = new Set<string>();
  for (const node of graph.nodes) {
    if (coded.has(node.inputs[0]!) && traitsOf(node).decodes) return node.outputs[0];
    if (!node.inputs.some((i) => aliases.has(i))) continue;
    const traits = traitsOf(node);
    if (isView(traits) && aliases.has(node.inputs[0]!)) aliases.add(node.outputs[0]!);
    if (node.op === 'Gather' && aliases.has(node.inputs[1]!)) {
      if (HALF_OR_FLOAT.has(shapes.get(node.outputs[0]!)?.dtype ?? '')) return node.outputs[0];
      coded.add(node.outputs[0]!);
    }
    if (traits.embeds) return node.outputs[0];
  }
  return undefined;
}

/** A down-projection's backward cone: the linears it ends at, or undefined when it ends at anything else. */
export function pointwiseCone(
  from: string,
  made: ReadonlyMap<string, Node>,
  isLinear: (node: Node) => boolean,
  isActivation: (name: string) => boolean,
): { sources: Set<Node>; bends: boolean } | undefined {
  const sources = new Set<Node>();
  const visited = new Set<string>();
  const queue = [from];
  let bends = false;
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (visited.has(name)) continue;
    visited.add(name);
    if (!isActivation(name)) continue; // a constant, a mask or a shape
    const node = made.get(name);
    if (!node) return undefined;
    if (isLinear(node)) {
      sources.add(node);
      continue;
    }
    const traits = traitsOf(node);
    if (!keepsPlaces(traits)) return undefined;
    bends ||= traits.bends === true;
    queue.push(...node.inputs.filter((i) => i !== ''));
  }
  return { sources, bends };
}

/**
 * Whether each element of the result comes from the elements in one place of the operands; where rows are cut or counted anew is no matter.
 */
function keepsPlaces(traits: OpTraits): boolean {
  const { holds, pointwise, chooses, trainingOnly, encodes, decodes, product, ranges } = traits;
  if (product || ranges) return false;
  return isView(traits) || holds === 'part' || [pointwise, chooses, trainingOnly, encodes, decodes].includes(true);
}

/** What a norm's result was normalised from, whether the norm is one operation or written out; undefined for what no norm made. */
export function beforeNorm(result: string, graph: Graph, flow: Flow): string | undefined {
  const made = producers(graph);
  const isActivation = (name: string) => flow.position.has(name);
  const queue = [result];
  const seen = new Set(queue);
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    const node = made.get(name);
    if (!node || !isActivation(name)) continue;
    const { norm, mean } = traitsOf(node);
    if (norm === true) return node.inputs[0]!;
    if (mean === true) return squared(node.inputs[0]!, made);
    if (!keepsPlaces(traitsOf(node))) continue;
    for (const input of node.inputs) {
      if (!seen.has(input)) queue.push(input);
      seen.add(input);
    }
  }
  return undefined;
}

/** What a square was made of: the mean of a norm that is written out is taken of squares, or of the value itself. */
function squared(name: string, made: ReadonlyMap<string, Node>): string {
  const node = made.get(name);
  const isSquare = node?.op === 'Pow' || (node?.op === 'Mul' && node.inputs[0] === node.inputs[1]);
  return isSquare ? node.inputs[0]! : name;
}
