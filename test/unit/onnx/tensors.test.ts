import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { memoryTensor } from '../../../electron/engine/onnx/build.ts';
import type { DataType, Tensor } from '../../../electron/engine/onnx/graph.ts';
import { floatsToBytes, tensorBytes, tensorFloats, tensorInts } from '../../../electron/engine/onnx/tensors.ts';
import { temporaryFolder } from './models.ts';

const nowhere = { folder: '/nowhere' };

/** Value of a 16-bit float by the definition of the format. */
function define(bits: number, fractionBits: number, bias: number): number {
  const sign = bits >> 15 ? -1 : 1;
  const exponent = (bits & 0x7fff) >> fractionBits;
  const fraction = (bits & (2 ** fractionBits - 1)) / 2 ** fractionBits;
  if (exponent === 2 * bias + 1) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** (1 - bias) : sign * (1 + fraction) * 2 ** (exponent - bias);
}

const bitsOf = (values: Float32Array | Float64Array, dtype: 'float16' | 'bfloat16') => new Uint16Array(floatsToBytes(values, dtype).buffer);
const every16 = Uint16Array.from({ length: 65536 }, (_, i) => i);

describe.each([
  ['float16', 10, 15],
  ['bfloat16', 7, 127],
] as const)('%s', (dtype, fractionBits, bias) => {
  const exact = Float64Array.from(every16, (bits) => define(bits, fractionBits, bias));
  const largest = (2 * bias + 1) * 2 ** fractionBits - 1;

  it('is read by its definition, for all 65,536 patterns', () => {
    expect(tensorFloats(nowhere, memoryTensor(dtype, [65536], every16))).toEqual(Float32Array.from(exact));
  });

  it('is written back as it was, for all patterns that are numbers', () => {
    for (const values of [exact, Float32Array.from(exact)]) {
      bitsOf(values, dtype).forEach((bits, i) => {
        if (Number.isNaN(values[i])) expect(define(bits, fractionBits, bias)).toBeNaN();
        else if (bits !== i) expect.fail(`${i} became ${bits}`);
      });
    }
  });

  it('rounds to nearest, ties to even, between all neighbours', () => {
    const cases: { x: number; bits: number }[] = [];
    for (let low = 0; low < largest; low++) {
      const [a, b] = [exact[low]!, exact[low + 1]!];
      const middle = (a + b) / 2; // exact: float64 has bits to spare
      const step = (b - a) * 2 ** -30;
      const even = low % 2 === 0 ? low : low + 1;
      cases.push({ x: middle, bits: even }, { x: middle - step, bits: low }, { x: middle + step, bits: low + 1 });
      cases.push({ x: -middle, bits: even | 0x8000 }, { x: -middle - step, bits: (low + 1) | 0x8000 });
    }
    const got = bitsOf(
      Float64Array.from(cases, (c) => c.x),
      dtype,
    );
    expect(got).toEqual(Uint16Array.from(cases, (c) => c.bits));
  });

  it('becomes infinite from half a step above its largest number on', () => {
    const top = exact[largest]!;
    const half = (top - exact[largest - 1]!) / 2;
    expect([...bitsOf(Float64Array.of(top + half * 0.999, top + half, 1e308, -1e308, Infinity), dtype)]).toEqual([
      largest,
      largest + 1,
      largest + 1,
      (largest + 1) | 0x8000,
      largest + 1,
    ]);
  });

  it('keeps the sign of zero and of what is too small', () => {
    expect([...bitsOf(Float64Array.of(0, -0, 1e-320, -1e-320, 5e-324), dtype)]).toEqual([0, 0x8000, 0, 0x8000, 0]);
  });
});

describe('floatsToBytes', () => {
  it('writes float32 and float64 little-endian', () => {
    expect([...floatsToBytes(Float64Array.of(1), 'float32')]).toEqual([0, 0, 0x80, 0x3f]);
    expect([...floatsToBytes(Float32Array.of(-2), 'float64')]).toEqual([0, 0, 0, 0, 0, 0, 0, 0xc0]);
  });

  it('does not share memory with its input', () => {
    const values = Float32Array.of(1);
    const bytes = floatsToBytes(values, 'float32');
    values[0] = 5;
    expect(new Float32Array(bytes.buffer)[0]).toBe(1);
  });
});

describe('tensorFloats and tensorInts', () => {
  it.each<[DataType, ArrayBufferView, number[]]>([
    ['float64', Float64Array.of(1.5, -2), [1.5, -2]],
    ['int64', BigInt64Array.of(-3n, 7n), [-3, 7]],
    ['uint64', BigUint64Array.of(3n), [3]],
    ['int32', Int32Array.of(-1, 2), [-1, 2]],
    ['uint32', Uint32Array.of(2 ** 31), [2 ** 31]],
    ['int16', Int16Array.of(-2), [-2]],
    ['uint16', Uint16Array.of(65535), [65535]],
    ['int8', Int8Array.of(-128), [-128]],
    ['uint8', Uint8Array.of(255), [255]],
    ['bool', Uint8Array.of(1, 0), [1, 0]],
    ['uint4', Uint8Array.of(0x21, 0x0f), [1, 2, 15]],
    ['int4', Uint8Array.of(0x8f, 0x07), [-1, -8, 7]],
  ])('reads %s', (dtype, array, expected) => {
    const tensor = memoryTensor(dtype, [expected.length], array);
    expect([...tensorFloats(nowhere, tensor)]).toEqual(expected);
    if (dtype !== 'float64') expect(tensorInts(nowhere, tensor)).toEqual(expected);
    else expect(() => tensorInts(nowhere, tensor)).toThrow(/float64 cannot be read as whole numbers/);
  });

  it('reads bytes that begin anywhere', () => {
    const bytes = Buffer.concat([Buffer.alloc(8), Buffer.from(Float64Array.of(3).buffer)]);
    for (let shift = 0; shift < 8; shift++) {
      const moved = new Uint8Array(16);
      moved.set(bytes.subarray(8), shift);
      expect([...tensorFloats(nowhere, memoryTensor('float64', [], moved.subarray(shift, shift + 8)))]).toEqual([3]);
    }
  });

  it('holds integers at the ends of int64 at the largest exact number', () => {
    const tensor = memoryTensor('int64', [3], BigInt64Array.of(2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n - 1n));
    expect(tensorInts(nowhere, tensor)).toEqual([Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]);
  });

  it.each(['string', 'other'] as const)('refuses %s', (dtype) => {
    expect(() => tensorFloats(nowhere, memoryTensor(dtype, [1], new Uint8Array(1)))).toThrow(/cannot be read as numbers/);
  });
});

describe('tensorBytes', () => {
  const stored = (offset: number, length: number): Tensor => ({
    dtype: 'uint8',
    dims: [length],
    data: { kind: 'file', file: 'data.bin', offset, length },
  });

  it('reads exactly the range, short and long', () => {
    const folder = temporaryFolder();
    const content = Buffer.from(Array.from({ length: 700_000 }, (_, i) => (i * 7919) >> 3));
    writeFileSync(join(folder, 'data.bin'), content);
    for (const [offset, length] of [
      [0, 1],
      [5, 1000],
      [699_999, 1],
      [3, 699_000],
      [700_000, 0],
    ] as const) {
      expect(Buffer.compare(tensorBytes({ folder }, stored(offset, length)), content.subarray(offset, offset + length))).toBe(0);
    }
  });

  it('says so when the file is shorter, without asking for the memory first', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'data.bin'), 'abc');
    expect(() => tensorBytes({ folder }, stored(0, 2 ** 45))).toThrow(/ends before byte/);
    expect(() => tensorBytes({ folder: join(folder, 'gone') }, stored(0, 1))).toThrow(/There is no file/);
  });
});
