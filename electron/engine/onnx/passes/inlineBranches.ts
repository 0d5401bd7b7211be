import { copyGraph, reads } from '../graph.ts';
import type { Graph, Node, Tensor } from '../graph.ts';
import { definedNames, renameNode, uniqueName, withUniqueTitles } from './rename.ts';

export type Branch = 'then_branch' | 'else_branch';

/** The branch to keep of an If that a graph input decides. */
export type ChooseBranch = (node: Node, graph: Graph) => Branch;

/**
 * Replaces an If by one of its branches where the condition is a constant, or a graph input (optimum's merged decoders:
 * `use_cache_branch`).
 * The latter's input is removed when nothing else reads it. Other Ifs, Loop and Scan are left as they are.
 * @param choose default: {@link branchWithPast}
 */
export function inlineBranches(graph: Graph, choose: ChooseBranch = branchWithPast): Graph {
  const out = copyGraph(graph);
  const inputs = new Set(graph.inputs.map((i) => i.name));
  const decided = new Set<string>();

  const chosen = (node: Node): Graph | undefined => {
    if (node.op !== 'If' || node.domain !== '') return undefined;
    const condition = node.inputs[0]!;
    let branch: Branch | undefined;
    const constant = out.constants.get(condition);
    if (constant) branch = truth(constant);
    else if (inputs.has(condition)) {
      branch = choose(node, graph);
      decided.add(condition);
    }
    const attribute = branch && node.attributes[branch];
    return attribute?.type === 'graph' ? attribute.value : undefined;
  };

  // The branches of one If may use the same names, so those of an If that goes away are not taken yet.
  const taken = definedNames({ ...graph, nodes: graph.nodes.map((node) => (chosen(node) ? { ...node, attributes: {} } : node)) });
  const inline = (node: Node): Node[] => {
    const branch = chosen(node);
    return branch ? branchNodes(node, branch, out, taken).flatMap(inline) : [node];
  };
  out.nodes = withUniqueTitles(graph.nodes.flatMap(inline));
  const read = new Set([...out.nodes.flatMap(reads), ...out.outputs.map((o) => o.name)]);
  out.inputs = out.inputs.filter(({ name }) => !decided.has(name) || read.has(name));
  return out;
}

/** The branch that reads more of the graph's inputs, which is the one that continues from past keys and values; then_branch when equal. */
export function branchWithPast(node: Node, graph: Graph): Branch {
  return inputsRead(node, graph, 'else_branch') > inputsRead(node, graph, 'then_branch') ? 'else_branch' : 'then_branch';
}

/** The other branch: it runs prompts, where the one with past was traced for single tokens and sees what comes later in longer ones. */
export function branchWithoutPast(node: Node, graph: Graph): Branch {
  return branchWithPast(node, graph) === 'then_branch' ? 'else_branch' : 'then_branch';
}

function inputsRead(node: Node, graph: Graph, branch: Branch): number {
  const inputs = new Set(graph.inputs.map((i) => i.name));
  const attribute = node.attributes[branch];
  const alone: Node = { ...node, inputs: [], attributes: attribute ? { [branch]: attribute } : {} };
  return new Set(reads(alone).filter((name) => inputs.has(name))).size;
}

function truth(condition: Tensor): Branch | undefined {
  if (condition.data.kind !== 'bytes') return undefined;
  return condition.data.bytes[0] ? 'then_branch' : 'else_branch';
}

/** The nodes of one branch, made part of `out`: its constants are added there, its outputs take the names that the If had. */
function branchNodes(node: Node, branch: Graph, out: Graph, taken: Set<string>): Node[] {
  const names = new Map<string, string>();
  const passedOn: Node[] = [];
  const made = new Set(branch.nodes.flatMap((n) => n.outputs));
  branch.outputs.forEach(({ name }, i) => {
    const outer = node.outputs[i] ?? '';
    if (outer === '') return;
    if (made.has(name) && !names.has(name)) names.set(name, outer);
    else passedOn.push({ name: '', op: 'Identity', domain: '', inputs: [name], outputs: [outer], attributes: {} });
  });
  const own = definedNames(branch);
  const rename = (name: string): string => {
    if (!own.has(name)) return name;
    let outer = names.get(name);
    if (outer === undefined) names.set(name, (outer = uniqueName(name, taken)));
    return outer;
  };
  for (const [name, tensor] of branch.constants) out.constants.set(rename(name), tensor);
  return [...branch.nodes, ...passedOn].map((n) => renameNode(n, rename));
}
