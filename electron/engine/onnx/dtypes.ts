import type { DataType } from './graph.ts';

/** ONNX's TensorProto.DataType number → our name, and bits per element. Source: onnx.proto, `enum DataType`. */
const TYPES: Readonly<Record<number, readonly [DataType, number]>> = {
  1: ['float32', 32],
  2: ['uint8', 8],
  3: ['int8', 8],
  4: ['uint16', 16],
  5: ['int16', 16],
  6: ['int32', 32],
  7: ['int64', 64],
  8: ['string', 0],
  9: ['bool', 8],
  10: ['float16', 16],
  11: ['float64', 64],
  12: ['uint32', 32],
  13: ['uint64', 64],
  14: ['other', 64], // complex64
  15: ['other', 128], // complex128
  16: ['bfloat16', 16],
  17: ['other', 8], // the four 8-bit floats
  18: ['other', 8],
  19: ['other', 8],
  20: ['other', 8],
  21: ['uint4', 4],
  22: ['int4', 4],
  23: ['other', 4], // float4
  24: ['other', 8], // float8 exponent only
  25: ['other', 2], // uint2, int2
  26: ['other', 2],
  27: ['other', 6], // the two 6-bit floats
  28: ['other', 6],
};

const CODES = new Map<DataType, number>(
  Object.entries(TYPES).flatMap(([code, [name]]) => (name === 'other' ? [] : [[name, Number(code)] as const])),
);

/** Our name of an ONNX element type number, `other` where the engine has no use for it, undefined where ONNX has no such number. */
export function dataTypeOf(code: number): DataType | undefined {
  return TYPES[code]?.[0];
}

/** ONNX's number of an element type; undefined for `other`, which stands for several. */
export function codeOf(dtype: DataType): number | undefined {
  return CODES.get(dtype);
}

/** Bytes of `count` packed elements of an ONNX type number (4-bit and 2-bit types share bytes). */
export function packedSize(code: number, count: number): number {
  return Math.ceil((count * (TYPES[code]?.[1] ?? 0)) / 8);
}

/** Bytes of `count` packed elements, or undefined for types whose size the name does not tell (`other`, `string`). */
export function byteSize(dtype: DataType, count: number): number | undefined {
  const code = codeOf(dtype);
  return code === undefined || dtype === 'string' ? undefined : packedSize(code, count);
}

/** Product of the dimensions; undefined when one is no whole number of at least 0, or the product is not exact. */
export function elementCount(dims: readonly number[]): number | undefined {
  if (dims.some((d) => !Number.isSafeInteger(d) || d < 0)) return undefined;
  if (dims.includes(0)) return 0;
  let count = 1;
  for (const d of dims) {
    count *= d;
    // 2^48 elements keeps byte sizes (up to 16 bytes each) exact in a double
    if (count > 2 ** 48) return undefined;
  }
  return count;
}
