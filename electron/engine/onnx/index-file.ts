import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { fromBinary, ScalarType } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { EmendError } from '../../../shared/errors.ts';
import { FileWindow } from './file-window.ts';
import type { ModelProto } from './proto/onnx_pb.ts';
import { GraphProtoSchema, ModelProtoSchema, TensorProtoSchema } from './proto/onnx_pb.ts';

/** Raw tensor data of up to this many bytes is kept in memory; larger data stays in the file. */
export const INLINE_LIMIT = 1024;

/** A graph inside a graph inside … this deep is refused. */
export const MAX_SUBGRAPHS = 32;

/** Messages around one subgraph: node, attribute, graph; and those above and below (model, tensor, nested types, …). */
const MAX_DEPTH = 3 * MAX_SUBGRAPHS + 16;

/** What a file's structure, without raw tensor data, may take in memory by the estimate of {@link Walk.charge}. */
const MEMORY_LIMIT = 2 ** 30;

const RAW_DATA = TensorProtoSchema.field.rawData.number;
const SEGMENT = TensorProtoSchema.field.segment.number;

/**
 * Decodes an .onnx file without its weights. In the result every tensor that has raw data has a `segment`:
 * the byte range [begin, end) of that data in the file (segments of the file's own are refused, as ONNX Runtime does).
 * Raw data above {@link INLINE_LIMIT} is left out of the message.
 *
 * Unlike a plain protobuf decoder it reads only the structure, works on files of any size, and never
 * allocates more than the file can justify: every length is held against the message around it first.
 *
 * @param file absolute path
 * @throws EmendError `not-found`, `bad-file` (not protobuf, truncated, nested too deep), `unsupported` (structure too large)
 */
export function indexFile(file: string): ModelProto {
  const window = new FileWindow(file);
  try {
    if (window.size === 0) throw new EmendError('bad-file', `${file} is empty`, 'Download or export the model again.');
    refuseStandIns(file, window);
    const out = new BinaryWriter();
    new Walk(file, window, out).message(ModelProtoSchema, 0, window.size, 0, 0);
    return decode(file, out.finish());
  } finally {
    window.close();
  }
}

function decode(file: string, skeleton: Uint8Array): ModelProto {
  try {
    return fromBinary(ModelProtoSchema, skeleton, { readUnknownFields: false, recursionLimit: MAX_DEPTH + 1 });
  } catch (error) {
    throw new EmendError(
      'bad-file',
      `${file} is no ONNX model: ${error instanceof Error ? error.message : String(error)}`,
      'Export or download the model again.',
    );
  }
}

/** Text files that commonly stand where a model should be. */
function refuseStandIns(file: string, window: FileWindow): void {
  const head = Buffer.from(window.bytes(0, Math.min(64, window.size))).toString('latin1');
  if (head.startsWith('version https://git-lfs')) {
    throw new EmendError('bad-file', `${file} is a Git LFS pointer, not the model itself`, 'Fetch the real file with "git lfs pull".');
  }
  if (/^\s*(<!doctype|<html|<\?xml)/i.test(head)) {
    throw new EmendError('bad-file', `${file} is a web page, not a model`, 'Download the file itself, not the page that shows it.');
  }
}

/** Copies messages field by field, leaving out large raw data and fields that ONNX does not define. */
class Walk {
  private position = 0;
  private memory = 0;
  private readonly file: string;
  private readonly window: FileWindow;
  private readonly out: BinaryWriter;

  constructor(file: string, window: FileWindow, out: BinaryWriter) {
    this.file = file;
    this.window = window;
    this.out = out;
  }

  message(schema: DescMessage, from: number, to: number, depth: number, graphs: number): void {
    if (graphs > MAX_SUBGRAPHS + 1) throw this.bad(`has subgraphs nested deeper than ${MAX_SUBGRAPHS}`);
    if (depth > MAX_DEPTH) throw this.bad(`has messages nested deeper than ${MAX_DEPTH}`);
    this.charge(512);
    const fields = fieldsOf(schema);
    const once = new Set<number>();
    this.position = from;
    while (this.position < to) {
      const start = this.position;
      const tag = this.varint(to);
      const field = fields.get(Math.floor(tag / 8));
      const wire = tag % 8;
      if (tag < 8 || tag > 0xffffffff) throw this.bad(`has an impossible field number at byte ${start}`);
      const end = this.skip(wire, to, schema, field);
      if (field === undefined) {
        this.position = end;
        continue;
      }
      if (!wireTypes(field).includes(wire)) throw this.bad(`has ${schema.name}.${field.name} in a wrong encoding at byte ${start}`);
      const rawData = schema === TensorProtoSchema && field.number === RAW_DATA;
      if (field.fieldKind === 'message' || rawData) {
        // merging two halves of one message is legal protobuf that no exporter writes
        if (once.has(field.number)) throw this.bad(`has ${schema.name}.${field.name} twice`);
        once.add(field.number);
      }
      if (schema === TensorProtoSchema && field.number === SEGMENT) {
        throw new EmendError(
          'unsupported',
          `${this.file} has a tensor that is split into segments (byte ${start})`,
          'Save the model again with the onnx package.',
        );
      }
      const child = field.message;
      if (child !== undefined) {
        this.out.tag(field.number, wire).fork();
        this.message(child, this.position, end, depth + 1, graphs + (child === GraphProtoSchema ? 1 : 0));
        this.out.join();
      } else if (rawData) {
        this.rawData(start, this.position, end);
      } else {
        this.charge(cost(field, wire, end - this.position));
        this.out.raw(this.window.bytes(start, end));
      }
      this.position = end;
    }
  }

  /** Notes where raw data lies, and keeps it when it is small. */
  private rawData(fieldStart: number, from: number, to: number): void {
    if (to - from <= INLINE_LIMIT) {
      this.charge(128 + to - from);
      this.out.raw(this.window.bytes(fieldStart, to));
    }
    this.out.tag(SEGMENT, WireType.LengthDelimited).fork();
    this.out.tag(1, WireType.Varint).int64(from).tag(2, WireType.Varint).int64(to).join();
  }

  /** Reads a value's length if it has one, leaves the position at its content and returns where it ends. */
  private skip(wire: number, limit: number, schema: DescMessage, field: DescField | undefined): number {
    let end: number;
    if (wire === WireType.Varint) {
      const start = this.position;
      this.varint(limit);
      end = this.position;
      this.position = start;
    } else if (wire === WireType.Bit32) end = this.position + 4;
    else if (wire === WireType.Bit64) end = this.position + 8;
    else if (wire === WireType.LengthDelimited) {
      const length = this.varint(limit);
      end = this.position + length;
    } else throw this.bad(`has an unknown wire type at byte ${this.position}`);
    if (end > limit) {
      const what = field === undefined ? 'a field' : `${schema.name}.${field.name}`;
      throw this.bad(
        `is truncated or damaged: ${what} at byte ${this.position} should reach byte ${end}, but its surroundings end at ${limit}`,
      );
    }
    return end;
  }

  /** A varint as a number; of those above 2^53 only the size is right, which no caller goes on with. */
  private varint(limit: number): number {
    let value = 0;
    for (let i = 0; i < 10; i++) {
      if (this.position >= limit) throw this.bad(`is truncated or damaged at byte ${this.position}`);
      const byte = this.window.byte(this.position++);
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return value;
    }
    throw this.bad(`has an endless number at byte ${this.position - 10}`);
  }

  /** Counts about what the decoded value will take, so that a small hostile file cannot ask for more than memory holds. */
  private charge(bytes: number): void {
    this.memory += bytes;
    if (this.memory > MEMORY_LIMIT) {
      throw new EmendError(
        'unsupported',
        `${this.file} has more structure than fits into memory: beside raw tensor data it needs more than ${MEMORY_LIMIT / 2 ** 20} MiB`,
        'Save the model with its weights as raw or external data (the onnx package does so by default).',
      );
    }
  }

  private bad(what: string): EmendError {
    return new EmendError('bad-file', `${this.file} ${what}`, 'The file is damaged or no ONNX model. Export or download it again.');
  }
}

function cost(field: DescField, wire: number, length: number): number {
  if (wire !== WireType.LengthDelimited) return 32;
  if (field.fieldKind !== 'list' || field.listKind !== 'scalar') return 128 + length;
  if (field.scalar === ScalarType.STRING || field.scalar === ScalarType.BYTES) return 128 + length;
  // packed numbers: an integer takes from one byte up and becomes a bigint; a float takes four and becomes a double
  return 128 + length * (field.scalar === ScalarType.FLOAT || field.scalar === ScalarType.DOUBLE ? 4 : 32);
}

const tables = new Map<DescMessage, Map<number, DescField>>();

function fieldsOf(schema: DescMessage): Map<number, DescField> {
  let table = tables.get(schema);
  if (table === undefined) {
    table = new Map(schema.fields.map((field) => [field.number, field]));
    tables.set(schema, table);
  }
  return table;
}

const wires = new Map<DescField, readonly number[]>();

/** The wire types that a field may arrive in; a list of numbers may be packed or not. */
function wireTypes(field: DescField): readonly number[] {
  let allowed = wires.get(field);
  if (allowed === undefined) {
    const plain = plainWireType(field);
    allowed = field.fieldKind === 'list' && plain !== WireType.LengthDelimited ? [plain, WireType.LengthDelimited] : [plain];
    wires.set(field, allowed);
  }
  return allowed;
}

function plainWireType(field: DescField): number {
  switch (field.scalar) {
    case undefined:
      return field.enum === undefined ? WireType.LengthDelimited : WireType.Varint;
    case ScalarType.STRING:
    case ScalarType.BYTES:
      return WireType.LengthDelimited;
    case ScalarType.FLOAT:
      return WireType.Bit32;
    case ScalarType.DOUBLE:
      return WireType.Bit64;
    default:
      return WireType.Varint;
  }
}
