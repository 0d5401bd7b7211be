import { GraphBuilder } from '../build.ts';
import { copyGraph, intAttribute, producers } from '../graph.ts';
import type { Graph, Node } from '../graph.ts';
import { smallInts } from './types.ts';

/**
 * Replaces SequenceAt(SplitToSequence(x, sizes), i), which torch.onnx writes for `x.split(n)` when nothing optimises it afterwards, by a
 * Slice of x.
 * Sequences made in another way, or asked for an element that is not constant, are left as they are.
 */
export function slicesFromSequences(graph: Graph): Graph {
  const out = copyGraph(graph);
  const made = producers(graph);
  const b = new GraphBuilder(out, 'slice');
  out.nodes = graph.nodes.flatMap((node) => {
    const split = node.op === 'SequenceAt' ? made.get(node.inputs[0]!) : undefined;
    const range = split?.op === 'SplitToSequence' ? rangeOf(split, smallInts(graph.constants, node.inputs[1])?.[0], graph) : undefined;
    if (!split || !range) return [node];
    const axis = intAttribute(split, 'axis', 0);
    b.node('Slice', [split.inputs[0]!, b.ints([range[0]]), b.ints([range[1]]), b.ints([axis])], node.outputs);
    return b.take();
  });
  return out;
}

/** Where element `index` starts and ends; `sizes` is one number for parts of equal size, or the size of each. */
function rangeOf(split: Node, index: number | undefined, graph: Graph): [number, number] | undefined {
  const name = split.inputs[1];
  const sizes = smallInts(graph.constants, name);
  if (index === undefined || index < 0 || name === undefined || !sizes) return undefined;
  if (graph.constants.get(name)!.dims.length === 0) return [index * sizes[0]!, (index + 1) * sizes[0]!];
  if (index >= sizes.length) return undefined;
  const start = sizes.slice(0, index).reduce((sum, size) => sum + size, 0);
  return [start, start + sizes[index]!];
}
