import { EmendError } from '../../../shared/errors.ts';
import { FileWindow } from '../onnx/file-window.ts';
import type { DataType } from '../onnx/graph.ts';
import { tensorFloats } from '../onnx/tensors.ts';

/** A control vector as repeng writes it and llama.cpp reads it: block → what is added to its output. */
export interface ControlVector {
  /** Family of the model, such as llama. */
  readonly hint: string;
  readonly directions: ReadonlyMap<number, Float32Array>;
}

const MAGIC = 'GGUF';
const VERSION = 3;
const ALIGNMENT = 32;
const [UINT32, STRING, ARRAY] = [4, 8, 9];
/** Bytes of GGUF's values of fixed size, by their type number (ggml/docs/gguf.md). */
const SIZES: Readonly<Record<number, number>> = { 0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8 };
const TENSOR_TYPES: Readonly<Record<number, DataType>> = { 0: 'float32', 1: 'float16', 30: 'bfloat16' };
/** A control vector has a few dozen tensors and keys; more are a mistake or an attack. */
const MOST = 10_000;
const MOST_TEXT = 1_000_000;

/** The file's bytes; the same directions give the same bytes, in the order of repeng (last block first). */
export function writeControlVector({ hint, directions }: ControlVector): Uint8Array {
  const blocks = [...directions.keys()].sort((a, b) => b - a);
  const head: Uint8Array[] = [];
  const put = (bytes: Uint8Array) => head.push(bytes);
  const text = (value: string) => {
    const bytes = new TextEncoder().encode(value);
    put(u64(bytes.length));
    put(bytes);
  };
  put(new TextEncoder().encode(MAGIC));
  put(u32(VERSION));
  put(u64(blocks.length));
  put(u64(3));
  for (const [key, value] of [
    ['general.architecture', 'controlvector'],
    ['controlvector.model_hint', hint],
  ] as const) {
    text(key);
    put(u32(STRING));
    text(value);
  }
  text('controlvector.layer_count');
  put(u32(UINT32));
  put(u32(blocks.length));
  let offset = 0;
  for (const block of blocks) {
    const { length } = directions.get(block)!;
    text(`direction.${block}`);
    put(u32(1));
    put(u64(length));
    put(u32(0));
    put(u64(offset));
    offset += aligned(4 * length);
  }
  const start = aligned(head.reduce((sum, { length }) => sum + length, 0));
  const out = new Uint8Array(start + offset);
  let at = 0;
  for (const bytes of head) {
    out.set(bytes, at);
    at += bytes.length;
  }
  at = start;
  for (const block of blocks) {
    const data = directions.get(block)!;
    out.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += aligned(data.byteLength);
  }
  return out;
}

/** Reads a control vector. @throws EmendError 'bad-file' for anything else, 'unsupported' for directions that are quantised */
export function readControlVector(file: string): ControlVector {
  const window = new FileWindow(file);
  try {
    return new Reader(file, window).read();
  } finally {
    window.close();
  }
}

class Reader {
  private at = 0;
  private readonly file: string;
  private readonly window: FileWindow;

  constructor(file: string, window: FileWindow) {
    this.file = file;
    this.window = window;
  }

  read(): ControlVector {
    if (this.window.size < 24 || new TextDecoder().decode(this.take(4)) !== MAGIC) throw this.bad('does not begin as a GGUF file does');
    const version = this.u32();
    if (version !== 2 && version !== VERSION) throw this.bad(`is of GGUF version ${version}; versions 2 and 3 are read`);
    const [tensors, keys] = [this.count('tensors'), this.count('keys')];
    const about = new Map<string, unknown>();
    for (let i = 0; i < keys; i++) about.set(this.text(), this.value(this.u32()));
    const architecture = about.get('general.architecture');
    if (architecture !== 'controlvector') throw this.bad(`holds ${JSON.stringify(architecture ?? 'something else')}, not a control vector`);
    const infos = Array.from({ length: tensors }, () => this.info());
    const alignment = about.get('general.alignment') ?? ALIGNMENT;
    if (typeof alignment !== 'number' || alignment < 1) throw this.bad('has an alignment that is none');
    const start = Math.ceil(this.at / alignment) * alignment;
    const directions = new Map<number, Float32Array>();
    for (const { name, dims, type, offset } of infos) {
      const block = /^direction\.(\d{1,4})$/.exec(name)?.[1];
      if (block === undefined) throw this.bad(`holds "${name}"; expected direction.1, direction.2, …`);
      if (dims.length !== 1 && dims.slice(1).some((d) => d !== 1))
        throw this.bad(`holds "${name}" as [${dims.join(', ')}]; expected one row`);
      const dtype = TENSOR_TYPES[type];
      if (dtype === undefined)
        throw new EmendError('unsupported', `${this.file}: "${name}" is quantised (GGML type ${type}).`, 'Use a float control vector.');
      const bytes = this.window.bytes(start + offset, start + offset + dims[0]! * (dtype === 'float32' ? 4 : 2));
      directions.set(Number(block), tensorFloats({ folder: '' }, { dtype, dims: [dims[0]!], data: { kind: 'bytes', bytes } }).slice());
    }
    if (directions.size === 0) throw this.bad('holds no direction');
    const hint = about.get('controlvector.model_hint');
    return { hint: typeof hint === 'string' ? hint : '', directions };
  }

  private info(): { name: string; dims: number[]; type: number; offset: number } {
    const name = this.text();
    const axes = this.u32();
    if (axes < 1 || axes > 4) throw this.bad(`gives "${name.slice(0, 40)}" ${axes} dimensions`);
    const dims = Array.from({ length: axes }, () => this.u64());
    return { name, dims, type: this.u32(), offset: this.u64() };
  }

  private value(type: number): unknown {
    if (type === STRING) return this.text();
    if (type === ARRAY) {
      const [of, length] = [this.u32(), this.u64()];
      if (length > MOST_TEXT) throw this.bad(`has a list of ${length}`);
      for (let i = 0; i < length; i++) this.value(of);
      return undefined;
    }
    const size = SIZES[type];
    if (size === undefined) throw this.bad(`has a value of the unknown type ${type}`);
    const bytes = this.take(size);
    return type === UINT32 ? new DataView(bytes.buffer).getUint32(0, true) : undefined;
  }

  private text(): string {
    const length = this.u64();
    if (length > MOST_TEXT) throw this.bad(`has a text of ${length} bytes`);
    return new TextDecoder().decode(this.take(length));
  }

  private count(what: string): number {
    const found = this.u64();
    if (found > MOST) throw this.bad(`says that it has ${found} ${what}`);
    return found;
  }

  private u32(): number {
    return new DataView(this.take(4).buffer).getUint32(0, true);
  }

  private u64(): number {
    const value = new DataView(this.take(8).buffer).getBigUint64(0, true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw this.bad('has a number beyond what a file can hold');
    return Number(value);
  }

  private take(length: number): Uint8Array<ArrayBuffer> {
    if (this.at + length > this.window.size) throw this.bad('ends in the middle of its head');
    const bytes = this.window.bytes(this.at, this.at + length);
    this.at += length;
    return bytes;
  }

  private bad(what: string): EmendError {
    return new EmendError('bad-file', `${this.file} ${what}.`, 'Choose a control vector as repeng or llama.cpp write it.');
  }
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

function u32(value: number): Uint8Array {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, value, true);
  return out;
}

function u64(value: number): Uint8Array {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, BigInt(value), true);
  return out;
}
