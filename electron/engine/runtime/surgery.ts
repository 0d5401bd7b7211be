import { GraphBuilder } from '../onnx/build.ts';
import { copyGraph, type DataType, type Graph, type Node, producers, type Value } from '../onnx/graph.ts';

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
  return Object.values(node.attributes).flatMap((a) => (a.type === 'graph' ? a.value.nodes.flatMap((n) => [...n.inputs, ...innerReads(n)]).concat(a.value.outputs.map((o) => o.name)) : []));
}

/** A copy in which `name` is no longer computed but fed. */
export function feedInstead(graph: Graph, name: string, dtype: DataType, dims: Value['dims']): Graph {
  const copy = copyGraph(graph);
  copy.constants.delete(name);
  copy.nodes = copy.nodes.map((n) => (n.outputs.includes(name) ? { ...n, outputs: n.outputs.map((o) => (o === name ? `${name}/computed` : o)) } : n));
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
 * are added or put in place of what was there. Both become inputs. A computed value keeps its name behind the change, an input in front of it.
 */
export function inject(graph: Graph, name: string, inputs: { positions: string; vectors: string }, how: 'add' | 'replace' = 'add'): Injected {
  const copy = copyGraph(graph);
  const isInput = copy.inputs.some((v) => v.name === name);
  const before = isInput ? name : `${name}/before_${inputs.vectors}`;
  const after = isInput ? `${name}/after_${inputs.vectors}` : name;
  const change: Node = {
    name: `inject/${inputs.vectors}`, op: 'ScatterND', domain: '', inputs: [before, inputs.positions, inputs.vectors], outputs: [after],
    attributes: how === 'add' ? { reduction: { type: 'string', value: 'add' } } : {},
  };
  const renamed = (names: readonly string[], to: string) => names.map((n) => (n === name ? to : n));
  copy.nodes = isInput
    ? [change, ...copy.nodes.map((n) => (n.inputs.includes(name) ? { ...n, inputs: renamed(n.inputs, after) } : n))]
    : copy.nodes.flatMap((n) => (n.outputs.includes(name) ? [{ ...n, outputs: renamed(n.outputs, before) }, change] : [n]));
  const declare = (v: Value) => { if (!copy.inputs.some((i) => i.name === v.name)) copy.inputs.push(v); };
  declare(value(inputs.positions, 'int64', ['injected', undefined]));
  declare(value(inputs.vectors, 'float32', ['injected', undefined]));
  return { graph: copy, before, after };
}

/** Adds nodes built by `build` at the end of a copy and returns what it returned. */
export function extend<T>(graph: Graph, prefix: string, build: (builder: GraphBuilder) => T): { graph: Graph; made: T } {
  const copy = copyGraph(graph);
  const builder = new GraphBuilder(copy, prefix);
  const made = build(builder);
  copy.nodes.push(...builder.take());
  return { graph: copy, made };
}

const ROWWISE = new Set(['Add', 'Sub', 'Mul', 'Div', 'Tanh', 'Cast', 'Identity', 'Neg']);
const VIEWS = new Set(['Reshape', 'Squeeze', 'Unsqueeze', 'Flatten']);

/**
 * A copy whose logits are computed only for chosen rows: the unembedding's input is gathered at `rows` (int64 [n, rank − 1]) first.
 * The work behind the unembedding (bias, softcap, casts) is repeated on [n, V]; views are left out.
 * @returns the graph and the name of the [n, V] logits; undefined when something else stands between, so that the caller gathers afterwards
 */
export function logitsAt(graph: Graph, unembeddingInput: string, product: string, logits: string, rows: string): { graph: Graph; logits: string } {
  const made = producers(graph);
  const chain: Node[] = [];
  let simple = true;
  for (let at = logits; at !== product; ) {
    const node = made.get(at);
    const variable = node?.inputs.find((i) => dependsOn(i, product, made));
    if (!node || variable === undefined || !(ROWWISE.has(node.op) || VIEWS.has(node.op))) {
      simple = false;
      break;
    }
    if (node.inputs.filter((i) => dependsOn(i, product, made)).length > 1) simple = false;
    chain.unshift(node);
    at = variable;
  }
  const copy = copyGraph(graph);
  if (!copy.inputs.some((v) => v.name === rows)) copy.inputs.push(value(rows, 'int64', ['rows', undefined]));
  const builder = new GraphBuilder(copy, 'rows');
  let at: string;
  if (simple) {
    const linear = made.get(product)!;
    at = builder.op('GatherND', [unembeddingInput, rows]);
    at = builder.op(linear.op, [at, ...linear.inputs.slice(1)], linear.attributes, linear.domain);
    for (const node of chain) {
      if (VIEWS.has(node.op)) continue;
      const inputs = node.inputs.map((i) => (dependsOn(i, product, made) ? at : i));
      at = builder.op(node.op, inputs, node.attributes, node.domain);
    }
  } else {
    at = builder.op('GatherND', [logits, rows]);
  }
  copy.nodes.push(...builder.take());
  return { graph: copy, logits: at };
}

function dependsOn(name: string, source: string, made: Map<string, Node>, depth = 12): boolean {
  if (name === source) return true;
  const node = made.get(name);
  if (!node || depth === 0) return false;
  return node.inputs.some((i) => dependsOn(i, source, made, depth - 1));
}
