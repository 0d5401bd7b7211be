import { EmendError } from '../../../shared/errors.ts';
import { consumers, type Graph, intAttribute, intsAttribute, type Node, producers, type Shapes } from '../onnx/graph.ts';
import type { Linear } from './types.ts';

const THROUGH = new Set(['Transpose', 'Cast', 'Identity', 'DequantizeLinear']);
/** Products with quantised weights, and which operand the weight is. */
const QUANTISED: Readonly<Record<string, number>> = {
  MatMulNBits: 1,
  MatMulBnb4: 1,
  MatMulInteger: 1,
  DynamicQuantizeMatMul: 1,
  MatMulIntegerToFloat: 1,
  QLinearMatMul: 3,
  QGemm: 3,
};
/** What turns such a product's whole numbers back into activations, operation by operation. */
const DECODED: Readonly<Record<string, readonly string[]>> = {
  MatMulInteger: ['Cast', 'Mul'],
  QLinearMatMul: ['DequantizeLinear'],
  QGemm: ['DequantizeLinear'],
};

/** Matrix products with a constant weight, by the node that makes the product as activations, in topological order. */
export function findLinears(graph: Graph, shapes: Shapes): Map<Node, Linear> {
  const made = producers(graph);
  const readers = consumers(graph);
  const found = new Map<Node, Linear>();
  for (const node of graph.nodes) {
    const linear = node.op in QUANTISED ? quantisedLinear(node, graph, made, readers, shapes) : linearOf(node, graph, made);
    if (linear) found.set(made.get(linear.product)!, linear);
  }
  return found;
}

function quantisedLinear(
  node: Node,
  graph: Graph,
  made: Map<string, Node>,
  readers: Map<string, Node[]>,
  shapes: Shapes,
): Linear | undefined {
  const weight = node.inputs[QUANTISED[node.op]!] ?? '';
  const dtype = graph.constants.get(weight)?.dtype;
  if (dtype === undefined) return undefined;
  const maker = made.get(node.inputs[0]!);
  const input = maker && ['DynamicQuantizeLinear', 'QuantizeLinear'].includes(maker.op) ? maker.inputs[0]! : node.inputs[0]!;
  let product = node.outputs[0]!;
  for (const op of DECODED[node.op] ?? []) product = readers.get(product)?.find((n) => n.op === op)?.outputs[0] ?? product;
  const inWidth = intAttribute(node, 'K', shapes.get(input)?.dims.at(-1) ?? 0);
  const outWidth = intAttribute(node, 'N', shapes.get(product)?.dims.at(-1) ?? 0);
  return {
    input,
    product,
    weight,
    layout: node.op.endsWith('Bits') || node.op.endsWith('Bnb4') ? 'out-in' : 'in-out',
    inWidth,
    outWidth,
    dtype,
    quantised: true,
  };
}

function linearOf(node: Node, graph: Graph, made: Map<string, Node>): Linear | undefined {
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
    product: node.outputs[0]!,
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

const VIEWS = new Set(['Reshape', 'Cast', 'Identity', 'Squeeze', 'Unsqueeze', 'Dropout', 'Flatten']);

/** The value that another one is only a reshaped or cast form of. */
export function throughViews(name: string, made: ReadonlyMap<string, Node>): string {
  let at = name;
  for (let node = made.get(at); node && VIEWS.has(node.op); node = made.get(at)) at = node.inputs[0]!;
  return at;
}

/** The last linear whose width is the logits' width. @throws EmendError 'unsupported' when there is none */
export function findUnembedding(graph: Graph, linears: Map<Node, Linear>, logits: string, shapes: Shapes): Linear {
  const vocabulary = shapes.get(logits)?.dims.at(-1);
  const last = [...linears.values()].filter((l) => l.outWidth === vocabulary).at(-1);
  if (!last)
    throw noUnembedding(
      `the output "${logits}" has width ${vocabulary ?? 'unknown'}, and no matrix product with a constant weight makes it (${graph.nodes.length} nodes, ${linears.size} such products)`,
    );
  return last;
}

export function noUnembedding(found: string): EmendError {
  return new EmendError(
    'unsupported',
    `No projection onto the vocabulary was found: ${found}.`,
    'Export the model with its language-modelling head (task text-generation).',
  );
}

/** The product with its bias added, and the bias' name: inside a Gemm, or by an Add right behind. */
export function withBias(node: Node, product: string, graph: Graph): { output: string; bias: string | undefined } {
  if (node.op === 'Gemm') return { output: product, bias: node.inputs[2] ? constantBehind(node.inputs[2], graph) : undefined };
  const next = consumers(graph).get(product) ?? [];
  const add = next.length === 1 && next[0]!.op === 'Add' ? next[0]! : undefined;
  const bias = add?.inputs.find((i) => i !== product);
  const base = bias === undefined ? undefined : constantBehind(bias, graph);
  return add && base !== undefined ? { output: add.outputs[0]!, bias: base } : { output: product, bias: undefined };
}

/** The constant that a value is, or is a cast of. */
export function constantBehind(name: string, graph: Graph): string | undefined {
  const made = producers(graph);
  let at = name;
  for (let node = made.get(at); node && ['Cast', 'Identity'].includes(node.op); node = made.get(at)) at = node.inputs[0]!;
  return graph.constants.has(at) ? at : undefined;
}
