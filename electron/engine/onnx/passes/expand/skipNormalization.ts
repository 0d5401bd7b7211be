import { float, type GraphBuilder } from '../../build.ts';
import { floatAttribute } from '../../graph.ts';
import type { Node } from '../../graph.ts';
import type { Expander } from './expander.ts';
import { optional } from './expander.ts';

/** com.microsoft SkipLayerNormalization(input, skip, γ, β, bias): the sum, which is the residual stream, and its LayerNormalization. */
export const skipLayerNormalization: Expander = (node, { b }) => {
  const sum = residual(node, b, 4);
  const beta = optional(node.inputs, 3);
  const inputs = [sum, node.inputs[2]!, ...(beta === undefined ? [] : [beta])];
  b.node('LayerNormalization', inputs, statistics(node), { axis: -1, epsilon: epsilon(node) });
  return true;
};

/** com.microsoft SkipSimplifiedLayerNormalization(input, skip, γ, bias): the same with RMS normalization. */
export const skipSimplifiedLayerNormalization: Expander = (node, { b }) => {
  // The plain op returns only the inverse deviation, in another place; nobody asks for these at inference.
  if (statistics(node).length > 1) return false;
  const sum = residual(node, b, 3);
  b.node('SimplifiedLayerNormalization', [sum, node.inputs[2]!], statistics(node), { axis: -1, epsilon: epsilon(node) });
  return true;
};

/** input + skip (+ bias), named as output 3, which the last node of a model often leaves out. */
function residual(node: Node, b: GraphBuilder, biasIndex: number): string {
  const sum = optional(node.outputs, 3) ?? b.fresh('residual');
  const [input, skip] = [node.inputs[0]!, node.inputs[1]!];
  const bias = optional(node.inputs, biasIndex);
  if (bias === undefined) b.node('Add', [input, skip], [sum]);
  else b.node('Add', [b.op('Add', [input, skip]), bias], [sum]);
  return sum;
}

/** The outputs besides the sum: normalized, mean, inverse deviation; without those left out at the end. */
function statistics(node: Node): string[] {
  const outputs = node.outputs.slice(0, 3);
  while (outputs.at(-1) === '') outputs.pop();
  return outputs;
}

/** ONNX Runtime's default for the Skip ops. */
function epsilon(node: Node) {
  return float(floatAttribute(node, 'epsilon', 1e-12));
}
