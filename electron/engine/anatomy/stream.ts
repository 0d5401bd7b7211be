import { consumers, type Graph, type Node, producers } from '../onnx/graph.ts';
import { traitsOf } from '../onnx/op-traits.ts';
import type { Flow } from './flow.ts';
import { throughViews } from './linears.ts';

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
  if (activations.length !== 1) return false;
  const { scales, holds } = traitsOf(node);
  return scales === true || holds === 'same';
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
  const bare = (name: string) => throughViews(name, made);
  const [before, ends] = [bare(block.before), { attention: bare(block.attention), mlp: bare(block.mlp) }];
  const terms = sumTerms(block.after, [before, ends.attention, ends.mlp], made, flow);
  const from = (output: string) => terms.filter((term) => comesFrom(term, output, [before, ends.attention, ends.mlp], made, flow));
  const mlp = from(ends.mlp);
  const attention = from(ends.attention).filter((term) => !mlp.includes(term));
  const isStream = terms.filter((term) => bare(term) === before).length === 1;
  if (terms.length !== 3 || !isStream || mlp.length !== 1 || attention.length !== 1) return undefined;
  return { attention: attention[0]!, mlp: mlp[0]! };
}

/** Within the sum behind a block: the sum of the state before it and what attention adds, and nothing else. */
export function middleState(
  graph: Graph,
  flow: Flow,
  after: string,
  { before, attention }: { readonly before: string; readonly attention: string },
): string | undefined {
  const made = producers(graph);
  const bare = (name: string) => throughViews(name, made);
  const wanted = [bare(before), bare(attention)].sort().join();
  const queue = [after];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    const node = made.get(bare(name));
    if (node?.op !== 'Add' || !node.inputs.every((input) => flow.position.has(input))) continue;
    if (node.inputs.map(bare).sort().join() === wanted) return node.outputs[0];
    queue.push(...node.inputs);
  }
  return undefined;
}

/** The terms of a sum, looking through reshapes and casts; `ends` are terms whatever makes them. */
function sumTerms(name: string, ends: readonly string[], made: ReadonlyMap<string, Node>, flow: Flow): string[] {
  const bare = throughViews(name, made);
  const node = made.get(bare);
  if (ends.includes(bare) || node?.op !== 'Add' || !node.inputs.every((input) => flow.position.has(input))) return [name];
  return node.inputs.flatMap((input) => sumTerms(input, ends, made, flow));
}

/** Whether a term is computed from one of the ends without passing through another. */
function comesFrom(term: string, end: string, ends: readonly string[], made: ReadonlyMap<string, Node>, flow: Flow): boolean {
  const queue = [term];
  const seen = new Set(queue);
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (name === end) return true;
    if (ends.includes(name)) continue;
    for (const input of made.get(name)?.inputs ?? []) {
      if (!flow.position.has(input) || seen.has(input)) continue;
      seen.add(input);
      queue.push(input);
    }
  }
  return false;
}
