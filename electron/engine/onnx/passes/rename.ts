import type { Attribute, Graph, Node } from '../graph.ts';

/** A node with every name in it replaced, those inside its subgraphs too. Empty names (left-out optionals) stay empty. */
export function renameNode(node: Node, rename: (name: string) => string): Node {
  const each = (name: string): string => (name === '' ? '' : rename(name));
  return {
    ...node,
    inputs: node.inputs.map(each),
    outputs: node.outputs.map(each),
    attributes: mapSubgraphs(node.attributes, (graph) => renameGraph(graph, each)),
  };
}

/** Attributes with every subgraph replaced; the same object when there is none. */
export function mapSubgraphs(
  attributes: Readonly<Record<string, Attribute>>,
  change: (graph: Graph) => Graph,
): Readonly<Record<string, Attribute>> {
  if (!Object.values(attributes).some((a) => a.type === 'graph')) return attributes;
  return Object.fromEntries(
    Object.entries(attributes).map(([key, a]) => [key, a.type === 'graph' ? { type: 'graph', value: change(a.value) } : a]),
  );
}

/** A node with every subgraph replaced; the same node when there is none. */
export function mapNodeSubgraphs(node: Node, change: (graph: Graph) => Graph): Node {
  const attributes = mapSubgraphs(node.attributes, change);
  return attributes === node.attributes ? node : { ...node, attributes };
}

/** Every name that a graph defines: inputs, constants, node outputs, and those of its subgraphs. */
export function definedNames(graph: Graph, into = new Set<string>()): Set<string> {
  for (const input of graph.inputs) into.add(input.name);
  for (const name of graph.constants.keys()) into.add(name);
  for (const node of graph.nodes) {
    for (const output of node.outputs) if (output !== '') into.add(output);
    for (const attribute of Object.values(node.attributes)) if (attribute.type === 'graph') definedNames(attribute.value, into);
  }
  return into;
}

/** `name`, or `name` with the first number after it that makes it new; the answer is added to `taken`. */
export function uniqueName(name: string, taken: Set<string>): string {
  let free = name;
  for (let i = 1; taken.has(free); i++) free = `${name}_${i}`;
  taken.add(free);
  return free;
}

/** Nodes whose own names (not those of their values) occur once each, which ONNX Runtime insists on; unnamed ones stay so. */
export function withUniqueTitles(nodes: readonly Node[]): Node[] {
  const taken = new Set<string>();
  return nodes.map((node) => {
    const name = node.name === '' ? '' : uniqueName(node.name, taken);
    return name === node.name ? node : { ...node, name };
  });
}

function renameGraph(graph: Graph, rename: (name: string) => string): Graph {
  return {
    name: graph.name,
    inputs: graph.inputs.map((value) => ({ ...value, name: rename(value.name) })),
    outputs: graph.outputs.map((value) => ({ ...value, name: rename(value.name) })),
    nodes: graph.nodes.map((node) => renameNode(node, rename)),
    constants: new Map([...graph.constants].map(([name, tensor]) => [rename(name), tensor])),
  };
}
