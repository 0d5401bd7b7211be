import { isFieldSet } from '@bufbuild/protobuf';
import { EmendError } from '../../../shared/errors.ts';
import { dataTypeOf, elementCount, packedSize } from './dtypes.ts';
import type { Tensor, TensorData } from './graph.ts';
import { checkLocation, dataFileSize } from './paths.ts';
import type { TensorProto, TensorProto_Segment } from './proto/onnx_pb.ts';
import { TensorProto_DataLocation, TensorProto_DataType as Type, TensorProtoSchema } from './proto/onnx_pb.ts';

const FIELD = TensorProtoSchema.field;

/** Where a tensor's bytes lie: a file relative to the model's folder, and a byte range of it. */
export interface StoredRange {
  readonly tensor: string;
  readonly file: string;
  readonly offset: number;
  readonly length: number;
}

/** Turns TensorProtos of one indexed model file into tensors, and notes where each is stored. */
export class TensorReader {
  /** Every tensor stored as raw or external data, also those small enough to be held in memory. */
  readonly ranges = new Map<Tensor, StoredRange>();
  private readonly folder: string;
  private readonly file: string;
  private readonly sizes = new Map<string, number>();

  constructor(folder: string, file: string) {
    this.folder = folder;
    this.file = file;
  }

  /**
   * @param proto as `indexFile` returns it
   * @param name for messages: a constant's name, or a node's attribute
   * @throws EmendError `bad-file` where type, dimensions and data do not fit together; `unsupported` for strings
   */
  tensor(proto: TensorProto, name: string): Tensor {
    const dtype = dataTypeOf(proto.dataType);
    if (dtype === undefined) throw bad(name, `has the element type ${proto.dataType}, which ONNX does not define`);
    if (dtype === 'string')
      throw new EmendError('unsupported', `Tensor "${name}" holds strings`, 'Export the decoder without its tokenizer.');
    const dims = proto.dims.map(Number);
    const count = elementCount(dims);
    if (count === undefined) throw bad(name, `has impossible dimensions [${proto.dims.join(', ')}]`);
    const size = packedSize(proto.dataType, count);
    const data = this.data(proto, name, count, size);
    const found = lengthOf(data);
    if (found !== size) throw bad(name, `of type ${dtype}[${dims.join(', ')}] needs ${size} bytes of data but has ${found}`);
    const tensor = { dtype, dims, data };
    if (data.kind === 'file') this.ranges.set(tensor, { tensor: name, file: data.file, offset: data.offset, length: data.length });
    else if (proto.segment !== undefined) this.ranges.set(tensor, { tensor: name, ...this.inline(proto.segment) });
    return tensor;
  }

  private inline({ begin, end }: TensorProto_Segment): { file: string; offset: number; length: number } {
    return { file: this.file, offset: Number(begin), length: Number(end - begin) };
  }

  private data(proto: TensorProto, name: string, count: number, size: number): TensorData {
    const typed = TYPED_FIELDS.filter((field) => proto[field].length > 0);
    const external = proto.dataLocation === TensorProto_DataLocation.EXTERNAL;
    if (Number(proto.segment !== undefined) + typed.length + Number(external) > 1)
      throw bad(name, 'stores its data twice, in different ways');
    if (external) return this.external(proto, name, size);
    if (proto.segment === undefined) return { kind: 'bytes', bytes: typedBytes(proto, name, count) };
    if (isFieldSet(proto, FIELD.rawData)) return { kind: 'bytes', bytes: proto.rawData };
    return { kind: 'file', ...this.inline(proto.segment) };
  }

  private external(proto: TensorProto, name: string, size: number): TensorData {
    const range = externalRange(proto, name, size);
    let available = this.sizes.get(range.file);
    if (available === undefined) {
      available = dataFileSize(this.folder, range.file, name);
      this.sizes.set(range.file, available);
    }
    if (range.offset + range.length > available) {
      throw new EmendError(
        'bad-file',
        `Tensor "${name}" should lie at bytes ${range.offset} to ${range.offset + range.length} of "${range.file}", which has only ` +
          `${available} bytes`,
        'The data file is truncated or belongs to another model. Download it again.',
      );
    }
    return { kind: 'file', ...range };
  }
}

/**
 * Where a tensor with external data is stored.
 *
 * @param size the byte length that its type and dimensions ask for, used where the entry gives none
 * @throws EmendError `bad-file` for unusable entries
 */
function externalRange(proto: TensorProto, name: string, size: number): { file: string; offset: number; length: number } {
  const entries = new Map<string, string>();
  for (const { key, value } of proto.externalData) {
    if (entries.has(key)) throw bad(name, `gives its external ${key} twice`);
    entries.set(key, value);
  }
  const whole = (key: string, otherwise: number): number => {
    const text = entries.get(key);
    if (text === undefined) return otherwise;
    const value = Number(text);
    if (!/^\d{1,16}$/.test(text) || !Number.isSafeInteger(value))
      throw bad(name, `has the external ${key} "${text.slice(0, 40)}" instead of a byte count`);
    return value;
  };
  return { file: checkLocation(entries.get('location') ?? '', name), offset: whole('offset', 0), length: whole('length', size) };
}

function lengthOf(data: TensorData): number {
  return data.kind === 'file' ? data.length : data.bytes.length;
}

const TYPED_FIELDS = ['floatData', 'int32Data', 'stringData', 'int64Data', 'doubleData', 'uint64Data'] as const;

/** Bytes of a tensor stored element by element. Which field holds which type: onnx.proto, comments of TensorProto. */
function typedBytes(proto: TensorProto, name: string, count: number): Uint8Array {
  const { field: expected, array } = typedArray(proto);
  const field = TYPED_FIELDS.find((f) => proto[f].length > 0);
  if (field === undefined && count > 0) throw bad(name, 'has no data');
  if (field !== undefined && field !== expected)
    throw bad(name, `keeps its data in ${field}, where its type ${proto.dataType} expects ${expected}`);
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function typedArray(proto: TensorProto): { field: (typeof TYPED_FIELDS)[number]; array: ArrayBufferView } {
  switch (proto.dataType) {
    case Type.FLOAT:
    case Type.COMPLEX64:
      return { field: 'floatData', array: Float32Array.from(proto.floatData) };
    case Type.DOUBLE:
    case Type.COMPLEX128:
      return { field: 'doubleData', array: Float64Array.from(proto.doubleData) };
    case Type.INT64:
      return { field: 'int64Data', array: BigInt64Array.from(proto.int64Data) };
    case Type.UINT64:
      return { field: 'uint64Data', array: BigUint64Array.from(proto.uint64Data) };
    case Type.UINT32:
      return { field: 'uint64Data', array: Uint32Array.from(proto.uint64Data, Number) };
    case Type.INT32:
      return { field: 'int32Data', array: Int32Array.from(proto.int32Data) };
    case Type.INT16:
    case Type.UINT16:
    case Type.FLOAT16:
    case Type.BFLOAT16:
      return { field: 'int32Data', array: Uint16Array.from(proto.int32Data) };
    default: // one byte for each number, which holds one 8-bit value or several narrower ones
      return { field: 'int32Data', array: Uint8Array.from(proto.int32Data) };
  }
}

/**
 * Refuses ranges that overlap without being the same: writing one tensor would damage another.
 * The same range for two tensors is how exporters share a weight.
 *
 * @throws EmendError `bad-file` naming both tensors
 */
export function refuseOverlaps(ranges: Iterable<StoredRange>): void {
  const sorted = [...ranges]
    .filter((r) => r.length > 0)
    .sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.offset - b.offset || a.length - b.length));
  for (let i = 1; i < sorted.length; i++) {
    const [a, b] = [sorted[i - 1]!, sorted[i]!];
    if (a.file !== b.file || b.offset >= a.offset + a.length) continue;
    if (a.offset === b.offset && a.length === b.length) continue;
    throw new EmendError(
      'bad-file',
      `Tensors "${a.tensor}" and "${b.tensor}" overlap in "${a.file}" (bytes ${a.offset}+${a.length} and ${b.offset}+${b.length})`,
      'The file is damaged or was made to mislead. Export or download the model again.',
    );
  }
}

function bad(tensor: string, what: string): EmendError {
  return new EmendError('bad-file', `Tensor "${tensor}" ${what}`, 'The file is damaged. Export or download the model again.');
}
