import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { Decoder } from '../../electron/engine/decoder/decoder.ts';
import { Generator } from '../../electron/engine/decoder/generate.ts';
import { Stage } from '../../electron/engine/decoder/stage.ts';
import { isFloatType } from '../../electron/engine/onnx/floats.ts';
import { floats } from '../../electron/engine/runtime/session.ts';
import { type Case, checkpointsOf } from '../fixtures.ts';
import { hasTransformers, python } from '../python.ts';
import { apart, goldenOf, withDelta } from './golden.ts';

/** Those of the fixtures; and every option of every family, made anew where Python has transformers (families/make.py). */
const folder = mkdtempSync(join(tmpdir(), 'emend-families-'));
const families = join(import.meta.dirname, 'families');
if (hasTransformers) execFileSync(python, [join(families, 'make.py'), join(families, 'configurations.json'), folder], { stdio: 'pipe' });
const made = readdirSync(folder).map((name) => ({ name, folder: join(folder, name), model: join(folder, name, 'config.json') }));
const cases = [...checkpointsOf('checkpoints'), ...made];
const attained: string[] = [];
/** Weights of every type are computed with as float32, as for the goldens. */
const TOLERANCE = 1e-4;

describe.skipIf(cases.length === 0)('checkpoints', () => {
  afterAll(() => {
    console.log(attained.join('\n'));
    rmSync(folder, { recursive: true });
  });
  test.each(cases)('$name', async ({ name, folder, model }: Case) => {
    const decoder = await Decoder.open(model);
    const golden = goldenOf(folder);
    const { anatomy } = decoder;
    expect(anatomy.warnings).toEqual([]);
    expect(anatomy.layers.length).toBeGreaterThan(golden.layer);
    for (const { attention, mlp } of anatomy.layers) {
      expect(attention?.pattern, 'attention found').toBeDefined();
      for (const part of ['query', 'key', 'value'] as const) expect(attention?.projected[part], part).toBeDefined();
      expect(mlp.refusal).toBeUndefined();
      expect(isFloatType(mlp.down.dtype)).toBe(true);
    }
    const line = [name];
    const note = (what: string, found: number) => {
      line.push(`${what} ${found.toExponential(1)}`);
      expect(found, what).toBeLessThan(TOLERANCE);
    };
    const hold = (what: string, found: Float32Array, wanted = what) =>
      note(what, apart(found, golden.floats(wanted), golden.real).difference);

    const taps = anatomy.layers.flatMap((l) => [l.residual, l.mlp.key]);
    const stage = await Stage.create(decoder, undefined, [...taps, anatomy.logits], { optimize: 'all' });
    const clean = await stage.run(golden.rows);
    await stage.release();
    hold('logits', floats(clean, anatomy.logits));
    anatomy.layers.forEach((l, i) => {
      hold(`residual.${i}`, floats(clean, l.residual));
      hold(`key.${i}`, floats(clean, l.mlp.key));
    });
    const { logits, gradient } = await withDelta(decoder, golden);
    hold('with delta', logits, 'logits_with_delta');
    const g = apart(gradient, golden.floats('delta_gradient'), golden.real);
    note('gradient', g.difference / g.size);

    const greedy = golden.ints('greedy');
    expect(await continued(decoder, golden.ids[Number(golden.metadata['greedy_of_row'])]!, greedy.length)).toEqual({
      cached: greedy,
      anew: greedy,
    });
    attained.push(line.join('  '));
  });
});

/** What greedy decoding adds, with the cache and by reading everything anew for each token. */
async function continued(decoder: Decoder, row: readonly number[], count: number): Promise<{ cached: number[]; anew: number[] }> {
  const generator = await Generator.create(decoder);
  const sampling = { temperature: 0, topK: 0, topP: 1, repetitionPenalty: 1, seed: 0 };
  const [cached] = await generator.continue([row], { maxTokens: count, sampling });
  const anew: number[] = [];
  while (anew.length < count) {
    const [logits] = await generator.next([[...row, ...anew]]);
    anew.push(logits!.indexOf(Math.max(...logits!)));
  }
  await generator.release();
  return { cached: cached!, anew };
}
