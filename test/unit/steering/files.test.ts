import fc from 'fast-check';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { controlVectorOf } from '../../../electron/engine/steer/control-vector.ts';
import { ofDirections, readSteering, writeSteering, type SteeringFile } from '../../../electron/engine/steer/file.ts';
import { readControlVector, writeControlVector } from '../../../electron/engine/steer/gguf.ts';
import { writeSafetensors } from '../../../electron/engine/onnx/safetensors.ts';
import { EmendError } from '../../../shared/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'emend-steering-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const written = (name: string, bytes: Uint8Array) => {
  const file = join(folder, name);
  writeFileSync(file, bytes);
  return file;
};
const directions = new Map([
  [1, Float32Array.of(1, -2, 0.5)],
  [3, Float32Array.of(0, 4, -1)],
]);

describe('control vectors', () => {
  test('read back as they were written, whatever the model is called', () => {
    const vector = { hint: 'modell ü', directions };
    expect(readControlVector(written('a.gguf', writeControlVector(vector)))).toEqual({
      hint: 'modell ü',
      directions: new Map([...directions].reverse()),
    });
  });
  test('of any damage are refused by name, never misread', () => {
    const whole = writeControlVector({ hint: 'llama', directions });
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.boolean(), (at, byte, cut) => {
        const bytes = cut ? whole.slice(0, at) : Uint8Array.from(whole, (x, i) => (i === at ? byte : x));
        const file = written('damaged.gguf', bytes);
        try {
          const { directions: read } = readControlVector(file);
          for (const [block, values] of read) expect([Number.isInteger(block), values instanceof Float32Array]).toEqual([true, true]);
        } catch (error) {
          expect(error).toBeInstanceOf(EmendError);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('steering files', () => {
  const steering: SteeringFile = {
    ...ofDirections(directions, 'repeng'),
    about: {
      method: 'repeng',
      model: 'ab',
      settings: [{ key: 'coefficient', name: 'Coefficient', value: '1', source: 'chosen' }],
      readers: [{ hidden: 2, vector: 'directions', shift: 0, threshold: 0.5 }],
    },
  };
  test('read back as they were written, the same bytes for the same steering', () => {
    const bytes = writeSteering(steering);
    expect(readSteering(written('s.safetensors', bytes))).toEqual(steering);
    expect(Buffer.compare(writeSteering(steering), bytes)).toBe(0);
  });
  test('control vectors and plain safetensors are steerings too', () => {
    const plain = writeSafetensors(
      new Map(
        [...directions].map(([block, data]) => [
          `layer.${block}`,
          { dtype: 'float32' as const, dims: [1, 3], bytes: new Uint8Array(data.buffer) },
        ]),
      ),
    );
    for (const file of [written('v.gguf', writeControlVector({ hint: '', directions })), written('plain.safetensors', plain)]) {
      const read = readSteering(file);
      expect(read.intervention.parts).toMatchObject([{ site: 'residual', layers: [1, 3], operator: 'add' }]);
      expect(controlVectorOf(read, 'x').directions).toEqual(directions);
    }
  });
  test('what is none is refused, and says why', () => {
    const text = readFileSync(written('s.safetensors', writeSteering(steering)));
    expect(() => readSteering(written('cut.safetensors', text.subarray(0, text.length - 4)))).toThrow(EmendError);
    const stranger = writeSafetensors(new Map([['wte', { dtype: 'float32', dims: [2, 3], bytes: new Uint8Array(24) }]]));
    expect(() => readSteering(written('wte.safetensors', stranger))).toThrow(/expected one direction for each block/);
    const notFinite = writeSteering({
      ...steering,
      vectors: new Map([['directions', { dims: [2, 1, 3], data: new Float32Array(6).fill(NaN) }]]),
    });
    expect(() => readSteering(written('nan.safetensors', notFinite))).toThrow(/not finite/);
  });
  test('what a control vector cannot say is not made one', () => {
    const [part] = steering.intervention.parts;
    const some = { ...steering, intervention: { parts: [{ ...part!, positions: { kind: 'prompt' as const } }] } };
    expect(() => controlVectorOf(some, 'x')).toThrow(/it steers some tokens only/);
  });
});
