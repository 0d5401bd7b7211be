import { EmendError } from '../../../shared/errors.ts';

/** A value in a GGUF file's list of facts about itself. */
export type GgufValue =
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'uint32' | 'float32'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'strings'; readonly value: readonly string[] }
  | { readonly type: 'int32s'; readonly value: readonly number[] };

/** A tensor to be written: its dimensions as rows first, and its bytes in one of ggml's types. */
export interface GgufTensor {
  readonly type: keyof typeof TYPES;
  readonly dims: readonly number[];
  readonly bytes: Uint8Array;
}

/** ggml's numbers of types. Source: ggml, docs/gguf.md. */
const TYPES = { F32: 0, F16: 1, Q4_0: 2, Q8_0: 8 } as const;
const VALUE = { uint32: 4, int32: 5, float32: 6, bool: 7, string: 8, array: 9 } as const;
const VERSION = 3;
const ALIGNMENT = 32;

/**
 * The bytes of a GGUF file. The same content gives the same bytes; what comes first in the maps comes first in the file.
 * Source: ggml, docs/gguf.md, version 3 (little-endian).
 * @throws EmendError 'bad-input' for a float32 tensor whose bytes do not fit its dimensions
 */
export function writeGguf(facts: ReadonlyMap<string, GgufValue>, tensors: ReadonlyMap<string, GgufTensor>): Uint8Array<ArrayBuffer> {
  const out = new Bytes();
  out.raw(new TextEncoder().encode('GGUF'));
  out.uint32(VERSION);
  out.uint64(tensors.size);
  out.uint64(facts.size);
  for (const [key, fact] of facts) {
    out.text(key);
    writeValue(out, fact);
  }
  let offset = 0;
  for (const [name, { type, dims, bytes }] of tensors) {
    if (type === 'F32' && dims.reduce((a, d) => a * d, 4) !== bytes.length)
      throw new EmendError('bad-input', `Tensor "${name}" [${dims.join(', ')}] has ${bytes.length} bytes.`);
    out.text(name);
    out.uint32(dims.length);
    for (const d of dims.toReversed()) out.uint64(d); // the fastest axis first
    out.uint32(TYPES[type]);
    out.uint64(offset);
    offset = aligned(offset + bytes.length);
  }
  for (const { bytes } of tensors.values()) {
    out.pad(ALIGNMENT);
    out.raw(bytes);
  }
  out.pad(ALIGNMENT);
  return out.whole();
}

function writeValue(out: Bytes, fact: GgufValue): void {
  switch (fact.type) {
    case 'string':
      out.uint32(VALUE.string);
      return out.text(fact.value);
    case 'uint32':
      out.uint32(VALUE.uint32);
      return out.uint32(fact.value);
    case 'float32':
      out.uint32(VALUE.float32);
      return out.float32(fact.value);
    case 'bool':
      out.uint32(VALUE.bool);
      return out.raw(Uint8Array.of(fact.value ? 1 : 0));
    case 'strings':
      out.array(VALUE.string, fact.value.length);
      return fact.value.forEach((text) => out.text(text));
    case 'int32s':
      out.array(VALUE.int32, fact.value.length);
      return out.raw(new Uint8Array(Int32Array.from(fact.value).buffer));
  }
}

function aligned(size: number): number {
  return Math.ceil(size / ALIGNMENT) * ALIGNMENT;
}

/** Little-endian bytes behind one another. */
class Bytes {
  private readonly parts: Uint8Array[] = [];
  private length = 0;

  raw(bytes: Uint8Array): void {
    this.parts.push(bytes);
    this.length += bytes.length;
  }

  uint32(value: number): void {
    this.raw(new Uint8Array(Uint32Array.of(value).buffer));
  }

  uint64(value: number): void {
    this.raw(new Uint8Array(BigUint64Array.of(BigInt(value)).buffer));
  }

  float32(value: number): void {
    this.raw(new Uint8Array(Float32Array.of(value).buffer));
  }

  text(value: string): void {
    const bytes = new TextEncoder().encode(value);
    this.uint64(bytes.length);
    this.raw(bytes);
  }

  array(type: number, count: number): void {
    this.uint32(VALUE.array);
    this.uint32(type);
    this.uint64(count);
  }

  pad(to: number): void {
    this.raw(new Uint8Array((to - (this.length % to)) % to));
  }

  whole(): Uint8Array<ArrayBuffer> {
    const out = new Uint8Array(this.length);
    let at = 0;
    for (const part of this.parts) {
      out.set(part, at);
      at += part.length;
    }
    return out;
  }
}
