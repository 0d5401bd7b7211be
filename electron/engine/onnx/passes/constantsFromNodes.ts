import { floatTensor, memoryTensor } from '../build.ts';
import { copyGraph } from '../graph.ts';
import type { Graph, Node, Tensor } from '../graph.ts';
import { mapNodeSubgraphs } from './rename.ts';

/**
 * Turns Constant nodes into constants, in subgraphs too, so that there is one place to look for them.
 * Strings and sparse tensors stay nodes, as does a constant that is itself a graph output.
 */
export function constantsFromNodes(graph: Graph): Graph {
  const out = copyGraph(graph);
  const returned = new Set(graph.outputs.map((o) => o.name));
  out.nodes = [];
  for (const node of graph.nodes) {
    const name = node.outputs[0];
    const tensor = node.op === 'Constant' && node.domain === '' ? tensorOf(node) : undefined;
    if (tensor && name !== undefined && !returned.has(name)) out.constants.set(name, tensor);
    else out.nodes.push(mapNodeSubgraphs(node, constantsFromNodes));
  }
  return out;
}

function tensorOf(node: Node): Tensor | undefined {
  const { value, value_int, value_ints, value_float, value_floats } = node.attributes;
  if (value?.type === 'tensor') return value.value;
  if (value_int?.type === 'int') return int64Tensor([value_int.value], []);
  if (value_ints?.type === 'ints') return int64Tensor(value_ints.value, [value_ints.value.length]);
  if (value_float?.type === 'float') return floatTensor(Float32Array.of(value_float.value), []);
  if (value_floats?.type === 'floats') return floatTensor(Float32Array.from(value_floats.value), [value_floats.value.length]);
  return undefined;
}

/** The ends of int64, which mean "no limit" and which a double only comes near, become its ends again. */
function int64Tensor(values: readonly number[], dims: readonly number[]): Tensor {
  const exact = values.map((v) => (v >= 2 ** 63 ? 2n ** 63n - 1n : BigInt(v)));
  return memoryTensor('int64', dims, BigInt64Array.from(exact));
}
