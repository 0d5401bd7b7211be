import { EmendError } from '../../../../shared/errors.ts';
import type { Graph, LocalFunction, Model, Node } from '../graph.ts';
import { definedNames, mapNodeSubgraphs, renameNode, uniqueName, withUniqueTitles } from './rename.ts';

/**
 * Puts the body of every model-local function where it is called, in subgraphs too. Names inside a body get the call's name in front;
 * what a call takes and returns keeps its name. (Bodies that refer to attributes of their call are refused when the file is read.)
 * @throws EmendError `bad-file` when a function calls itself
 */
export function inlineFunctions(model: Model): Model {
  if (model.functions.length === 0) return model;
  const functions = new Map(model.functions.map((f) => [key(f.domain, f.name), f]));
  const taken = definedNames(model.graph);

  const inGraph = (graph: Graph, callers: readonly string[]): Graph => ({
    ...graph,
    nodes: withUniqueTitles(graph.nodes.flatMap((node) => inNode(node, callers))),
  });

  const inNode = (node: Node, callers: readonly string[]): Node[] => {
    const called = key(node.domain, node.op);
    const body = functions.get(called);
    if (!body) return [mapNodeSubgraphs(node, (graph) => inGraph(graph, callers))];
    if (callers.includes(called)) {
      throw new EmendError(
        'bad-file',
        `${model.file}: function ${called} calls itself`,
        'The file is damaged or was not made by a known exporter. Export the model again.',
      );
    }
    return expandCall(node, body, taken).flatMap((inner) => inNode(inner, [...callers, called]));
  };

  return { ...model, functions: [], graph: inGraph(model.graph, []) };
}

function key(domain: string, name: string): string {
  return `${domain}::${name}`;
}

function expandCall(call: Node, body: LocalFunction, taken: Set<string>): Node[] {
  const names = new Map<string, string>();
  body.inputs.forEach((name, i) => names.set(name, call.inputs[i] ?? ''));
  const passedOn: Node[] = [];
  body.outputs.forEach((name, i) => {
    const outer = call.outputs[i] ?? '';
    if (outer === '') return;
    if (!names.has(name)) names.set(name, outer);
    // an output that is an input as it is, or the same value as another output
    else passedOn.push({ name: '', op: 'Identity', domain: '', inputs: [name], outputs: [outer], attributes: {} });
  });
  const prefix = call.name || call.outputs.find((o) => o !== '') || body.name;
  const rename = (name: string): string => {
    let outer = names.get(name);
    if (outer === undefined) names.set(name, (outer = uniqueName(`${prefix}/${name}`, taken)));
    return outer;
  };
  return [
    ...body.nodes.map((node) => ({ ...renameNode(node, rename), name: `${prefix}/${node.name || node.op}` })),
    ...passedOn.map((node) => ({ ...node, inputs: node.inputs.map(rename) })),
  ];
}
