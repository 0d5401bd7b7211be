import { GraphBuilder } from '../build.ts';
import { copyGraph, intsAttribute } from '../graph.ts';
import type { Graph, Model, Node } from '../graph.ts';
import { mapNodeSubgraphs } from './rename.ts';

/** The standard opset that the other passes, autodiff and injections are written for; higher ones are fine. */
export const LOWEST_OPSET = 18;

/**
 * Brings standard opsets 13–17 to 18: the axes of reductions become an input, and a Split without sizes says into how many parts.
 * Nothing else changed meaning in between for what decoders use. Higher opsets are left as they are.
 */
export function raiseOpset(model: Model): Model {
  const from = model.opsets.get('');
  if (from === undefined || from >= LOWEST_OPSET) return model;
  return { ...model, opsets: new Map(model.opsets).set('', LOWEST_OPSET), graph: raise(model.graph, 'opset18') };
}

/** @param prefix differs per subgraph, whose new names must not hide outer ones */
function raise(graph: Graph, prefix: string): Graph {
  const out = copyGraph(graph);
  const b = new GraphBuilder(out, prefix);
  out.nodes = graph.nodes.map((node) => {
    const inner = mapNodeSubgraphs(node, (g) => raise(g, `${prefix}/${node.outputs[0]}/${g.name}`));
    return node.domain === '' ? raised(inner, b) : inner;
  });
  return out;
}

/** Ops whose axes became their second input in opset 18 (ReduceSum had it before). */
const REDUCTIONS = new Set([
  'ReduceMean',
  'ReduceMax',
  'ReduceMin',
  'ReduceProd',
  'ReduceL1',
  'ReduceL2',
  'ReduceLogSum',
  'ReduceLogSumExp',
  'ReduceSumSquare',
]);

function raised(node: Node, b: GraphBuilder): Node {
  const axes = REDUCTIONS.has(node.op) ? intsAttribute(node, 'axes') : undefined;
  if (axes) {
    const attributes = Object.fromEntries(Object.entries(node.attributes).filter(([key]) => key !== 'axes'));
    return { ...node, inputs: [node.inputs[0]!, b.ints(axes)], attributes };
  }
  if (node.op === 'Split' && (node.inputs[1] ?? '') === '') {
    return { ...node, attributes: { ...node.attributes, num_outputs: { type: 'int', value: node.outputs.length } } };
  }
  return node;
}
