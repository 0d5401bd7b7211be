import { carriers, stops, withoutGradient } from '../autodiff/rules.ts';
import type { Graph, Node, Shapes } from '../onnx/graph.ts';
import { opName } from '../onnx/op-traits.ts';
import type { Anatomy } from './types.ts';

const FLOATS = new Set(['float32', 'float16', 'bfloat16', 'float64']);

/**
 * The anatomy, with layers refused behind which an operation stands that no gradient is known for: an edit there could not be worked out,
 * and that is told before it is begun.
 */
export function refuseWithoutGradient(anatomy: Anatomy, graph: Graph, shapes: Shapes): Anatomy {
  const hindered = hinderedValues(graph, anatomy.logits, shapes);
  const layers = anatomy.layers.map((layer) => {
    const node = hindered.get(layer.mlp.down.product);
    if (layer.mlp.refusal || !node) return layer;
    const refusal = {
      reason: `no gradient is known for ${withoutGradient(node)!} behind this layer (node "${node.name}")`,
      hint: 'Choose a layer behind that operation, if there is one; the model can be asked and checked.',
    };
    return { ...layer, mlp: { ...layer.mlp, refusal } };
  });
  return { ...anatomy, layers };
}

/** Values from which the logits are reached only through a node without gradient on some way, by that node. */
function hinderedValues(graph: Graph, logits: string, shapes: Shapes): Map<string, Node> {
  const isFloat = (name: string) => FLOATS.has(shapes.get(name)?.dtype ?? 'float32');
  const needed = new Set([logits]);
  const hindered = new Map<string, Node>();
  for (const node of graph.nodes.toReversed()) {
    const outputs = node.outputs.filter((name) => needed.has(name));
    if (outputs.length === 0 || stops.has(opName(node))) continue;
    const hindrance = withoutGradient(node) === undefined ? outputs.map((name) => hindered.get(name)).find((one) => one) : node;
    for (const input of carriers(node)) {
      if (!isFloat(input)) continue;
      needed.add(input);
      if (hindrance) hindered.set(input, hindrance);
    }
  }
  return hindered;
}
