import { EmendError } from '../../../shared/errors.ts';
import { GraphBuilder, memoryTensor } from '../onnx/build.ts';
import type { Graph, Node, Shapes } from '../onnx/graph.ts';
import { Context, isFloat } from './context.ts';
import { opName } from '../onnx/op-traits.ts';
import { carriers, rules, stops } from './rules.ts';

export interface GradientOptions {
  /** Starts the names of the backward nodes. Default `gradient`. */
  readonly prefix?: string;
  /** Whether com.microsoft FusedMatMul may be written (ONNX Runtime's CPU and CUDA providers have it). Default true. */
  readonly fused?: boolean;
}

/**
 * Reverse-mode differentiation: appends to `graph` the nodes that compute Σ ⟨cotangent, ∂ seed value / ∂ wrt⟩ for each `wrt` value.
 *
 * Rules are applied in reverse order of the nodes to whatever lies downstream of a `wrt` and upstream of a seed; everything else is
 * constant.
 * The standard opset must be 18 to 24; the backward nodes may use com.microsoft version 1.
 *
 * @param graph the caller's own copy; nodes in topological order; nodes and constants are added
 * @param seeds value → name of its cotangent, a value in the graph of the same shape and type
 * @param wrt graph inputs, float constants or intermediate values
 * @param shapes of the forward values, observed at two sizes: what was equal in both is taken to be so in every run, so the sizes must
 *   differ in every varying dimension, and none may be 1 (later runs may have any)
 * @returns wrt value → name of its gradient: a new value of the same shape and type, zeros where no seed depends on it
 * @throws EmendError `unsupported` for an operation on the way that has no rule; `bad-input` for an unknown or integer value
 */
export function gradient(
  graph: Graph,
  seeds: ReadonlyMap<string, string>,
  wrt: readonly string[],
  shapes: Shapes,
  options: GradientOptions = {},
): Map<string, string> {
  const builder = new GraphBuilder(graph, options.prefix ?? 'gradient');
  const context = new Context(graph, builder, shapes, { fused: options.fused ?? true });
  const constantsBefore = new Set(graph.constants.keys());
  checkValues(graph, seeds, wrt, context);

  const active = downstream(graph, wrt, context);
  const cotangents = new Map<string, string[]>();
  const contribute = (value: string, part: string) => {
    const parts = cotangents.get(value);
    if (parts) parts.push(part);
    else cotangents.set(value, [part]);
  };
  for (const [value, cotangent] of seeds) contribute(value, cotangent);
  const cotangentOf = (value: string): string | undefined => {
    const parts = cotangents.get(value);
    if (!parts) return undefined;
    const sum = context.total(parts);
    cotangents.set(value, [sum]);
    return sum;
  };

  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((o) => active.has(o) && cotangents.has(o)) || !carriers(node).some((i) => active.has(i))) continue;
    if (stops.has(opName(node))) continue;
    const rule = rules[opName(node)];
    if (!rule) throw unsupported(node);
    const arriving = node.outputs.map((o) => (active.has(o) ? cotangentOf(o) : undefined));
    context.type = context.typeOf(node.outputs[arriving.findIndex((g) => g !== undefined)]!) ?? 'float32';
    const parts = rule(node, arriving, context);
    carriers(node).forEach((input, i) => {
      if (!active.has(input)) return;
      const part = parts[i];
      if (part === undefined) throw unsupported(node, i);
      contribute(input, part());
    });
  }

  const results = new Map<string, string>();
  for (const value of wrt) {
    context.type = context.typeOf(value) ?? 'float32';
    // Identity gives each result a name of its own: a gradient may be a seed itself, or shared by two values.
    if (!results.has(value)) results.set(value, builder.op('Identity', [cotangentOf(value) ?? context.zerosLike(value)]));
  }
  append(graph, builder.take(), results, constantsBefore);
  return results;
}

/** {@link gradient} of one value that holds a single number. */
export function lossGradient(
  graph: Graph,
  loss: string,
  wrt: readonly string[],
  shapes: Shapes,
  options: GradientOptions = {},
): Map<string, string> {
  const shape = shapes.get(loss);
  if (!shape || shape.dims.some((d) => d !== 1) || (shape.dtype !== 'float32' && shape.dtype !== 'float64')) {
    throw new EmendError(
      'bad-input',
      `A loss must be one float32 or float64 number; "${loss}" is ${shape ? `${shape.dtype}[${shape.dims.join()}]` : 'not in the graph'}.`,
    );
  }
  const one = memoryTensor(
    shape.dtype,
    shape.dims as readonly number[],
    shape.dtype === 'float32' ? Float32Array.of(1) : Float64Array.of(1),
  );
  const seed = new GraphBuilder(graph, options.prefix ?? 'gradient').constant(one, 'seed');
  return gradient(graph, new Map([[loss, seed]]), wrt, shapes, options);
}

/** The float values that depend on a wrt value. */
function downstream(graph: Graph, wrt: readonly string[], context: Context): Set<string> {
  const active = new Set(wrt);
  for (const node of graph.nodes) {
    if (stops.has(opName(node)) || !carriers(node).some((i) => active.has(i))) continue;
    for (const output of node.outputs) if (output !== '' && isFloat(context.typeOf(output) ?? 'float32')) active.add(output);
  }
  return active;
}

function checkValues(graph: Graph, seeds: ReadonlyMap<string, string>, wrt: readonly string[], context: Context): void {
  const made = new Set([...graph.inputs.map((i) => i.name), ...graph.constants.keys(), ...graph.nodes.flatMap((n) => n.outputs)]);
  for (const value of [...seeds.keys(), ...seeds.values(), ...wrt]) {
    if (!made.has(value))
      throw new EmendError(
        'bad-input',
        `The graph has no value "${value}" to differentiate.`,
        'Name a graph input, a constant or the output of a node.',
        { value },
      );
  }
  for (const value of [...seeds.keys(), ...wrt]) {
    const type = context.typeOf(value);
    if (!isFloat(type))
      throw new EmendError('bad-input', `Only floating-point values have gradients; "${value}" is ${type ?? 'of unknown type'}.`, '', {
        value,
      });
  }
}

function unsupported(node: Node, operand?: number): EmendError {
  const what = operand === undefined ? `operation ${opName(node)}` : `operand ${operand} of operation ${opName(node)}`;
  return new EmendError(
    'unsupported',
    `No gradient is known for the ${what} (node "${node.name}").`,
    'Expand it into simpler operations before differentiating, or differentiate with respect to a value after this node.',
    { op: opName(node), node: node.name, operand },
  );
}

/** Puts into the graph those new nodes and constants that a result needs. */
function append(graph: Graph, made: readonly Node[], results: ReadonlyMap<string, string>, constantsBefore: ReadonlySet<string>): void {
  const needed = new Set(results.values());
  const kept: Node[] = [];
  for (const node of made.toReversed()) {
    if (!node.outputs.some((o) => needed.has(o))) continue;
    kept.push(node);
    for (const input of node.inputs) needed.add(input);
  }
  for (const name of [...graph.constants.keys()]) if (!constantsBefore.has(name) && !needed.has(name)) graph.constants.delete(name);
  graph.nodes.push(...kept.reverse());
}
