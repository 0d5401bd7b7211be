import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DataType } from '../../../electron/engine/onnx/graph.ts';
import { readSafetensors, writeSafetensors, type SafetensorsEntry } from '../../../electron/engine/onnx/safetensors.ts';
import { tensorBytes } from '../../../electron/engine/onnx/tensors.ts';
import { EmendError } from '../../../shared/errors.ts';
import { temporaryFolder } from './models.ts';

const folder = temporaryFolder();
const file = join(folder, 't.safetensors');

function read(bytes: Uint8Array) {
  rmSync(file, { force: true }); // some file systems sync a file that is cut and written again
  writeFileSync(file, bytes);
  return readSafetensors(file);
}

/** A file with this header text and this much data. */
function crafted(header: unknown, data = 8): Buffer {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, Buffer.alloc(data)]);
}

const widths: Partial<Record<DataType, number>> = { float64: 8, float32: 4, float16: 2, bfloat16: 2, int64: 8, uint8: 1, bool: 1 };

const entry = fc
  .record({ dtype: fc.constantFrom(...(Object.keys(widths) as DataType[])), dims: fc.array(fc.nat(4), { maxLength: 3 }) })
  .chain(({ dtype, dims }) => {
    const length = dims.reduce((a, b) => a * b, widths[dtype]!);
    return fc.uint8Array({ minLength: length, maxLength: length }).map((bytes): SafetensorsEntry => ({ dtype, dims, bytes }));
  });
const names = fc.string({ unit: 'binary' }).filter((name) => name !== '__metadata__');

describe('safetensors', () => {
  it('gives back what was written, aligned, and the same bytes in whatever order', () => {
    fc.assert(
      fc.property(fc.dictionary(names, entry), fc.dictionary(names, fc.string()), (record, metadata) => {
        const entries = Object.entries(record);
        const bytes = writeSafetensors(new Map(entries), metadata);
        expect(
          Buffer.compare(bytes, writeSafetensors(new Map([...entries].reverse()), Object.fromEntries(Object.entries(metadata).reverse()))),
        ).toBe(0);
        const back = read(bytes);
        expect(Object.entries(back.metadata).sort()).toEqual(Object.entries(metadata).sort());
        expect([...back.tensors.keys()].sort()).toEqual(Object.keys(record).sort());
        for (const [name, tensor] of back.tensors) {
          const { dtype, dims, bytes: data } = record[name]!;
          expect(tensor).toMatchObject({ dtype, dims });
          expect(Buffer.compare(tensorBytes(back, tensor), data)).toBe(0);
          if (tensor.data.kind === 'file') expect(tensor.data.offset % widths[dtype]!).toBe(0);
        }
      }),
    );
  });

  it('reads or clearly refuses whatever happens to its bytes', () => {
    const whole = writeSafetensors(
      new Map([
        ['a', { dtype: 'float32', dims: [2, 2], bytes: new Uint8Array(16) }],
        ['b', { dtype: 'bool', dims: [3], bytes: new Uint8Array(3) }],
      ]),
      { k: 'v' },
    );
    const change = fc.record({ at: fc.nat(whole.length - 1), byte: fc.nat(255), cut: fc.option(fc.nat(whole.length), { freq: 8 }) });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        let bytes = whole.slice();
        for (const { at, byte, cut } of changes) {
          if (at < bytes.length) bytes[at] = byte;
          if (cut !== null) bytes = bytes.slice(0, cut);
        }
        try {
          const back = read(bytes);
          for (const tensor of back.tensors.values()) tensorBytes(back, tensor);
        } catch (error) {
          expect(error).toBeInstanceOf(EmendError);
        }
      }),
      { numRuns: 1000, seed: 20 },
    );
  });

  it('writes the published layout', () => {
    const bytes = writeSafetensors(new Map([['b', { dtype: 'float32', dims: [1], bytes: new Uint8Array(4) }]]), { k: 'v' });
    const header = '{"__metadata__":{"k":"v"},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';
    expect(Buffer.from(bytes).readBigUInt64LE()).toBe(80n);
    expect(Buffer.from(bytes.subarray(8, 88)).toString()).toBe(header.padEnd(80));
    expect(bytes.length).toBe(92);
  });

  const f32 = (begin: number, end: number, shape: unknown = [(end - begin) / 4]) => ({ dtype: 'F32', shape, data_offsets: [begin, end] });
  it.each<[string, Uint8Array, RegExp]>([
    ['nothing', new Uint8Array(0), /too short/],
    ['a header longer than the file', Buffer.from('ffffffffffffff7f7b7d', 'hex'), /which it cannot/],
    ['text that is no JSON', crafted('{"a":'), /no JSON header/],
    ['JSON that is no object', crafted('[1]'), /no JSON header/],
    ['no UTF-8', Buffer.concat([Buffer.from('0200000000000000', 'hex'), Buffer.from([0xff, 0xfe])]), /no JSON header/],
    ['an overlap', crafted({ a: f32(0, 8), b: f32(4, 8) }), /overlaps another tensor/],
    ['a hole', crafted({ a: f32(4, 8) }), /leaves a hole before tensor "a"/],
    ['bytes behind', crafted({ a: f32(0, 4) }), /4 bytes that belong to no tensor/],
    ['a tensor behind the end', crafted({ a: f32(0, 12) }), /places tensor "a" behind its end/],
    ['a shape that does not fit', crafted({ a: f32(0, 8, [3]) }), /bytes 0 to 8, which do not fit/],
    ['a negative shape', crafted({ a: f32(0, 8, [-1, -2]) }), /do not fit/],
    ['an endless shape', crafted({ a: f32(0, 8, [2 ** 40, 2 ** 40]) }), /do not fit/],
    ['a negative offset', crafted({ a: f32(-4, 0) }), /do not fit/],
    ['a missing shape', crafted({ a: { dtype: 'F32', data_offsets: [0, 8] } }), /without a dtype, a shape/],
    ['metadata of numbers', crafted({ __metadata__: { a: 1 } }, 0), /not a list of texts/],
    ['an unknown type', crafted({ a: { dtype: 'toString', shape: [8], data_offsets: [0, 8] } }), /has the type toString/],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => read(bytes)).toThrow(EmendError);
    expect(() => read(bytes)).toThrow(message);
  });

  it('refuses to write bytes that do not fit, and types that the format lacks', () => {
    expect(() => writeSafetensors(new Map([['a', { dtype: 'float32', dims: [2], bytes: new Uint8Array(4) }]]))).toThrow(
      /has 4 bytes instead of 8/,
    );
    expect(() => writeSafetensors(new Map([['a', { dtype: 'int4', dims: [2], bytes: new Uint8Array(1) }]]))).toThrow(/cannot be stored/);
  });
});
