import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { readModelType } from '../../../electron/engine/onnx/model-config.ts';
import { readSafetensors } from '../../../electron/engine/onnx/safetensors.ts';
import { tensorFloats } from '../../../electron/engine/onnx/tensors.ts';
import { controlVectorOf } from '../../../electron/engine/steer/control-vector.ts';
import { readSteering } from '../../../electron/engine/steer/file.ts';
import { readControlVector, writeControlVector } from '../../../electron/engine/steer/gguf.ts';
import { besides, name, steerCases } from './cases.ts';

const Spec = v.object({
  tensors: v.string(),
  repeng: v.optional(v.object({ gguf: v.string(), blocks: v.array(v.number()), pca_center: name })),
});

const cases = steerCases().flatMap(({ name: case_, folder }) => {
  const spec = v.parse(Spec, JSON.parse(readFileSync(join(folder, 'steering.json'), 'utf8')));
  return spec.repeng ? [{ case_, folder, tensors: spec.tensors, repeng: spec.repeng }] : [];
});

describe.skipIf(cases.length === 0)('control vectors as GGUF', () => {
  test.each(cases)('$case_', ({ folder, tensors, repeng }) => {
    const file = join(besides(folder, repeng.gguf), 'control.gguf');
    expect(existsSync(file)).toBe(true);
    const read = readControlVector(file);
    const golden = readSafetensors(join(folder, tensors));
    const all = tensorFloats(golden, golden.tensors.get(repeng.pca_center)!);
    const width = all.length / repeng.blocks.length;
    expect([...read.directions.keys()].sort((a, b) => a - b)).toEqual(repeng.blocks);
    repeng.blocks.forEach((block, at) => expect(read.directions.get(block)).toEqual(all.slice(at * width, (at + 1) * width)));
    expect(read.hint).toBe(readModelType(folder));
    // The same directions give the same bytes; a steering that was read from them is a control vector again.
    expect(Buffer.compare(writeControlVector(read), readFileSync(file))).toBe(0);
    expect(controlVectorOf(readSteering(file), read.hint)).toEqual({ ...read, directions: new Map([...read.directions].reverse()) });
  });
});
