import { basename, dirname } from 'node:path';
import { EmendError } from '../../../shared/errors.ts';
import { byteSize, elementCount } from './dtypes.ts';
import { FileWindow } from './file-window.ts';
import type { DataType, Tensor } from './graph.ts';

/** Type names of the safetensors format that the engine knows. Source: safetensors, README "Format" and its `Dtype` enum. */
const TYPES: Readonly<Record<string, DataType>> = {
  F64: 'float64', F32: 'float32', F16: 'float16', BF16: 'bfloat16',
  I64: 'int64', I32: 'int32', I16: 'int16', I8: 'int8',
  U64: 'uint64', U32: 'uint32', U16: 'uint16', U8: 'uint8',
  BOOL: 'bool',
}; // prettier-ignore

/** The format's own limit for its header. */
const HEADER_LIMIT = 100_000_000;

/** A safetensors file: its tensors are byte ranges that `tensorBytes(file, tensor)` reads. */
export interface Safetensors {
  /** Absolute folder of the file; `TensorData.file` is relative to it. */
  readonly folder: string;
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Reads the header of a safetensors file; tensors stay on disk.
 *
 * @param file absolute path
 * @throws EmendError `not-found`; `bad-file` for any header that does not describe exactly the bytes that follow it;
 *   `unsupported` for an element type that the engine does not know
 */
export function readSafetensors(file: string): Safetensors {
  const window = new FileWindow(file);
  try {
    if (window.size < 8) throw bad(file, 'is too short for a safetensors file');
    const length = Number(Buffer.from(window.bytes(0, 8)).readBigUInt64LE());
    if (length > HEADER_LIMIT || 8 + length > window.size) throw bad(file, `says that its header has ${length} bytes, which it cannot`);
    const header = parse(file, window.bytes(8, 8 + length));
    const start = 8 + length;
    let metadata: Record<string, string> = {};
    const tensors = new Map<string, Tensor>();
    const ranges: { name: string; begin: number; end: number }[] = [];
    for (const [name, entry] of Object.entries(header)) {
      if (name === '__metadata__') metadata = readMetadata(file, entry);
      else {
        const { dtype, dims, begin, end } = readEntry(file, name, entry);
        if (start + end > window.size) throw bad(file, `places tensor "${name}" behind its end`);
        ranges.push({ name, begin, end });
        tensors.set(name, { dtype, dims, data: { kind: 'file', file: basename(file), offset: start + begin, length: end - begin } });
      }
    }
    refuseGaps(file, ranges, window.size - start);
    return { folder: dirname(file), tensors, metadata };
  } finally {
    window.close();
  }
}

/**
 * The bytes of a safetensors file. The same content gives the same bytes: tensors are sorted by element size (wide ones first, which keeps
 * all
 * aligned) and name, metadata by key, and the header is padded with spaces so that data begins at a multiple of 8.
 *
 * @param tensors name → type, dimensions and bytes in memory
 * @throws EmendError `bad-input` when a tensor's type cannot be stored or its bytes do not fit its dimensions
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, SafetensorsEntry>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const header: [string, string][] = [];
  const about = Object.keys(metadata)
    .sort()
    .map((key): [string, string] => [key, JSON.stringify(metadata[key])]);
  if (about.length > 0) header.push(['__metadata__', jsonObject(about)]);
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const [name, { dtype, dims, bytes }] of inFileOrder(tensors)) {
    const type = Object.entries(TYPES).find(([, known]) => known === dtype)?.[0];
    if (type === undefined || name === '__metadata__')
      throw new EmendError('bad-input', `Tensor "${name}" of type ${dtype} cannot be stored in a safetensors file`, 'Store it as float32.');
    const size = sizeOf(dtype, dims);
    if (size !== bytes.length)
      throw new EmendError(
        'bad-input',
        `Tensor "${name}" of type ${dtype}[${dims.join(', ')}] has ${bytes.length} bytes instead of ${size}`,
      );
    header.push([name, JSON.stringify({ dtype: type, shape: dims, data_offsets: [offset, offset + bytes.length] })]);
    parts.push(bytes);
    offset += bytes.length;
  }
  const json = Buffer.from(jsonObject(header));
  const padded = Math.ceil(json.length / 8) * 8;
  const out = new Uint8Array(8 + padded + offset);
  new DataView(out.buffer).setBigUint64(0, BigInt(padded), true);
  out.set(json, 8);
  out.fill(0x20, 8 + json.length, 8 + padded);
  let at = 8 + padded;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** A tensor to be written by {@link writeSafetensors}. */
export interface SafetensorsEntry {
  readonly dtype: DataType;
  readonly dims: readonly number[];
  readonly bytes: Uint8Array;
}

/** Wide elements first, so that every tensor is aligned to its element size; then by name. */
function inFileOrder(tensors: ReadonlyMap<string, SafetensorsEntry>): [string, SafetensorsEntry][] {
  const width = (entry: SafetensorsEntry) => byteSize(entry.dtype, 1) ?? 0;
  return [...tensors].sort(([a, x], [b, y]) => width(y) - width(x) || (a < b ? -1 : 1));
}

/** A JSON object of ready-made values. JSON.stringify of an object would put names that look like numbers first. */
function jsonObject(entries: readonly [string, string][]): string {
  return `{${entries.map(([key, json]) => `${JSON.stringify(key)}:${json}`).join()}}`;
}

function parse(file: string, bytes: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
    if (isRecord(value)) return value;
  } catch {
    // falls through: one message for text that is no JSON and for JSON that is no object
  }
  throw bad(file, 'has no JSON header; it is no safetensors file');
}

function readMetadata(file: string, entry: unknown): Record<string, string> {
  if (!isRecord(entry) || !Object.values(entry).every((v) => typeof v === 'string'))
    throw bad(file, 'has metadata that is not a list of texts');
  return entry as Record<string, string>;
}

function readEntry(file: string, name: string, entry: unknown): { dtype: DataType; dims: number[]; begin: number; end: number } {
  if (!isRecord(entry)) throw bad(file, `describes tensor "${name}" by no object`);
  const { dtype: type, shape, data_offsets: offsets } = entry;
  if (typeof type !== 'string' || !isNumbers(shape) || !isNumbers(offsets) || offsets.length !== 2) {
    throw bad(file, `describes tensor "${name}" without a dtype, a shape and two data_offsets`);
  }
  const dtype = Object.hasOwn(TYPES, type) ? TYPES[type] : undefined;
  if (dtype === undefined)
    throw new EmendError(
      'unsupported',
      `${file}: tensor "${name}" has the type ${type.slice(0, 40)}`,
      `Known types are ${Object.keys(TYPES).join(', ')}.`,
    );
  const [begin, end] = offsets as [number, number];
  const size = sizeOf(dtype, shape);
  if (size === undefined || !Number.isSafeInteger(begin) || begin < 0 || end - begin !== size) {
    throw bad(file, `gives tensor "${name}" of type ${type}[${shape.join(', ')}] the bytes ${begin} to ${end}, which do not fit`);
  }
  return { dtype, dims: shape, begin, end };
}

/** Tensors must cover the data exactly: no overlap, no hole, nothing behind. */
function refuseGaps(file: string, ranges: { name: string; begin: number; end: number }[], available: number): void {
  ranges.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let at = 0;
  for (const { name, begin, end } of ranges) {
    if (begin !== at) throw bad(file, `${begin < at ? 'overlaps another tensor with' : 'leaves a hole before'} tensor "${name}"`);
    at = end;
  }
  if (at !== available) throw bad(file, `has ${available - at} bytes that belong to no tensor`);
}

function sizeOf(dtype: DataType, dims: readonly number[]): number | undefined {
  const count = elementCount(dims);
  return count === undefined ? undefined : byteSize(dtype, count);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((v) => typeof v === 'number');
}

function bad(file: string, what: string): EmendError {
  return new EmendError('bad-file', `${file} ${what}`, 'The file is damaged. Get it again.');
}
