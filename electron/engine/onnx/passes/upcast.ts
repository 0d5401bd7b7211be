import { floatTensor, GraphBuilder } from '../build.ts';
import { codeOf } from '../dtypes.ts';
import { copyGraph, intAttribute } from '../graph.ts';
import type { Attribute, DataType, Graph, Model, Node, Tensor, Value } from '../graph.ts';
import { tensorFloats } from '../tensors.ts';
import { mapNodeSubgraphs } from './rename.ts';
import type { StaticType } from './types.ts';
import { staticTypes } from './types.ts';

/**
 * Makes a float16 or bfloat16 graph compute in float32, which has all kernels and gradients that are exact enough.
 * Weights stay as they are in the file and are read through a Cast (ONNX Runtime folds it once); single numbers become float32 constants;
 * casts to half precision and back fall away; inputs and outputs become float32. Other graphs are returned as they are.
 */
export function upcast(model: Model): Model {
  return usesHalf(model.graph) ? { ...model, graph: upcastGraph(model, model.graph, 'upcast', new Map(), new Map()) } : model;
}

const FLOAT = codeOf('float32')!;
const HALF = new Set([codeOf('float16')!, codeOf('bfloat16')!]);

function isHalf(dtype: DataType | undefined): boolean {
  return dtype === 'float16' || dtype === 'bfloat16';
}

function usesHalf(graph: Graph): boolean {
  return (
    [...graph.inputs, ...graph.outputs, ...graph.constants.values()].some((t) => isHalf(t.dtype)) ||
    graph.nodes.some((node) =>
      Object.entries(node.attributes).some(
        ([name, a]) =>
          (a.type === 'int' && TYPE_ATTRIBUTES.has(name) && HALF.has(a.value)) ||
          (a.type === 'tensor' && isHalf(a.value.dtype)) ||
          (a.type === 'graph' && usesHalf(a.value)),
      ),
    )
  );
}

/** Attributes that name an element type: of Cast, of EyeLike and the random ops, of quantisation. */
const TYPE_ATTRIBUTES = new Set(['to', 'dtype', 'output_dtype']);

/**
 * @param prefix differs per subgraph, whose new names must not hide outer ones
 * @param outerNames names in enclosing graphs that are read under another name now
 * @param outerTypes types of values of enclosing graphs
 */
function upcastGraph(
  model: Model,
  graph: Graph,
  prefix: string,
  outerNames: ReadonlyMap<string, string>,
  outerTypes: ReadonlyMap<string, StaticType>,
): Graph {
  const out = copyGraph(graph);
  out.inputs = graph.inputs.map(asFloat);
  out.outputs = graph.outputs.map(asFloat);
  const b = new GraphBuilder(out, prefix);
  const names = new Map(outerNames);
  const returned = new Set(graph.outputs.map((o) => o.name));

  for (const [name, tensor] of graph.constants) {
    if (!isHalf(tensor.dtype)) continue;
    if (returned.has(name)) out.constants.set(name, floatConstant(model, tensor));
    else if (tensor.dims.every((d) => d === 1)) names.set(name, b.constant(floatConstant(model, tensor)));
    else names.set(name, b.op('Cast', [name], { to: FLOAT }));
  }
  const casts = b.take();

  // Types after the change: what was half is float32 now, so a cast between the two does nothing.
  const types = new Map(outerTypes);
  for (const [name, type] of staticTypes(graph, outerTypes)) types.set(name, isHalf(type.dtype) ? { ...type, dtype: 'float32' } : type);

  const nodes: Node[] = [];
  for (const node of graph.nodes) {
    if (node.op === 'Cast' && node.domain === '' && types.get(node.inputs[0]!)?.dtype === 'float32' && targetsFloat(node)) {
      const [from, to] = [node.inputs[0]!, node.outputs[0]!];
      if (returned.has(to)) nodes.push({ ...node, op: 'Identity', inputs: [names.get(from) ?? from], attributes: {} });
      else names.set(to, names.get(from) ?? from);
      continue;
    }
    const typed = { ...node, attributes: floatAttributes(model, node.attributes) };
    const inner = mapNodeSubgraphs(typed, (g) => upcastGraph(model, g, `${prefix}/${node.outputs[0]}/${g.name}`, names, types));
    nodes.push({ ...inner, inputs: inner.inputs.map((n) => names.get(n) ?? n) });
  }
  out.nodes = [...casts, ...nodes];
  return out;
}

function targetsFloat(cast: Node): boolean {
  const to = intAttribute(cast, 'to', 0);
  return to === FLOAT || HALF.has(to);
}

function asFloat(value: Value): Value {
  return isHalf(value.dtype) ? { ...value, dtype: 'float32' } : value;
}

function floatConstant(model: Model, tensor: Tensor): Tensor {
  return floatTensor(tensorFloats(model, tensor), tensor.dims);
}

function floatAttributes(model: Model, attributes: Readonly<Record<string, Attribute>>): Readonly<Record<string, Attribute>> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, a]) => {
      if (a.type === 'int' && TYPE_ATTRIBUTES.has(name) && HALF.has(a.value)) return [name, { type: 'int', value: FLOAT }];
      if (a.type === 'tensor' && isHalf(a.value.dtype)) return [name, { type: 'tensor', value: floatConstant(model, a.value) }];
      return [name, a];
    }),
  );
}
