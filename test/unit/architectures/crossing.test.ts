import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { Decoder } from '../../../electron/engine/decoder/decoder.ts';
import { Generator } from '../../../electron/engine/decoder/generate.ts';
import { graphFile } from '../../../electron/engine/onnx/model-folder.ts';
import { Random } from '../../../electron/engine/runtime/sampling.ts';
import { CONFIG, tensors, write } from './tiny.ts';

const top = mkdtempSync(join(tmpdir(), 'emend-crossing-'));
afterAll(() => rmSync(top, { recursive: true, force: true }));

/** Heads are 4 wide: two frequencies. */
const SCALINGS = {
  longrope: { rope_type: 'longrope', original_max_position_embeddings: 6, short_factor: [1, 1.5], long_factor: [1, 4] },
  dynamic: { rope_type: 'dynamic', factor: 4 },
};

/** Large enough that attention depends on where tokens stand. */
const weights = () => {
  const random = new Random(1);
  return new Map(
    [...tensors()].map(([name, tensor]) => {
      const values = Float32Array.from({ length: tensor.bytes.length / 4 }, () => 3 * (random.next() - 0.5));
      return [name, { ...tensor, bytes: new Uint8Array(values.buffer) }];
    }),
  );
};

it.each(Object.entries(SCALINGS))(
  'a text that grows beyond what %s was trained for is read from the cache as it is read anew',
  async (name, rope_scaling) => {
    const config = { ...CONFIG, rope_scaling, ...(name === 'dynamic' ? { max_position_embeddings: 6 } : {}) };
    const decoder = await Decoder.open(graphFile(write(join(top, name), config, weights())), { threads: 1 });
    const generator = await Generator.create(decoder, { prepack: false });
    const row = [3, 9, 4, 11];
    const sampling = { temperature: 0, topK: 0, topP: 1, repetitionPenalty: 1, seed: 0 };
    const cached: Float32Array[] = [];
    const [added] = await generator.continue([row], { maxTokens: 6, sampling, onStep: (_, scores) => void cached.push(scores.slice()) });
    for (const [step, scores] of cached.entries()) {
      const [anew] = await generator.next([[...row, ...added!.slice(0, step)]]);
      scores.forEach((score, i) => expect(score, `step ${step}`).toBeCloseTo(anew![i]!, 4));
    }
    await generator.release();
  },
);
