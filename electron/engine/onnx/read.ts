import { basename, dirname, resolve } from 'node:path';
import { EmendError } from '../../../shared/errors.ts';
import { dataTypeOf } from './dtypes.ts';
import type { Attribute, Graph, LocalFunction, Model, Node, Tensor, Value } from './graph.ts';
import { indexFile } from './index-file.ts';
import type {
  AttributeProto,
  FunctionProto,
  GraphProto,
  ModelProto,
  NodeProto,
  OperatorSetIdProto,
  ValueInfoProto,
} from './proto/onnx_pb.ts';
import { AttributeProto_AttributeType as Type } from './proto/onnx_pb.ts';
import { refuseOverlaps, TensorReader, type StoredRange } from './read-tensor.ts';
import { settleGraph, settleNodes } from './scope.ts';

/** Versions of the standard operator set that Emend knows. */
const OPSETS = { first: 13, last: 24 };

/**
 * Reads an .onnx file of any size without its weights: constants above 1 KiB stay byte ranges of the model's files.
 * The result is checked: every name is defined once and before it is read (nodes come out in topological order),
 * every constant's data has the length that its type and dimensions ask for and lies within a file of the model's folder.
 * Graph inputs that are also constants (allowed by ONNX as defaults) are read as constants only.
 *
 * @param file absolute path of the .onnx file
 * @throws EmendError `not-found`, `bad-file`, `unsupported`
 */
export function readModel(file: string): Model {
  return readModelAndRanges(file).model;
}

/** {@link readModel}, with the byte range of every tensor that has one; those without are stored element by element. */
export function readModelAndRanges(file: string): { model: Model; ranges: ReadonlyMap<Tensor, StoredRange> } {
  const proto = indexFile(file);
  const folder = dirname(resolve(file));
  const name = basename(file);
  const tensors = new TensorReader(folder, name);
  return within(file, () => {
    const opsets = readHeader(proto);
    const read = new GraphReader(tensors);
    const functions = proto.functions.map((f) => read.function(f, opsets));
    const graph = settleGraph(read.graph(proto.graph!));
    refuseOverlaps(tensors.ranges.values());
    const model = {
      folder,
      file: name,
      irVersion: Number(proto.irVersion),
      opsets,
      producer: [proto.producerName, proto.producerVersion].filter((part) => part !== '').join(' '),
      metadata: Object.fromEntries(proto.metadataProps.map(({ key, value }) => [key, value])),
      functions,
      graph,
    };
    return { model, ranges: tensors.ranges };
  });
}

/** Puts the file's path before messages that name only a tensor or node. */
function within<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof EmendError) throw new EmendError(error.code, `${file}: ${error.message}`, error.hint, error.details);
    throw error;
  }
}

function readHeader(proto: ModelProto): Map<string, number> {
  if (proto.graph === undefined) throw bad('There is no graph; this is no ONNX model');
  if (proto.irVersion <= 0n) throw bad(`The format version is ${proto.irVersion}; this is no ONNX model`);
  if (proto.trainingInfo.length > 0) throw unsupported('The model carries training graphs', 'Export it for inference.');
  const opsets = new Map<string, number>();
  addOpsets(opsets, proto.opsetImport, 'The model');
  const standard = opsets.get('');
  if (standard === undefined) throw bad('The model does not say which version of the standard operators it uses');
  if (standard < OPSETS.first || standard > OPSETS.last) {
    throw unsupported(
      `The model uses version ${standard} of the standard operators; ${OPSETS.first} to ${OPSETS.last} can be read`,
      `Export it again with an opset from ${OPSETS.first} to ${OPSETS.last}.`,
    );
  }
  return opsets;
}

function addOpsets(opsets: Map<string, number>, imports: readonly OperatorSetIdProto[], who: string): void {
  for (const entry of imports) {
    const domain = domainOf(entry.domain);
    const version = Number(entry.version);
    const known = opsets.get(domain);
    if (known !== undefined && known !== version) {
      throw unsupported(
        `${who} uses operators "${domain}" in version ${version}, another part uses version ${known}`,
        'Export the model with its functions inlined.',
      );
    }
    opsets.set(domain, version);
  }
}

function domainOf(domain: string): string {
  return domain === 'ai.onnx' ? '' : domain;
}

class GraphReader {
  private readonly tensors: TensorReader;

  constructor(tensors: TensorReader) {
    this.tensors = tensors;
  }

  graph(proto: GraphProto): Graph {
    if (proto.sparseInitializer.length > 0) {
      throw unsupported(
        `The graph has a sparse constant "${proto.sparseInitializer[0]!.values?.name ?? ''}"`,
        'Export the model with dense weights.',
      );
    }
    const constants: Graph['constants'] = new Map();
    for (const initializer of proto.initializer) {
      if (initializer.name === '') throw bad('A constant has no name');
      if (constants.has(initializer.name)) throw bad(`The constant "${initializer.name}" is defined twice`);
      constants.set(initializer.name, this.tensors.tensor(initializer, initializer.name));
    }
    return {
      name: proto.name,
      inputs: proto.input.map(readValue).filter((value) => !constants.has(value.name)),
      outputs: proto.output.map(readValue),
      nodes: proto.node.map((node) => this.node(node)),
      constants,
    };
  }

  function(proto: FunctionProto, opsets: Map<string, number>): LocalFunction {
    const what = `Function "${proto.name}"`;
    if (proto.overload !== '') throw unsupported(`${what} is one of several overloads`, 'Export the model with its functions inlined.');
    addOpsets(opsets, proto.opsetImport, what);
    const required = proto.attribute.map((name) => [name, undefined] as const);
    return {
      domain: domainOf(proto.domain),
      name: proto.name,
      inputs: proto.input,
      outputs: proto.output,
      attributes: { ...Object.fromEntries(required), ...this.attributes(proto.attributeProto, what) },
      nodes: settleNodes(
        proto.node.map((node) => this.node(node)),
        proto.input,
        proto.output,
        what,
      ),
    };
  }

  private node(proto: NodeProto): Node {
    const what = `Node "${proto.name !== '' ? proto.name : (proto.output[0] ?? '')}" (${proto.opType})`;
    if (proto.opType === '') throw bad(`${what} names no operation`);
    if (proto.overload !== '') throw unsupported(`${what} calls an overloaded function`, 'Export the model with its functions inlined.');
    return {
      name: proto.name,
      op: proto.opType,
      domain: domainOf(proto.domain),
      inputs: proto.input,
      outputs: proto.output,
      attributes: this.attributes(proto.attribute, what),
    };
  }

  private attributes(protos: readonly AttributeProto[], owner: string): Record<string, Attribute> {
    const entries = new Map<string, Attribute>();
    for (const proto of protos) {
      if (entries.has(proto.name)) throw bad(`${owner} has the attribute "${proto.name}" twice`);
      entries.set(proto.name, this.attribute(proto, owner));
    }
    return Object.fromEntries(entries);
  }

  private attribute(proto: AttributeProto, owner: string): Attribute {
    const what = `${owner}, attribute "${proto.name}"`;
    if (proto.refAttrName !== '')
      throw unsupported(
        `${what} refers to the attribute "${proto.refAttrName}" of its function`,
        'Export the model with its functions inlined.',
      );
    switch (proto.type) {
      case Type.FLOAT:
        return { type: 'float', value: proto.f };
      case Type.INT:
        return { type: 'int', value: exactInt(proto.i, what) };
      case Type.STRING:
        return { type: 'string', value: text(proto.s, what) };
      case Type.FLOATS:
        return { type: 'floats', value: proto.floats };
      case Type.INTS:
        return { type: 'ints', value: proto.ints.map((i) => exactInt(i, what)) };
      case Type.STRINGS:
        return { type: 'strings', value: proto.strings.map((s) => text(s, what)) };
      case Type.TENSOR:
        if (proto.t === undefined) throw bad(`${what} has no value`);
        return { type: 'tensor', value: this.tensors.tensor(proto.t, what) };
      case Type.GRAPH:
        if (proto.g === undefined) throw bad(`${what} has no value`);
        return { type: 'graph', value: this.graph(proto.g) };
      case Type.UNDEFINED:
        throw bad(`${what} does not say its type`);
      default:
        throw unsupported(`${what} is of the type ${Type[proto.type]}`, 'Export the model with plain tensors.');
    }
  }
}

function readValue(proto: ValueInfoProto): Value {
  if (proto.name === '') throw bad('A graph input or output has no name');
  const type = proto.type?.value;
  if (type?.case !== 'tensorType') return { name: proto.name, dtype: 'other', dims: undefined };
  const dims = type.value.shape?.dim.map(({ value: dim }) => {
    if (dim.case === 'dimParam') return dim.value === '' ? undefined : dim.value;
    // some exporters write -1 for "unknown"
    return dim.case === 'dimValue' && dim.value >= 0n ? Number(dim.value) : undefined;
  });
  return { name: proto.name, dtype: dataTypeOf(type.value.elemType) ?? 'other', dims };
}

/** An int64 as a number. The two ends of the range, which mean "no limit", become ±2^63; others must be exact. */
function exactInt(value: bigint, what: string): number {
  if (BigInt.asIntN(64, value + 1n) === -(2n ** 63n) || BigInt(Number(value)) === value) return Number(value);
  throw unsupported(`${what} is ${value}, which a double cannot hold exactly`, 'Export the model again.');
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function text(bytes: Uint8Array, what: string): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw unsupported(`${what} is not text`, 'Export the model again.');
  }
}

function bad(message: string): EmendError {
  return new EmendError('bad-file', message, 'The file is damaged or no ONNX model. Export or download it again.');
}

function unsupported(message: string, hint: string): EmendError {
  return new EmendError('unsupported', message, hint);
}
