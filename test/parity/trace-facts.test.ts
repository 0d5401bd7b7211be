import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { averageEffects, type FactScores } from '../../electron/engine/locate/averages.ts';
import { runs, trace, tracingSites } from '../../electron/engine/locate/tracing.ts';
import { Walk } from '../../electron/engine/locate/walk.ts';
import { readSafetensors } from '../../electron/engine/onnx/safetensors.ts';
import { tensorFloats } from '../../electron/engine/onnx/tensors.ts';
import { loadTokenizer } from '../../electron/engine/text/load.ts';
import { Decoder } from '../../electron/engine/decoder/decoder.ts';
import { silent } from '../../shared/progress.ts';
import { TOKEN_GROUPS, type TraceKind } from '../../shared/tracing.ts';
import { root } from '../fixtures.ts';
import { randn } from './numpy-noise.ts';

const folder = join(root, 'locate/atlas');
const atlas = join(import.meta.dirname, '../../models/atlas');
const Group = v.object({ facts: v.number(), mean: v.array(v.number()), ci95: v.array(v.number()) });
const Averages = v.object({
  noise_level: v.number(),
  samples: v.number(),
  all: v.objectWithRest({ facts: v.number() }, v.record(v.string(), Group)),
  prompts: v.array(
    v.object({
      prompt: v.string(),
      subject_range: v.tuple([v.number(), v.number()]),
      answer: v.number(),
      high: v.number(),
      low: v.number(),
    }),
  ),
});
/** How the golden calls kinds with their windows. */
const KINDS: Readonly<Record<string, { kind: TraceKind; window: number }>> = {
  hidden: { kind: 'hidden', window: 1 },
  'mlp@2': { kind: 'mlp', window: 2 },
  'attn@2': { kind: 'attention', window: 2 },
};
/** All grids of all facts take many minutes: asked for by this variable, which names the kinds ("hidden,mlp@2"). */
const whole = (process.env['EMEND_AVERAGES'] ?? '').split(',').filter(Boolean);
/** Every so manieth fact is traced without it. */
const SHARE = 8;

describe.skipIf(!existsSync(join(folder, 'average.json')))('averages over facts', () => {
  test('the noise is numpy’s', () => {
    const golden = readSafetensors(join(folder, 'trace.safetensors'));
    const spec = JSON.parse(readFileSync(join(folder, 'trace.json'), 'utf8')) as { cases: { noise_level: number }[] };
    spec.cases.forEach(({ noise_level: level }, at) => {
      const wanted = tensorFloats(golden, golden.tensors.get(`${at}.noise`)!);
      const drawn = randn(wanted.length, 1);
      expect(wanted.reduce((most, x, i) => Math.max(most, Math.abs(x - drawn[i]! * level)), 0)).toBeLessThan(1e-6);
    });
  });

  test('clean and corrupted probabilities, and effects by group', { timeout: whole.length > 0 ? 7_200_000 : 120_000 }, async () => {
    const golden = v.parse(Averages, JSON.parse(readFileSync(join(folder, 'average.json'), 'utf8')));
    const tokenizer = await loadTokenizer(atlas);
    const decoder = await Decoder.open(join(atlas, 'model.onnx'), { threads: 1 });
    const layers = decoder.anatomy.layers.length;
    const walk = await Walk.create(decoder, tracingSites(layers));
    const facts = new Map<string, FactScores[]>(whole.map((name) => [name, []]));
    const some = golden.prompts.filter((_, at) => whole.length > 0 || at % SHARE === 0);
    for (const { prompt, subject_range: subject, answer, high, low } of some) {
      const count = golden.samples * (subject[1] - subject[0]) * decoder.anatomy.hiddenSize;
      const noise = Float32Array.from(randn(count, 1), (x) => x * golden.noise_level);
      const made = await runs(walk, { ids: tokenizer.encode(prompt), subject, noise, samples: golden.samples });
      expect(made.answer, prompt).toBe(answer);
      expect(Math.abs(made.high - high), prompt).toBeLessThan(1e-4);
      expect(Math.abs(made.low - low), prompt).toBeLessThan(1e-4);
      for (const name of whole) {
        const { kind, window } = KINDS[name]!;
        const flat = await trace(walk, made, kind, window, silent);
        const grid = Array.from({ length: flat.length / layers }, (_, t) => [...flat.subarray(t * layers, (t + 1) * layers)]);
        facts.get(name)!.push({ subject, high: made.high, low: made.low, scores: { [kind]: grid } });
      }
    }
    await walk.release();
    for (const [name, traced] of facts) {
      const { kind } = KINDS[name]!;
      const found = averageEffects(traced, [kind])[kind]!;
      for (const { key, label } of TOKEN_GROUPS) {
        const wanted = golden.all[name]![label.toLowerCase()]!;
        // The golden traced the outputs of parts at some of the further tokens only.
        if (key === 'further' && kind !== 'hidden') continue;
        expect(found[key].facts, `${name}, ${label}`).toBe(wanted.facts);
        const apart = found[key].layers.map(({ mean, interval }, l) =>
          Math.max(Math.abs(mean - wanted.mean[l]!), Math.abs(interval! - wanted.ci95[l]!)),
        );
        console.log(`${name}, ${label}: ${Math.max(...apart).toExponential(1)}`);
        expect(Math.max(...apart), `${name}, ${label}`).toBeLessThan(1e-3);
      }
    }
  });
});
