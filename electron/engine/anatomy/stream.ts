import { consumers, type Graph, type Node, producers } from '../onnx/graph.ts';
import type { Flow } from './flow.ts';

/** The output of the token embedding behind its scale, where a model has one (Gemma): a product with a constant that nothing else reads. */
export function tokenEmbedding(graph: Graph, flow: Flow): string {
  const readers = consumers(graph);
  let at = flow.embedding;
  for (;;) {
    const [only, ...others] = (readers.get(at) ?? []).filter((node) => flow.position.has(node.outputs[0]!));
    if (!only || others.length > 0 || !isScale(only, flow)) return at;
    at = only.outputs[0]!;
  }
}

function isScale(node: Node, flow: Flow): boolean {
  const activations = node.inputs.filter((input) => flow.position.has(input));
  return activations.length === 1 && (node.op === 'Mul' || node.op === 'Cast' || node.op === 'Identity');
}

/**
 * What a block adds to its hidden state: the terms of the sum behind it, told apart by what they come from.
 * @returns undefined when the block is no sum of the state before it, one term of attention and one of the MLP
 */
export function addedParts(
  graph: Graph,
  flow: Flow,
  block: { readonly before: string; readonly after: string; readonly attention: string; readonly mlp: string },
): { attention: string; mlp: string } | undefined {
  const made = producers(graph);
  const terms = sumTerms(block.after, block, made, flow);
  const from = (output: string) => terms.filter((term) => term === output || comesFrom(term, output, block, made, flow));
  const mlp = from(block.mlp);
  const attention = from(block.attention).filter((term) => !mlp.includes(term));
  const stream = terms.filter((term) => term === block.before);
  if (terms.length !== 3 || stream.length !== 1 || mlp.length !== 1 || attention.length !== 1) return undefined;
  return { attention: attention[0]!, mlp: mlp[0]! };
}

function sumTerms(
  name: string,
  block: { before: string; attention: string; mlp: string },
  made: ReadonlyMap<string, Node>,
  flow: Flow,
): string[] {
  const node = made.get(name);
  const isTerm = [block.before, block.attention, block.mlp].includes(name);
  if (isTerm || node?.op !== 'Add' || !node.inputs.every((input) => flow.position.has(input))) return [name];
  return node.inputs.flatMap((input) => sumTerms(input, block, made, flow));
}

/** Whether a term is computed from an output of the block, without passing through another term on the way. */
function comesFrom(
  term: string,
  output: string,
  block: { before: string; attention: string; mlp: string },
  made: ReadonlyMap<string, Node>,
  flow: Flow,
): boolean {
  const stops = new Set([block.before, block.attention, block.mlp].filter((one) => one !== output));
  const queue = [term];
  const seen = new Set(queue);
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (name === output) return true;
    if (stops.has(name)) continue;
    for (const input of made.get(name)?.inputs ?? []) {
      if (!flow.position.has(input) || seen.has(input)) continue;
      seen.add(input);
      queue.push(input);
    }
  }
  return false;
}
