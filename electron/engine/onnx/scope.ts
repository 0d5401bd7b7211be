import { EmendError } from '../../../shared/errors.ts';
import type { Attribute, Graph, Node } from './graph.ts';

/**
 * Checks the names of a graph and its subgraphs and puts every node list into topological order (kept where it already is).
 * Every name is defined once, and a subgraph defines none that it can see outside; every name read is defined before.
 *
 * @throws EmendError `bad-file` for a name that is defined twice or never, and for nodes that wait for each other
 */
export function settleGraph(graph: Graph): Graph {
  const { graph: settled, outer } = settle(graph, []);
  const [name, reader] = firstOf(outer) ?? [];
  if (name !== undefined) throw bad(`${reader} reads "${name}", which nothing defines`);
  return settled;
}

/** The same for the body of a function, which sees only its inputs. */
export function settleNodes(nodes: readonly Node[], inputs: readonly string[], outputs: readonly string[], what: string): Node[] {
  const asValue = (name: string) => ({ name, dtype: 'other' as const, dims: undefined });
  const graph = { name: what, inputs: inputs.map(asValue), outputs: outputs.map(asValue), nodes: [...nodes], constants: new Map() };
  return settleGraph(graph).nodes;
}

/** Name → who reads it, for messages. */
type Reads = Map<string, string>;

/** The names that each graph around a subgraph lets it read. Not merged into one set: hostile files have thousands of subgraphs. */
type Scopes = readonly ReadonlySet<string>[];

function settle(graph: Graph, around: Scopes): { graph: Graph; outer: Reads } {
  const own = new Set<string>();
  const define = (name: string, by: string) => {
    if (own.has(name) || around.some((names) => names.has(name))) throw bad(`${by} defines "${name}", which is defined already`);
    own.add(name);
  };
  for (const name of graph.constants.keys()) define(name, 'A constant');
  for (const input of graph.inputs) define(input.name, 'A graph input');
  const made = new Map<string, number>();
  graph.nodes.forEach((node, i) => {
    for (const output of node.outputs) {
      if (output === '') continue;
      define(output, title(node));
      made.set(output, i);
    }
  });

  // a branch may define the very names that the If puts out, so it sees what stands before its node only
  const visible = new Set([...graph.constants.keys(), ...graph.inputs.map((input) => input.name)]);
  const outer: Reads = new Map();
  const settled: Node[] = [];
  const waits: Set<number>[] = [];
  for (const node of graph.nodes) {
    const { node: done, reads } = settleNode(node, [...around, visible]);
    const before = new Set<number>();
    for (const [name, reader] of reads) {
      const maker = made.get(name);
      if (maker !== undefined) before.add(maker);
      else if (!own.has(name)) outer.set(name, reader);
    }
    for (const output of node.outputs) visible.add(output);
    settled.push(done);
    waits.push(before);
  }
  for (const output of graph.outputs) if (!own.has(output.name)) outer.set(output.name, `The output list of graph "${graph.name}"`);
  return { graph: { ...graph, nodes: inOrder(settled, waits) }, outer };
}

function settleNode(node: Node, visible: Scopes): { node: Node; reads: Reads } {
  const reads: Reads = new Map();
  for (const input of node.inputs) if (input !== '') reads.set(input, title(node));
  if (!hasSubgraph(node)) return { node, reads };
  const attributes = Object.entries(node.attributes).map(([name, attribute]): [string, Attribute] => {
    if (attribute.type !== 'graph') return [name, attribute];
    const inner = settle(attribute.value, visible);
    for (const [outer, reader] of inner.outer) if (!reads.has(outer)) reads.set(outer, reader);
    return [name, { type: 'graph', value: inner.graph }];
  });
  return { node: { ...node, attributes: Object.fromEntries(attributes) }, reads };
}

/** Nodes so that each comes after those it waits for; in the given order if that is one already. */
function inOrder(nodes: readonly Node[], waits: readonly ReadonlySet<number>[]): Node[] {
  if (waits.every((before, i) => [...before].every((j) => j < i))) return [...nodes];
  const open = waits.map((before) => before.size);
  const next: number[][] = nodes.map(() => []);
  waits.forEach((before, i) => before.forEach((j) => next[j]!.push(i)));
  const order = open.flatMap((count, i) => (count === 0 ? [i] : []));
  for (let head = 0; head < order.length; head++) {
    for (const i of next[order[head]!]!) if (--open[i]! === 0) order.push(i);
  }
  if (order.length < nodes.length) {
    const stuck = nodes.filter((_, i) => open[i]! > 0).slice(0, 3);
    throw bad(`The graph has a cycle: ${stuck.map(title).join(', ')} wait for each other`);
  }
  return order.map((i) => nodes[i]!);
}

function hasSubgraph(node: Node): boolean {
  return Object.values(node.attributes).some((attribute) => attribute.type === 'graph');
}

function title(node: Node): string {
  const name = node.name !== '' ? node.name : (node.outputs.find((o) => o !== '') ?? '');
  return `Node "${name}" (${node.op})`;
}

function firstOf(reads: Reads): [string, string] | undefined {
  for (const entry of reads) return entry;
  return undefined;
}

function bad(message: string): EmendError {
  return new EmendError('bad-file', message, 'The file is damaged or was not made by a known exporter. Export the model again.');
}
