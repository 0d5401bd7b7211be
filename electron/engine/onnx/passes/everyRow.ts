import { copyGraph, type Graph, type Node, producers, reads } from '../graph.ts';

/** What picks positions of a text out of its hidden states, or out of its logits. */
const PICKS: ReadonlySet<string> = new Set(['Gather', 'GatherND', 'GatherElements', 'Slice']);

/**
 * A graph that answers for every token in place of the last one alone: whatever picks a position, between the logits and the last place
 * where two values of the text meet, lets all of them through.
 * Whether the answer for the last token stays what it was, is for the caller to look at.
 * @returns undefined where nothing picks
 */
export function everyRow(graph: Graph, logits: string): { readonly graph: Graph; readonly picks: Node } | undefined {
  const made = producers(graph);
  const settled = new Set(graph.constants.keys());
  for (const node of graph.nodes)
    if (reads(node).every((name) => name === '' || settled.has(name))) for (const one of node.outputs) settled.add(one);
  let node = made.get(logits);
  while (node && !PICKS.has(node.op)) {
    const [only, ...others] = node.inputs.filter((name) => name !== '' && !settled.has(name));
    if (others.length > 0) return undefined;
    node = only === undefined ? undefined : made.get(only);
  }
  const picks = node;
  if (!picks) return undefined;
  const out = copyGraph(graph);
  const through: Node = {
    name: picks.name,
    op: 'Identity',
    domain: '',
    inputs: [picks.inputs[0]!],
    outputs: picks.outputs,
    attributes: {},
  };
  out.nodes = graph.nodes.map((one) => (one === picks ? through : one));
  return { graph: out, picks };
}
