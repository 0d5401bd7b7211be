import { copyGraph, reads } from '../graph.ts';
import type { Graph, Node, Value } from '../graph.ts';

/**
 * Drops the nodes and constants that no output needs. The inputs stay as declared.
 * @param outputs what the graph shall return instead of its own outputs
 */
export function prune(graph: Graph, outputs: readonly Value[] = graph.outputs): Graph {
  const needed = new Set(outputs.map((o) => o.name));
  const kept: Node[] = [];
  for (let i = graph.nodes.length - 1; i >= 0; i--) {
    const node = graph.nodes[i]!;
    if (!node.outputs.some((name) => needed.has(name))) continue;
    kept.push(node);
    for (const name of reads(node)) needed.add(name);
  }
  const out = copyGraph(graph);
  out.outputs = [...outputs];
  out.nodes = kept.reverse();
  out.constants = new Map([...graph.constants].filter(([name]) => needed.has(name)));
  return out;
}
