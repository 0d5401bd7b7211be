import { create, toBinary } from '@bufbuild/protobuf';
import { EmendError } from '../../../shared/errors.ts';
import { codeOf } from './dtypes.ts';
import type { Attribute, Graph, LocalFunction, Model, Node, Tensor, Value } from './graph.ts';
import type { AttributeProto, FunctionProto, GraphProto, NodeProto, TensorProto, ValueInfoProto } from './proto/onnx_pb.ts';
import {
  AttributeProtoSchema,
  AttributeProto_AttributeType as Type,
  FunctionProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProtoSchema,
  TensorProto_DataLocation,
  ValueInfoProtoSchema,
} from './proto/onnx_pb.ts';

/** Format versions that every node we add fits into, and that ONNX Runtime 1.30 loads. */
const IR = { least: 8, most: 13 };

/** Domains that ONNX Runtime brings, imported when a node needs them. */
const RUNTIME_DOMAIN = 'com.microsoft';

/**
 * A ModelProto of a model in memory. Constants in files become external data entries (location, offset, length), so the
 * bytes stay small and ONNX Runtime reads the weights from the model's own files, told their folder by
 * `session.model_external_initializers_file_folder_path`.
 *
 * @throws EmendError `unsupported` for a tensor of a type that only its file can hold (`other`)
 */
export function encodeModel(model: Model): Uint8Array {
  const opsets = new Map(model.opsets);
  const bodies = [model.graph.nodes, ...model.functions.map((f) => f.nodes)];
  if (!opsets.has(RUNTIME_DOMAIN) && bodies.some((nodes) => usesDomain(nodes, RUNTIME_DOMAIN))) opsets.set(RUNTIME_DOMAIN, 1);
  const opsetImport = [...opsets].map(([domain, version]) => ({
    $typeName: 'onnx.OperatorSetIdProto' as const,
    domain,
    version: BigInt(version),
  }));
  const proto = create(ModelProtoSchema, {
    irVersion: BigInt(Math.min(IR.most, Math.max(IR.least, model.irVersion))),
    opsetImport,
    producerName: model.producer,
    metadataProps: entries(model.metadata),
    functions: model.functions.map((f) => ({ ...functionProto(f), opsetImport })),
    graph: graphProto(model.graph),
  });
  return toBinary(ModelProtoSchema, proto);
}

function usesDomain(nodes: readonly Node[], domain: string): boolean {
  return nodes.some(
    (node) => node.domain === domain || Object.values(node.attributes).some((a) => a.type === 'graph' && usesDomain(a.value.nodes, domain)),
  );
}

function graphProto(graph: Graph): GraphProto {
  return create(GraphProtoSchema, {
    name: graph.name === '' ? 'graph' : graph.name, // ONNX Runtime wants one
    input: graph.inputs.map(valueProto),
    output: graph.outputs.map(valueProto),
    node: graph.nodes.map(nodeProto),
    initializer: [...graph.constants].map(([name, tensor]) => tensorProto(tensor, name)),
  });
}

/** A value of unknown type is written without one. */
function valueProto(value: Value): ValueInfoProto {
  const elemType = codeOf(value.dtype);
  const dim = value.dims?.map((d) => ({
    value:
      d === undefined
        ? { case: undefined }
        : typeof d === 'number'
          ? { case: 'dimValue' as const, value: BigInt(d) }
          : { case: 'dimParam' as const, value: d },
  }));
  return create(ValueInfoProtoSchema, {
    name: value.name,
    ...(elemType !== undefined && {
      type: { value: { case: 'tensorType' as const, value: { elemType, ...(dim && { shape: { dim } }) } } },
    }),
  });
}

function nodeProto(node: Node): NodeProto {
  return create(NodeProtoSchema, {
    name: node.name,
    opType: node.op,
    domain: node.domain,
    input: [...node.inputs],
    output: [...node.outputs],
    attribute: Object.entries(node.attributes).map(([name, attribute]) => attributeProto(name, attribute)),
  });
}

function attributeProto(name: string, attribute: Attribute): AttributeProto {
  switch (attribute.type) {
    case 'float':
      return create(AttributeProtoSchema, { name, type: Type.FLOAT, f: attribute.value });
    case 'int':
      return create(AttributeProtoSchema, { name, type: Type.INT, i: int64(attribute.value) });
    case 'string':
      return create(AttributeProtoSchema, { name, type: Type.STRING, s: utf8.encode(attribute.value) });
    case 'floats':
      return create(AttributeProtoSchema, { name, type: Type.FLOATS, floats: [...attribute.value] });
    case 'ints':
      return create(AttributeProtoSchema, { name, type: Type.INTS, ints: attribute.value.map(int64) });
    case 'strings':
      return create(AttributeProtoSchema, { name, type: Type.STRINGS, strings: attribute.value.map((s) => utf8.encode(s)) });
    case 'tensor':
      return create(AttributeProtoSchema, { name, type: Type.TENSOR, t: tensorProto(attribute.value, name) });
    case 'graph':
      return create(AttributeProtoSchema, { name, type: Type.GRAPH, g: graphProto(attribute.value) });
  }
}

function tensorProto(tensor: Tensor, name: string): TensorProto {
  const dataType = codeOf(tensor.dtype);
  if (dataType === undefined || tensor.dtype === 'string') {
    throw new EmendError(
      'unsupported',
      `Tensor "${name}" has a type that cannot be written into a derived graph`,
      'Use a float32, float16 or bfloat16 export of this model.',
    );
  }
  const common = { name, dataType, dims: tensor.dims.map(BigInt) };
  if (tensor.data.kind === 'bytes') return create(TensorProtoSchema, { ...common, rawData: tensor.data.bytes });
  const { file, offset, length } = tensor.data;
  return create(TensorProtoSchema, {
    ...common,
    dataLocation: TensorProto_DataLocation.EXTERNAL,
    externalData: entries({ location: file, offset: String(offset), length: String(length) }),
  });
}

function functionProto(f: LocalFunction): FunctionProto {
  const attributes = Object.entries(f.attributes);
  return create(FunctionProtoSchema, {
    name: f.name,
    domain: f.domain,
    input: [...f.inputs],
    output: [...f.outputs],
    attribute: attributes.flatMap(([name, value]) => (value === undefined ? [name] : [])),
    attributeProto: attributes.flatMap(([name, value]) => (value === undefined ? [] : [attributeProto(name, value)])),
    node: f.nodes.map(nodeProto),
  });
}

function entries(record: Readonly<Record<string, string>>) {
  return Object.entries(record).map(([key, value]) => ({ $typeName: 'onnx.StringStringEntryProto' as const, key, value }));
}

const utf8 = new TextEncoder();

/** Doubles beyond int64 stand for its ends (see `readModel`). */
function int64(value: number): bigint {
  const exact = BigInt(value);
  const most = 2n ** 63n - 1n;
  return exact > most ? most : exact < -most - 1n ? -most - 1n : exact;
}
