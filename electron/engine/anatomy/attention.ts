import { consumers, type Graph, type Node, producers, type Shapes } from '../onnx/graph.ts';
import { isView, traitsOf } from '../onnx/op-traits.ts';
import type { Inputs } from '../runtime/inputs.ts';
import type { Flow } from './flow.ts';
import { withBias } from './linears.ts';
import { findProjected } from './projections.ts';
import type { AttentionAnatomy, Linear } from './types.ts';

/** Attention parts in order: from each Softmax through the product with the values to the output projection. */
export function findAttention(
  graph: Graph,
  linears: Map<Node, Linear>,
  flow: Flow,
  shapes: Shapes,
  inputs: Inputs,
  hiddenSize: number,
): AttentionAnatomy[] {
  const readers = consumers(graph);
  const made = producers(graph);
  const found: AttentionAnatomy[] = [];
  for (const node of graph.nodes) {
    if (!flow.position.has(node.outputs[0]!)) continue;
    const start =
      node.op === 'Softmax'
        ? next(node.outputs[0]!, readers, (n) => n.op === 'MatMul' && !linears.has(n))
        : traitsOf(node).attention // fused, and not expanded by the analysis copy
          ? node
          : undefined;
    if (!start) continue;
    const projection = next(start.outputs[0]!, readers, (n) => linears.get(n)?.outWidth === hiddenSize);
    const linear = projection && linears.get(projection);
    if (!linear) continue;
    const mixedWidth = linear.inWidth;
    const headWidth = node.op === 'Softmax' ? (shapes.get(start.outputs[0]!)?.dims.at(-1) ?? mixedWidth) : mixedWidth / headsOf(node);
    const { output } = withBias(made.get(linear.product)!, linear.product, graph);
    found.push({
      heads: Math.round(mixedWidth / headWidth),
      headWidth,
      cachedHeads: inputs.past[0]?.heads,
      mixed: linear.input,
      projection: linear,
      pattern: node.op === 'Softmax' ? node.outputs[0] : undefined,
      projected: node.op === 'Softmax' ? findProjected({ softmax: node, mixing: start }, graph, linears, flow) : {},
      output,
    });
  }
  return found;
}

function headsOf(node: Node): number {
  const heads = node.attributes['num_heads'] ?? node.attributes['q_num_heads'];
  return heads?.type === 'int' ? heads.value : 1;
}

/** Views, transposes, NaN guards, scalings, and what codes or decodes. */
function passes(node: Node): boolean {
  const traits = traitsOf(node);
  const { holds, trainingOnly, scales, chooses, encodes, decodes } = traits;
  return isView(traits) || holds === 'transposed' || [trainingOnly, scales, chooses, encodes, decodes].includes(true);
}

/** The first node downstream that fits, looking only through what {@link passes}. */
function next(from: string, readers: Map<string, Node[]>, fits: (node: Node) => boolean): Node | undefined {
  const queue = [from];
  const visited = new Set(queue);
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    for (const node of readers.get(name) ?? []) {
      if (fits(node)) return node;
      if (!passes(node) || visited.has(node.outputs[0]!)) continue;
      visited.add(node.outputs[0]!);
      queue.push(node.outputs[0]!);
    }
  }
  return undefined;
}
