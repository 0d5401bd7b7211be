import type { DataType } from './graph.ts';

/** Element types that weights come in. */
export type FloatType = Extract<DataType, 'float32' | 'float64' | 'float16' | 'bfloat16'>;

/** Whether a type is one that {@link floatsToBytes} writes. */
export function isFloatType(dtype: DataType): dtype is FloatType {
  return dtype === 'float32' || dtype === 'float64' || dtype === 'float16' || dtype === 'bfloat16';
}

/**
 * Little-endian bytes of numbers in a floating-point type, each rounded once, to nearest, ties to even (IEEE 754).
 * Too large becomes infinite, NaN stays a NaN.
 */
export function floatsToBytes(values: Float32Array | Float64Array, dtype: FloatType): Uint8Array<ArrayBuffer> {
  switch (dtype) {
    case 'float32':
      return bytesOf(Float32Array.from(values));
    case 'float64':
      return bytesOf(Float64Array.from(values));
    case 'float16':
      return bytesOf(narrow(values, 10, 15));
    case 'bfloat16':
      return bytesOf(narrow(values, 7, 127));
  }
}

/** Bit patterns of IEEE half precision → numbers (exact). */
export function halfToFloats(bits: Uint16Array): Float32Array<ArrayBuffer> {
  halfTable ??= makeHalfTable();
  const out = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) out[i] = halfTable[bits[i]!]!;
  return out;
}

/** Bit patterns of bfloat16 → numbers (exact). */
export function bfloatToFloats(bits: Uint16Array): Float32Array<ArrayBuffer> {
  const out = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) out[i] = bits[i]! << 16;
  return new Float32Array(out.buffer);
}

let halfTable: Float32Array | undefined;

function makeHalfTable(): Float32Array {
  return Float32Array.from({ length: 65536 }, (_, bits) => {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
    return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
  });
}

/**
 * Rounds to a 16-bit format with `fractionBits` bits of fraction. Works on the two halves of each number's float64 pattern:
 * float32 input is exact in float64, and going straight from float64 avoids rounding twice.
 */
function narrow(values: Float32Array | Float64Array, fractionBits: number, bias: number): Uint16Array {
  const out = new Uint16Array(values.length);
  const number = new Float64Array(1);
  const words = new Uint32Array(number.buffer);
  const infinity = (2 * bias + 1) << fractionBits;
  for (let i = 0; i < values.length; i++) {
    number[0] = values[i]!;
    const low = words[0]!;
    const high = words[1]!;
    const sign = (high >>> 16) & 0x8000;
    const stored = (high >>> 20) & 0x7ff;
    let fraction = high & 0xfffff;
    let exponent = stored - 1023 + bias;
    let drop = 20 - fractionBits;
    if (stored === 0x7ff) {
      out[i] = sign | infinity | (fraction !== 0 || low !== 0 ? 1 << (fractionBits - 1) : 0);
      continue;
    }
    if (exponent > 2 * bias) {
      out[i] = sign | infinity;
      continue;
    }
    if (exponent <= 0) {
      // subnormal in the target: the leading one becomes part of the fraction, which moves down
      if (stored !== 0) fraction |= 0x100000;
      drop += 1 - exponent;
      exponent = 0;
      if (drop > 21) {
        out[i] = sign; // below half of the smallest number
        continue;
      }
    }
    let rounded = (exponent << fractionBits) + (fraction >>> drop);
    const rest = fraction & ((1 << drop) - 1);
    const half = 1 << (drop - 1);
    // a carry out of the fraction goes into the exponent, which is the right next number, infinity included
    if (rest > half || (rest === half && (low !== 0 || (rounded & 1) === 1))) rounded++;
    out[i] = sign | rounded;
  }
  return out;
}

function bytesOf(array: Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer> | Uint16Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(array.buffer as ArrayBuffer, array.byteOffset, array.byteLength);
}
