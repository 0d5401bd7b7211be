import { GraphBuilder } from '../onnx/build.ts';
import { copyGraph, type Graph, type Node } from '../onnx/graph.ts';
import { isListed, opName, traitsOf } from '../onnx/op-traits.ts';

/**
 * A graph whose products read weights of their own where something else reads them too, as rows are gathered from a table that is also the
 * unembedding: another constant over the same bytes of the file. ONNX Runtime lets go of a repacked weight's file only when nothing but
 * products read it, and would hold the table twice.
 */
export function weightsApart(graph: Graph): Graph {
  const elsewhere = new Set(graph.nodes.flatMap((node) => node.inputs.filter((_, at) => at !== weightOf(node))));
  const isShared = (name: string) => elsewhere.has(name) && graph.constants.get(name)?.data.kind === 'file';
  const copy = copyGraph(graph);
  const builder = new GraphBuilder(copy, 'repacked');
  const own = new Map<string, string>();
  const apart = (name: string) => {
    if (!own.has(name)) {
      own.set(name, builder.fresh(name));
      copy.constants.set(own.get(name)!, graph.constants.get(name)!);
    }
    return own.get(name)!;
  };
  copy.nodes = graph.nodes.map((node) => {
    const at = weightOf(node);
    if (at === undefined || !isShared(node.inputs[at] ?? '')) return node;
    return { ...node, inputs: node.inputs.map((input, i) => (i === at ? apart(input) : input)) };
  });
  return copy;
}

/** Which input of a product is its weight. */
function weightOf(node: Node): number | undefined {
  return isListed(opName(node)) ? traitsOf(node).product?.weight : undefined;
}
