import { EmendError } from '../../../shared/errors.ts';
import { consumers, type Graph, intAttribute, intsAttribute, type Node, producers, type Shapes } from '../onnx/graph.ts';
import type { Linear } from './types.ts';

const THROUGH = new Set(['Transpose', 'Cast', 'Identity', 'DequantizeLinear']);
const QUANTISED = new Set(['MatMulNBits', 'MatMulBnb4', 'MatMulInteger', 'DynamicQuantizeMatMul', 'MatMulIntegerToFloat', 'QLinearMatMul']);

/** Matrix products with a constant weight, by node, in topological order. */
export function findLinears(graph: Graph, shapes: Shapes): Map<Node, Linear> {
  const made = producers(graph);
  const found = new Map<Node, Linear>();
  for (const node of graph.nodes) {
    const linear = linearOf(node, graph, made, shapes);
    if (linear) found.set(node, linear);
  }
  return found;
}

function linearOf(node: Node, graph: Graph, made: Map<string, Node>, shapes: Shapes): Linear | undefined {
  const output = node.outputs[0]!;
  if (QUANTISED.has(node.op)) {
    const k = intAttribute(node, 'K', shapes.get(node.inputs[0]!)?.dims.at(-1) ?? 0);
    const n = intAttribute(node, 'N', shapes.get(output)?.dims.at(-1) ?? 0);
    const weight = node.inputs.slice(1).find((name) => graph.constants.has(name));
    if (weight === undefined) return undefined;
    return { input: node.inputs[0]!, product: output, weight, layout: 'out-in', inWidth: k, outWidth: n, dtype: graph.constants.get(weight)!.dtype, quantised: true };
  }
  if (!['MatMul', 'Gemm', 'FusedMatMul'].includes(node.op)) return undefined;
  let flipped = intAttribute(node, 'transB', 0) === 1;
  let name = node.inputs[1]!;
  let quantised = false;
  for (let maker = made.get(name); maker && THROUGH.has(maker.op); maker = made.get(name)) {
    if (maker.op === 'Transpose' && swapsLastTwo(intsAttribute(maker, 'perm'))) flipped = !flipped;
    if (maker.op === 'DequantizeLinear') quantised = true;
    name = maker.inputs[0]!;
  }
  const weight = graph.constants.get(name);
  if (!weight || weight.dims.length < 2) return undefined;
  if (intAttribute(node, 'transA', 0) === 1) return undefined;
  const [rows, columns] = weight.dims.slice(-2) as [number, number];
  return {
    input: node.inputs[0]!,
    product: output,
    weight: name,
    layout: flipped ? 'out-in' : 'in-out',
    inWidth: flipped ? columns : rows,
    outWidth: flipped ? rows : columns,
    dtype: weight.dtype,
    quantised: quantised || !['float32', 'float16', 'bfloat16', 'float64'].includes(weight.dtype),
  };
}

function swapsLastTwo(perm: readonly number[] | undefined): boolean {
  if (!perm) return true;
  const n = perm.length;
  return perm[n - 1] === n - 2 && perm[n - 2] === n - 1;
}

/** The last linear whose width is the logits' width. */
export function findUnembedding(graph: Graph, linears: Map<Node, Linear>, logits: string, shapes: Shapes): Linear {
  const vocabulary = shapes.get(logits)?.dims.at(-1);
  const last = [...linears.values()].filter((l) => l.outWidth === vocabulary).at(-1);
  if (!last) {
    throw new EmendError('unsupported', `No projection onto the vocabulary was found: the output "${logits}" has width ${vocabulary ?? 'unknown'}, and no matrix product with a constant weight makes it (${graph.nodes.length} nodes, ${linears.size} such products).`, 'Export the model with its language-modelling head (task text-generation).');
  }
  return last;
}

/** The product with its bias added, and the bias' name: inside a Gemm, or by an Add right behind. */
export function withBias(node: Node, product: string, graph: Graph): { output: string; bias: string | undefined } {
  if (node.op === 'Gemm') return { output: product, bias: node.inputs[2] || undefined };
  const next = consumers(graph).get(product) ?? [];
  const add = next.length === 1 && next[0]!.op === 'Add' ? next[0]! : undefined;
  const bias = add?.inputs.find((i) => i !== product);
  const base = bias === undefined ? undefined : constantBehind(bias, graph);
  return add && base !== undefined ? { output: add.outputs[0]!, bias: base } : { output: product, bias: undefined };
}

function constantBehind(name: string, graph: Graph): string | undefined {
  const made = producers(graph);
  let at = name;
  for (let node = made.get(at); node && ['Cast', 'Identity'].includes(node.op); node = made.get(at)) at = node.inputs[0]!;
  return graph.constants.has(at) ? at : undefined;
}
