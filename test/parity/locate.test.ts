import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, describe, expect, test } from 'vitest';
import { attribute, attributionSites } from '../../electron/engine/locate/attribution.ts';
import { change, lastLogits } from '../../electron/engine/locate/takeover.ts';
import { embeddingDeviation } from '../../electron/engine/locate/embedding.ts';
import { lens } from '../../electron/engine/locate/lens.ts';
import { runs, severed, trace, tracingSites } from '../../electron/engine/locate/tracing.ts';
import { normalNoise } from '../../electron/engine/locate/noise.ts';
import { Walk } from '../../electron/engine/locate/walk.ts';
import { readSafetensors } from '../../electron/engine/onnx/safetensors.ts';
import { tensorFloats, tensorInts } from '../../electron/engine/onnx/tensors.ts';
import { matrix } from '../../electron/engine/linalg/matrix.ts';
import { changedWeight } from '../../electron/engine/edit/delta.ts';
import { Decoder } from '../../electron/engine/decoder/decoder.ts';
import { Generator } from '../../electron/engine/decoder/generate.ts';
import { silent } from '../../shared/progress.ts';
import { casesOf, root } from '../fixtures.ts';

const Kinds = v.record(v.string(), v.object({ window: v.number(), layers_restored: v.array(v.array(v.number())) }));
const Trace = v.object({
  model: v.string(),
  embedding_std: v.optional(v.number()),
  noise_subjects: v.optional(v.array(v.array(v.number()))),
  cases: v.array(
    v.object({
      name: v.string(),
      input_ids: v.array(v.number()),
      subject_range: v.tuple([v.number(), v.number()]),
      answer: v.number(),
      high_score: v.number(),
      low_score: v.number(),
      low_score_replace: v.optional(v.number()),
      samples: v.number(),
      kinds: Kinds,
      severed_tokens: v.optional(v.array(v.number()), []),
    }),
  ),
});
const PARTS = { mlp: 'mlp', attn: 'attention' } as const;

/** Folders of a kind of golden below locate/, each with the model that it names: its own, or one of the project. */
function foldersWith(file: string): { name: string; folder: string }[] {
  const kind = join(root, 'locate');
  if (!existsSync(kind)) return [];
  return readdirSync(kind)
    .filter((name) => existsSync(join(kind, name, file)))
    .map((name) => ({ name, folder: join(kind, name) }));
}

function modelOf(folder: string, named: string): string {
  const own = join(folder, named);
  return existsSync(own) ? own : join(import.meta.dirname, '../..', named.replace(/ of the project$/, ''));
}

const traced = foldersWith('trace.json');
const attained: string[] = [];

describe.skipIf(traced.length === 0)('causal tracing', () => {
  afterAll(() => console.log(attained.join('\n')));
  test.each(traced)('$name', { timeout: 300_000 }, async ({ name, folder }) => {
    const spec = v.parse(Trace, JSON.parse(readFileSync(join(folder, 'trace.json'), 'utf8')));
    const golden = readSafetensors(join(folder, 'trace.safetensors'));
    const floatsOf = (key: string) => tensorFloats(golden, golden.tensors.get(key)!);
    const decoder = await Decoder.open(modelOf(folder, spec.model), { threads: 1 });
    const walk = await Walk.create(decoder, tracingSites(decoder.anatomy.layers.length));
    const worst = new Map<string, number>();
    const hold = (what: string, found: ArrayLike<number>, wanted: ArrayLike<number>) => {
      expect(found.length, what).toBe(wanted.length);
      const most = Math.max(...Array.from(found, (x, i) => Math.abs(x - wanted[i]!)));
      worst.set(what, Math.max(worst.get(what) ?? 0, most));
      expect(most, what).toBeLessThan(1e-4);
    };
    if (spec.noise_subjects && spec.embedding_std !== undefined)
      hold('embedding_std', [await embeddingDeviation(walk, spec.noise_subjects)], [spec.embedding_std]);
    for (const [i, one] of spec.cases.entries()) {
      const corruption = { ids: one.input_ids, subject: one.subject_range, noise: floatsOf(`${i}.noise`), samples: one.samples };
      const made = await runs(walk, corruption);
      expect(made.answer).toBe(one.answer);
      hold('high, low', [made.high, made.low], [one.high_score, one.low_score]);
      for (const [kind, { window }] of Object.entries(one.kinds)) {
        const part = kind.split('.')[0]!;
        const scores = await trace(walk, made, part === 'hidden' ? 'hidden' : PARTS[part as keyof typeof PARTS], window, silent);
        hold(`scores.${kind}`, scores, floatsOf(`${i}.scores.${kind}`));
      }
      if (one.low_score_replace !== undefined) {
        const replaced = await runs(walk, { ...corruption, replace: true }, one.answer);
        hold('low, replaced', [replaced.low], [one.low_score_replace]);
        hold('scores.hidden.replace', await trace(walk, replaced, 'hidden', 1, silent), floatsOf(`${i}.scores.hidden.replace`));
      }
      if (one.severed_tokens.length === 0) continue;
      const second = await runs(walk, { ...corruption, noise: floatsOf(`${i}.noise_second`) }, one.answer);
      const at = one.severed_tokens;
      hold('severed.ordinary', await severed(walk, made, undefined, at, silent), floatsOf(`${i}.severed.ordinary`));
      for (const [short, kind] of Object.entries(PARTS)) {
        hold(`severed_same.${short}`, await severed(walk, made, kind, at, silent), floatsOf(`${i}.severed_same.${short}`));
        // As coded: the outputs come from the first draw, the run that is scored has the second.
        hold(`severed.${short}`, await severed(walk, second, kind, at, silent, made), floatsOf(`${i}.severed.${short}`));
      }
    }
    await walk.release();
    attained.push(`${name}: ${[...worst].map(([what, most]) => `${what} ${most.toExponential(1)}`).join(', ')}`);
  });
});

const Lens = v.object({
  model: v.string(),
  smallest_top1_margin: v.optional(v.number()),
  cases: v.array(v.object({ name: v.string(), input_ids: v.array(v.number()), watched: v.array(v.number()) })),
});
const looked = foldersWith('lens.json');

describe.skipIf(looked.length === 0)('lens, attribution, attention', () => {
  const seen: string[] = [];
  afterAll(() => console.log(seen.join('\n')));
  test.each(looked)('$name', async ({ name, folder }) => {
    const spec = v.parse(Lens, JSON.parse(readFileSync(join(folder, 'lens.json'), 'utf8')));
    const golden = readSafetensors(join(folder, 'lens.safetensors'));
    const patterns = readSafetensors(join(folder, 'attention.safetensors'));
    const decoder = await Decoder.open(modelOf(folder, spec.model), { threads: 1 });
    const layers = decoder.anatomy.layers.map((_, layer) => layer);
    const sites = [...attributionSites(decoder), ...layers.map((layer) => ({ kind: 'pattern', layer }) as const)];
    const walk = await Walk.create(decoder, sites);
    const worst = new Map<string, number>();
    const hold = (what: string, found: readonly number[], wanted: ArrayLike<number>, limit = 1e-4) => {
      expect(found.length, what).toBe(wanted.length);
      const most = found.reduce((m, x, i) => Math.max(m, Math.abs(x - wanted[i]!)), 0);
      worst.set(what, Math.max(worst.get(what) ?? 0, most));
      expect(most, what).toBeLessThan(limit);
    };
    for (const [i, { input_ids: ids, watched }] of spec.cases.entries()) {
      const floatsOf = (key: string) => tensorFloats(golden, golden.tensors.get(`${i}.${key}`)!);
      const intsOf = (key: string) => tensorInts(golden, golden.tensors.get(`${i}.${key}`)!);
      const places = (await lens(walk, ids, watched)).flat();
      hold(
        'lens.watched',
        places.flatMap((p) => p.watched.map((w) => w.logit)),
        floatsOf('lens.watched'),
      );
      hold(
        'lens.log_probability',
        places.flatMap((p) => p.watched.map((w) => w.logProbability)),
        floatsOf('lens.log_probability'),
      );
      hold(
        'lens.entropy',
        places.map((p) => p.entropy),
        floatsOf('lens.entropy'),
      );
      hold(
        'lens.kl_to_final',
        places.map((p) => p.klToFinal),
        floatsOf('lens.kl_to_final'),
      );
      const tops = floatsOf('lens.top5_logits');
      hold(
        'lens.top5_logits',
        places.flatMap((p) => p.top.map((t) => t.logit)),
        tops,
      );
      // Ids and ranks hang on rounding where logits lie close together.
      const ids5 = intsOf('lens.top5_ids');
      places
        .flatMap((p) => p.top)
        .forEach(({ id }, at) => {
          const close = [at - 1, at + 1].some((other) => Math.abs((tops[other] ?? Infinity) - tops[at]!) <= 1e-3);
          if (!close) expect(id, `top ${at}`).toBe(Number(ids5[at]));
        });
      const ranks = intsOf('lens.rank');
      const far = places.flatMap((p) => p.watched).filter(({ rank }, at) => Math.abs(rank - Number(ranks[at])) > 1);
      expect(far).toEqual([]);
      const parts = await attribute(walk, ids, watched);
      hold('attribution.embedding', parts.embedding.flat(), floatsOf('attribution.embedding'));
      hold('attribution.attn', parts.attention.flat(2), floatsOf('attribution.attn'));
      hold('attribution.mlp', parts.mlp.flat(2), floatsOf('attribution.mlp'));
      hold('attribution.constant', [...parts.constant], floatsOf('attribution.constant'));
      hold('attribution.total', parts.total.flat(), floatsOf('attribution.total'));
      expect(parts.residue).toBeLessThan(1e-4);
      let state = (await walk.start(ids, 1)).state;
      const found: number[] = [];
      for (const layer of layers) {
        const step = await walk.next(state);
        for (const x of step.read({ kind: 'pattern', layer })) found.push(x);
        state = step.state;
      }
      hold('attention', found, tensorFloats(patterns, patterns.tensors.get(`${i}.attention`)!), 1e-5);
    }
    await walk.release();
    seen.push(`${name}: ${[...worst].map(([what, most]) => `${what} ${most.toExponential(1)}`).join(', ')}`);
  });
});

const exported = [...casesOf('exports'), ...casesOf('memit')];

describe.skipIf(exported.length === 0)('whatever exporter and family', () => {
  test.each(exported)('$name: the parts sum to the logits; putting back what noise changed gives the clean answer', async ({ model }) => {
    const decoder = await Decoder.open(model, { threads: 1 });
    const { layers, hiddenSize } = decoder.anatomy;
    const ids = [3, 5, 7, 11, 2];
    const parts = await Walk.create(decoder, attributionSites(decoder));
    const { residue, heads, headless, headResidue } = await attribute(parts, ids, [1, 2]);
    // int4 rounds what goes into its products.
    expect(Math.max(residue, headResidue)).toBeLessThan(1e-3);
    expect([headless, heads.map((layer) => layer.length)]).toEqual([[], layers.map(({ attention }) => attention!.heads)]);
    await parts.release();
    const walk = await Walk.create(decoder, tracingSites(layers.length));
    const made = await runs(walk, { ids, subject: [1, 3], samples: 2, noise: normalNoise(2 * 2 * hiddenSize, 1) });
    // The last token's last hidden state is all that the answer hangs on.
    const hidden = await trace(walk, made, 'hidden', 1, silent);
    expect(hidden.at(-1)).toBeCloseTo(made.high, 5);
    expect(hidden[0]).toBe(made.low);
    await changedLast(decoder, walk, ids);
    await walk.release();
  });

  /** With the last layer's MLP changed nothing differs below it, and in the end the versions say what they say. */
  async function changedLast(decoder: Decoder, walk: Walk, ids: readonly number[]): Promise<void> {
    const layer = decoder.anatomy.layers.length - 1;
    const { down, refusal } = decoder.anatomy.layers[layer]!.mlp;
    if (refusal) return;
    const vector = (width: number, seed: number) => matrix(1, width, Float64Array.from(normalNoise(width, seed)));
    const delta = { layer, weight: down.weight, left: vector(down.outWidth, 1), right: vector(down.inWidth, 2) };
    const edited = decoder.withConstants(new Map([[down.weight, changedWeight(decoder, delta)]]));
    const other = await Walk.create(edited, []);
    const answers = { old: 1, new: 2 };
    const found = change(await lastLogits(walk, ids), await lastLogits(other, ids), answers);
    await other.release();
    for (let place = 0; place <= layer; place++) expect([found.kl[place], found.difference[place]]).toEqual([0, 0]);
    expect(found.kl[layer + 1]).toBeGreaterThan(0);
    const generator = await Generator.create(edited, { prepack: false });
    const [logits] = await generator.next([ids]);
    await generator.release();
    expect(found.after.places.at(-1)!.new.logit).toBeCloseTo(logits![answers.new]!, 3);
    expect(found.after.places.at(-1)!.old.logit).toBeCloseTo(logits![answers.old]!, 3);
  }
});
