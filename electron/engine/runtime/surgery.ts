import { EmendError } from '../../../shared/errors.ts';
import { GraphBuilder } from '../onnx/build.ts';
import { copyGraph, type DataType, type Graph, type Node, producers, type Value } from '../onnx/graph.ts';
import { traitsOf } from '../onnx/op-traits.ts';

/** An output or input whose exact dimensions the graph need not state. */
export function value(name: string, dtype: DataType = 'other', dims?: Value['dims']): Value {
  return { name, dtype, dims };
}

/** Only what the outputs need: nodes, constants and inputs; everything else is dropped. */
export function slice(graph: Graph, outputs: readonly string[]): Graph {
  const made = producers(graph);
  const needed = new Set<string>();
  const kept = new Set<Node>();
  const queue = [...outputs];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (name === '' || needed.has(name)) continue;
    needed.add(name);
    const node = made.get(name);
    if (!node || kept.has(node)) continue;
    kept.add(node);
    queue.push(...node.inputs, ...innerReads(node));
  }
  const known = new Map(graph.outputs.map((v) => [v.name, v]));
  return {
    name: graph.name,
    inputs: graph.inputs.filter((v) => needed.has(v.name)),
    outputs: outputs.map((name) => known.get(name) ?? value(name)),
    nodes: graph.nodes.filter((n) => kept.has(n)),
    constants: new Map([...graph.constants].filter(([name]) => needed.has(name))),
  };
}

function innerReads(node: Node): string[] {
  return Object.values(node.attributes).flatMap((a) =>
    a.type === 'graph' ? a.value.nodes.flatMap((n) => [...n.inputs, ...innerReads(n)]).concat(a.value.outputs.map((o) => o.name)) : [],
  );
}

/** A copy in which `name` is no longer computed but fed. */
export function feedInstead(graph: Graph, name: string, dtype: DataType, dims: Value['dims']): Graph {
  const copy = copyGraph(graph);
  copy.constants.delete(name);
  copy.nodes = copy.nodes.map((n) =>
    n.outputs.includes(name) ? { ...n, outputs: n.outputs.map((o) => (o === name ? `${name}/computed` : o)) } : n,
  );
  copy.inputs = [...copy.inputs.filter((v) => v.name !== name), value(name, dtype, dims)];
  return copy;
}

/** A value as it was before an injection and as everything behind it now sees it. */
export interface Injected {
  readonly graph: Graph;
  readonly before: string;
  readonly after: string;
}

/**
 * A copy in which rows of a value are changed on the way: at `positions` (int64 [n, rank − 1]) the vectors `vectors` (float [n, width])
 * are added or put in place of what was there. Both become inputs. A computed value keeps its name behind the change, an input in front of
 * it. @param rank of the vectors' input, where a place is no single vector: [n, …]
 */
export function inject(
  graph: Graph,
  name: string,
  inputs: { positions: string; vectors: string },
  how: 'add' | 'replace' = 'add',
  rank = 2,
): Injected {
  const copy = copyGraph(graph);
  const isInput = copy.inputs.some((v) => v.name === name);
  const before = isInput ? name : `${name}/before_${inputs.vectors}`;
  const after = isInput ? `${name}/after_${inputs.vectors}` : name;
  const change: Node = {
    name: `inject/${inputs.vectors}`,
    op: 'ScatterND',
    domain: '',
    inputs: [before, inputs.positions, inputs.vectors],
    outputs: [after],
    attributes: how === 'add' ? { reduction: { type: 'string', value: 'add' } } : {},
  };
  const renamed = (names: readonly string[], to: string) => names.map((n) => (n === name ? to : n));
  copy.nodes = isInput
    ? [change, ...copy.nodes.map((n) => (n.inputs.includes(name) ? { ...n, inputs: renamed(n.inputs, after) } : n))]
    : copy.nodes.flatMap((n) => (n.outputs.includes(name) ? [{ ...n, outputs: renamed(n.outputs, before) }, change] : [n]));
  const declare = (v: Value) => {
    if (!copy.inputs.some((i) => i.name === v.name)) copy.inputs.push(v);
  };
  declare(value(inputs.positions, 'int64', ['injected', undefined]));
  declare(value(inputs.vectors, 'float32', ['injected', ...Array.from({ length: rank - 1 }, () => undefined)]));
  return { graph: copy, before, after };
}

/**
 * Changes a computed value in place: everything behind it sees what `build` made of it, under the old name.
 * @returns the name of the value as it was, and those of what was built from it on the way
 * @throws EmendError 'failed' for a value that no node computes
 */
export function changeValue(
  graph: Graph,
  name: string,
  build: (builder: GraphBuilder, before: string) => string,
): { graph: Graph; before: string; between: string[] } {
  const copy = copyGraph(graph);
  const at = copy.nodes.findIndex((node) => node.outputs.includes(name));
  if (at === -1) throw new EmendError('failed', `No node of the graph computes "${name}", so it cannot be changed there.`);
  const builder = new GraphBuilder(copy, 'steer');
  const before = builder.fresh('before');
  builder.node('Identity', [build(builder, before)], [name]);
  const built = builder.take();
  const maker = copy.nodes[at]!;
  copy.nodes.splice(at, 1, { ...maker, outputs: maker.outputs.map((o) => (o === name ? before : o)) }, ...built);
  return { graph: copy, before, between: built.flatMap((node) => node.outputs).filter((output) => output !== name) };
}

/** Adds nodes built by `build` at the beginning of a copy, where they can only read inputs and constants, and returns what it returned. */
export function prepend<T>(graph: Graph, prefix: string, build: (builder: GraphBuilder) => T): { graph: Graph; made: T } {
  const copy = copyGraph(graph);
  const builder = new GraphBuilder(copy, prefix);
  const made = build(builder);
  copy.nodes.unshift(...builder.take());
  return { graph: copy, made };
}

/**
 * Repeats the work between two values of the builder's graph on another value in place of the first.
 * @returns what takes the place of `to`
 */
export function workBetween(builder: GraphBuilder, from: string, to: string, instead: string): string {
  const taken = new Map([[from, instead]]);
  for (const node of builder.graph.nodes) {
    if (!node.inputs.some((input) => taken.has(input))) continue;
    const outputs = builder.ops(
      node.op,
      node.inputs.map((input) => taken.get(input) ?? input),
      node.outputs.length,
      node.attributes,
      node.domain,
    );
    node.outputs.forEach((output, at) => taken.set(output, outputs[at]!));
    if (taken.has(to)) break;
  }
  return taken.get(to) ?? to;
}

/** Adds nodes built by `build` at the end of a copy and returns what it returned. */
export function extend<T>(graph: Graph, prefix: string, build: (builder: GraphBuilder) => T): { graph: Graph; made: T } {
  const copy = copyGraph(graph);
  const builder = new GraphBuilder(copy, prefix);
  const made = build(builder);
  copy.nodes.push(...builder.take());
  return { graph: copy, made };
}

/**
 * A copy whose logits are computed only for chosen rows: the unembedding's input is gathered at `rows` (int64 [n, rank − 1]) first.
 * The work behind the unembedding (bias, softcap, casts) is repeated on [n, V]; views are left out.
 * When something else stands there all logits are computed and gathered, by the same `rows`.
 * @returns the graph and the name of the [n, V] logits
 */
export function logitsAt(
  graph: Graph,
  unembeddingInput: string,
  product: string,
  logits: string,
  rows: string,
): { graph: Graph; logits: string } {
  const made = producers(graph);
  const linear = made.get(product)!;
  const chain = linear.inputs[0] === unembeddingInput ? rowwiseChain(graph, product, logits, made) : undefined;
  const copy = copyGraph(graph);
  if (!copy.inputs.some((v) => v.name === rows)) copy.inputs.push(value(rows, 'int64', ['rows', undefined]));
  const builder = new GraphBuilder(copy, 'rows');
  let at: string;
  if (chain) {
    at = builder.op('GatherND', [unembeddingInput, rows]);
    at = builder.op(linear.op, [at, ...linear.inputs.slice(1)], linear.attributes, linear.domain);
    for (const { node, from } of chain) {
      if (traitsOf(node).holds !== 'reshaped')
        at = builder.op(
          node.op,
          node.inputs.map((i) => (i === from ? at : i)),
          node.attributes,
          node.domain,
        );
    }
  } else {
    const leading = builder.op('Shape', [unembeddingInput], { end: -1 });
    const aligned = builder.op('Reshape', [logits, builder.op('Concat', [leading, builder.ints([-1])], { axis: 0 })]);
    at = builder.op('GatherND', [aligned, rows]);
  }
  copy.nodes.push(...builder.take());
  return { graph: copy, logits: at };
}

/**
 * The nodes from the product to the logits, each with the input that it goes on from; undefined unless all of them work row by row with the
 * same numbers for every row.
 */
function rowwiseChain(graph: Graph, product: string, logits: string, made: Map<string, Node>): { node: Node; from: string }[] | undefined {
  const chain: { node: Node; from: string }[] = [];
  for (let at = logits; at !== product;) {
    const node = made.get(at);
    if (!node) return undefined;
    const { holds, pointwise } = traitsOf(node);
    const isReshaped = holds === 'reshaped';
    const varying = isReshaped ? node.inputs.slice(0, 1) : node.inputs.filter((i) => i !== '' && !isVector(graph, i, made));
    if (varying.length !== 1 || !(isReshaped || holds === 'same' || pointwise)) return undefined;
    chain.unshift({ node, from: varying[0]! });
    at = varying[0]!;
  }
  return chain;
}

/** A constant, or a cast of one, that is broadcast over rows of any rank. */
function isVector(graph: Graph, name: string, made: Map<string, Node>): boolean {
  let at = name;
  for (let node = made.get(at); node && traitsOf(node).holds === 'same'; node = made.get(at)) at = node.inputs[0]!;
  return (graph.constants.get(at)?.dims.length ?? Infinity) <= 1;
}
