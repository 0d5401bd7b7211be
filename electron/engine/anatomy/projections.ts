import { type Node, producers, type Graph } from '../onnx/graph.ts';
import { traitsOf } from '../onnx/op-traits.ts';
import type { Flow } from './flow.ts';
import { withBias } from './linears.ts';
import type { Linear, Projected } from './types.ts';

/** What attention is computed from: the softmax behind the scores, and the product with the values. */
interface Core {
  readonly softmax: Node;
  readonly mixing: Node;
}

/**
 * Queries, keys and values behind their projections and biases, before any norm of their own and before rotation. Where one projection
 * makes several of them it is the first value that belongs to one alone.
 */
export function findProjected({ softmax, mixing }: Core, graph: Graph, linears: ReadonlyMap<Node, Linear>, flow: Flow): Projected {
  const made = producers(graph);
  const isActivation = (name: string) => flow.position.has(name);
  const scoring = behind(
    softmax.inputs[0]!,
    made,
    (node) => traitsOf(node).product !== undefined && node.inputs.slice(0, 2).every(isActivation),
  );
  if (!scoring) return {};
  const cones = {
    query: coneOf(scoring.inputs[0]!, made, linears, isActivation),
    key: coneOf(scoring.inputs[1]!, made, linears, isActivation),
    value: coneOf(mixing.inputs[1]!, made, linears, isActivation),
  };
  const found: { -readonly [part in keyof Projected]: Projected[part] } = {};
  for (const part of ['query', 'key', 'value'] as const) {
    const others = Object.entries(cones).flatMap(([name, cone]) => (name === part ? [] : [cone]));
    found[part] = ownOf(cones[part], others, graph, made, isActivation);
  }
  return found;
}

/** The nearest node upstream that fits, looking through activations only. */
function behind(from: string, made: ReadonlyMap<string, Node>, fits: (node: Node) => boolean): Node | undefined {
  const queue = [from];
  const seen = new Set(queue);
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    const node = made.get(name);
    if (!node) continue;
    if (fits(node)) return node;
    for (const input of node.inputs) {
      if (seen.has(input)) continue;
      seen.add(input);
      queue.push(input);
    }
  }
  return undefined;
}

/** Everything that a value is made of, up to and with the projections' products. */
interface Cone {
  readonly values: ReadonlySet<string>;
  readonly projections: ReadonlySet<Node>;
}

function coneOf(
  from: string,
  made: ReadonlyMap<string, Node>,
  linears: ReadonlyMap<Node, Linear>,
  isActivation: (name: string) => boolean,
): Cone {
  const values = new Set<string>();
  const projections = new Set<Node>();
  const queue = [from];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (values.has(name) || !isActivation(name)) continue;
    values.add(name);
    const node = made.get(name);
    if (!node) continue;
    if (linears.has(node)) projections.add(node);
    else queue.push(...node.inputs);
  }
  return { values, projections };
}

/** The value that all of a cone that the others have no part in is made of; undefined where there is no one such. */
function ownOf(
  cone: Cone,
  others: readonly Cone[],
  graph: Graph,
  made: ReadonlyMap<string, Node>,
  isActivation: (name: string) => boolean,
): string | undefined {
  const [projection, another] = [...cone.projections];
  if (!projection || another) return undefined;
  if (!others.some(({ projections }) => projections.has(projection))) return withBias(projection, projection.outputs[0]!, graph).output;
  const isShared = (name: string) => others.some(({ values }) => values.has(name));
  const own = [...cone.values].filter((name) => !isShared(name));
  const first = own.filter((name) => made.get(name)!.inputs.some((input) => isActivation(input) && isShared(input)));
  return first.length === 1 ? first[0] : undefined;
}
