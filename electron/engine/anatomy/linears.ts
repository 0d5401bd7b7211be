import { EmendError } from '../../../shared/errors.ts';
import { consumers, type Graph, intAttribute, intsAttribute, type Node, producers, type Shapes } from '../onnx/graph.ts';
import { isView, type Product, traitsOf } from '../onnx/op-traits.ts';
import type { Linear } from './types.ts';

/** Matrix products with a constant weight, by the node that makes the product as activations, in topological order. */
export function findLinears(graph: Graph, shapes: Shapes): Map<Node, Linear> {
  const made = producers(graph);
  const readers = consumers(graph);
  const found = new Map<Node, Linear>();
  for (const node of graph.nodes) {
    const { product } = traitsOf(node);
    if (!product) continue;
    const linear = product.quantised
      ? quantisedLinear(node, product.weight, product.quantised, graph, made, readers, shapes)
      : linearOf(node, product.weight, graph, made);
    if (linear) found.set(made.get(linear.product)!, linear);
  }
  return found;
}

function quantisedLinear(
  node: Node,
  weightAt: number,
  { layout, decodedBy }: NonNullable<Product['quantised']>,
  graph: Graph,
  made: Map<string, Node>,
  readers: Map<string, Node[]>,
  shapes: Shapes,
): Linear | undefined {
  const weight = node.inputs[weightAt] ?? '';
  const dtype = graph.constants.get(weight)?.dtype;
  if (dtype === undefined) return undefined;
  const maker = made.get(node.inputs[0]!);
  const input = maker && isCoded(maker) ? maker.inputs[0]! : node.inputs[0]!;
  let product = node.outputs[0]!;
  for (const op of decodedBy) product = readers.get(product)?.find((n) => n.op === op)?.outputs[0] ?? product;
  const inWidth = intAttribute(node, 'K', shapes.get(input)?.dims.at(-1) ?? 0);
  const outWidth = intAttribute(node, 'N', shapes.get(product)?.dims.at(-1) ?? 0);
  return { input, product, weight, layout, inWidth, outWidth, dtype, quantised: true };
}

/** Whether a node only writes activations as whole numbers, for a product to take. */
function isCoded(node: Node): boolean {
  const { encodes, product } = traitsOf(node);
  return encodes === true && product === undefined;
}

function linearOf(node: Node, weightAt: number, graph: Graph, made: Map<string, Node>): Linear | undefined {
  let flipped = intAttribute(node, 'transB', 0) === 1;
  let name = node.inputs[weightAt]!;
  let quantised = false;
  for (let maker = made.get(name); maker; maker = made.get(name)) {
    const { holds, decodes } = traitsOf(maker);
    if (holds !== 'same' && holds !== 'transposed' && !decodes) break;
    if (holds === 'transposed' && swapsLastTwo(intsAttribute(maker, 'perm'))) flipped = !flipped;
    if (decodes) quantised = true;
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

/** The value that another one is only a reshaped or cast form of. */
export function throughViews(name: string, made: ReadonlyMap<string, Node>): string {
  let at = name;
  for (let node = made.get(at); node && isViewNode(node); node = made.get(at)) at = node.inputs[0]!;
  return at;
}

function isViewNode(node: Node): boolean {
  const traits = traitsOf(node);
  return isView(traits) || traits.trainingOnly === true;
}

/** The last linear whose width is the logits' width. @throws EmendError 'unsupported' when there is none */
export function findUnembedding(graph: Graph, linears: Map<Node, Linear>, logits: string, shapes: Shapes): Linear {
  const vocabulary = shapes.get(logits)?.dims.at(-1);
  const last = [...linears.values()].filter((l) => l.outWidth === vocabulary).at(-1);
  if (!last)
    throw noUnembedding(
      `the output "${logits}" has width ${vocabulary ?? 'unknown'}, and no matrix product with a constant weight makes it ` +
        `(${graph.nodes.length} nodes, ${linears.size} such products)`,
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
  for (let node = made.get(at); node && traitsOf(node).holds === 'same'; node = made.get(at)) at = node.inputs[0]!;
  return graph.constants.has(at) ? at : undefined;
}
