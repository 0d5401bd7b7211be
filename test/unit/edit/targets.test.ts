import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { keptTargets } from '../../../electron/engine/edit/kept-targets.ts';
import { KeyWalk } from '../../../electron/engine/edit/keys.ts';
import { findTargets, WAVE } from '../../../electron/engine/edit/target.ts';
import { withDelta } from '../../../electron/engine/edit/delta.ts';
import { silent } from '../../../shared/progress.ts';
import type { FactTokens } from '../../../electron/engine/edit/types.ts';
import { matrix, row } from '../../../electron/engine/linalg/matrix.ts';
import { EmendError } from '../../../shared/errors.ts';
import type { Decoder } from '../../../electron/engine/decoder/decoder.ts';
import { logSoftmax } from '../../../electron/engine/runtime/sampling.ts';
import { rightPad } from '../../../electron/engine/runtime/inputs.ts';
import { floatFeed, floats, intFeed } from '../../../electron/engine/runtime/session.ts';
import { type Site, siteValue } from '../../../electron/engine/decoder/sites.ts';
import { indicesFor, isFlat, Stage } from '../../../electron/engine/decoder/stage.ts';
import { inject, slice } from '../../../electron/engine/runtime/surgery.ts';
import { mini, type Mini } from '../runtime/mini.ts';
import { SEARCH, someFacts } from './facts.ts';

const expectClose = (found: ArrayLike<number>, wanted: ArrayLike<number>, digits = 3) => {
  expect(found.length).toBe(wanted.length);
  for (let i = 0; i < found.length; i++) expect(found[i], `entry ${i}`).toBeCloseTo(wanted[i]!, digits);
};

describe('KeyWalk', () => {
  /** Each row by itself through the whole model. */
  async function plainly(
    decoder: Decoder,
    facts: readonly FactTokens[],
    layer: number,
    site: string,
    weights: readonly number[],
  ): Promise<{ keys: number[][]; states: number[][] }> {
    const { key, down } = decoder.anatomy.layers[layer]!.mlp;
    const stage = await Stage.create(decoder, undefined, [key, site]);
    const out = { keys: [] as number[][], states: [] as number[][] };
    for (const fact of facts) {
      const sum = new Array<number>(down.inWidth).fill(0);
      for (const [i, r] of fact.rows.entries()) {
        const result = await stage.run(rightPad([r.ids]));
        floats(result, key)
          .slice(r.subjectLast * down.inWidth, (r.subjectLast + 1) * down.inWidth)
          .forEach((x, f) => {
            sum[f]! += weights[i]! * x;
          });
        if (i === 0) out.states.push([...floats(result, site).slice(r.subjectLast * 8, (r.subjectLast + 1) * 8)]);
      }
      out.keys.push(sum);
    }
    await stage.release();
    return out;
  }

  test.each<[string, Partial<Mini>]>([
    ['sequential', {}],
    ['rank 2', { flat: true }],
    ['parallel', { norms: 'parallel' }],
  ])('keys and states are those of a plain run, also where layers below were edited on the way: %s', async (_, choices) => {
    const decoder = await mini({ layers: 3, ...choices });
    const facts = someFacts(4);
    const weights = [0.5, 0.25, 0.25];
    const site = siteValue(decoder.anatomy, { kind: 'residual', layer: 2 });
    const walk = new KeyWalk(facts, silent);
    let now = decoder;
    for (const layer of [0, 1, 2]) {
      const found = await walk.at(now, layer, site, () => weights);
      const wanted = await plainly(now, facts, layer, site, weights);
      for (const n of facts.keys()) {
        expectClose(row(found.keys, n), wanted.keys[n]!);
        expectClose(row(found.states, n), wanted.states[n]!);
      }
      const [left, right] = [
        matrix(
          1,
          8,
          Float64Array.from({ length: 8 }, (__, d) => d / 8),
        ),
        matrix(1, 12, new Float64Array(12).fill(0.2)),
      ];
      now = withDelta(now, { weights: [{ layer, weight: `${layer}.0.down`, left, right }] });
    }
  });
});

describe('findTargets', () => {
  const facts = someFacts(5);

  /** Mean −log p of a fact's target with a vector added at the site, worked out on the full model with a plain softmax. */
  async function lossWith(decoder: Decoder, site: Site, fact: FactTokens, delta: Float64Array): Promise<number> {
    const all = await logpWith(decoder, site, fact, delta);
    return all.flat().reduce((sum, { logp }) => sum - logp, 0) / all.flat().length;
  }

  /** Of each row's target tokens their log p, and whether none is likelier. */
  async function logpWith(decoder: Decoder, site: Site, fact: FactTokens, delta: Float64Array) {
    const value = siteValue(decoder.anatomy, site);
    const { graph } = inject(decoder.graph, value, { positions: 'at', vectors: 'delta' });
    const stage = Stage.of(decoder, await decoder.session(slice(graph, [decoder.anatomy.logits])), []);
    const all: { readonly logp: number; readonly isLikeliest: boolean }[][] = [];
    for (const r of fact.rows) {
      const at = indicesFor(isFlat(decoder, value), r.ids.length, [{ row: 0, token: r.subjectLast }]);
      const logits = floats(
        await stage.run(rightPad([r.ids]), { at: intFeed(at.data, at.dims), delta: floatFeed(Float32Array.from(delta), [1, 8]) }),
        decoder.anatomy.logits,
      );
      all.push(
        fact.target.map((id, t) => {
          const logp = logSoftmax(logits.slice((r.targetStart + t) * 23, (r.targetStart + t + 1) * 23));
          return { logp: logp[id]!, isLikeliest: logp[id]! >= Math.max(...logp) };
        }),
      );
    }
    await stage.release();
    return all;
  }

  test.each<[string, Partial<Mini>, Site & { layer: number }]>([
    ['residual', {}, { kind: 'residual', layer: 0 }],
    ['residual, last layer', {}, { kind: 'residual', layer: 1 }],
    ['MLP output', {}, { kind: 'mlp', layer: 0 }],
    ['no cache', { cache: false }, { kind: 'residual', layer: 0 }],
    ['rank 2, gathered logits', { flat: true, head: 'rotated' }, { kind: 'residual', layer: 0 }],
    ['norm behind the sum, narrow head', { norms: 'post', embeddingWidth: 6 }, { kind: 'residual', layer: 0 }],
    ['parallel, MLP output', { norms: 'parallel' }, { kind: 'mlp', layer: 0 }],
  ])('the losses it tells are those of the full model, and fall where they can: %s', async (_, choices, site) => {
    const decoder = await mini(choices);
    const targets = await findTargets(decoder, site, facts, SEARCH, silent);
    for (const [i, target] of targets.entries()) {
      expect(target.history).toHaveLength(SEARCH.steps);
      const first = target.history[0]!;
      const last = target.history.at(-1)!;
      expect(first[0]).toBeCloseTo(await lossWith(decoder, site, facts[i]!, new Float64Array(8)), 4);
      expect(last[0]).toBeCloseTo(
        await lossWith(
          decoder,
          site,
          facts[i]!,
          target.z.map((z, d) => z - target.before[d]!),
        ),
        4,
      );
      expect(first.slice(1)).toEqual([0, 0]);
    }
    // Behind the last layer nothing carries δ to where the target is predicted.
    const total = (step: number) => targets.reduce((sum, t) => sum + t.history.at(step)![0], 0);
    if (site.layer < decoder.anatomy.layers.length - 1) expect(total(-1)).toBeLessThan(total(0) - 0.05);
    else expect(total(-1)).toBeCloseTo(total(0), 5);
  });

  test('together, alone, and with facts leaving early: the same', async () => {
    const decoder = await mini();
    const site = { kind: 'residual', layer: 0 } as const;
    const free = await findTargets(decoder, site, facts, SEARCH, silent);
    // A stop between the facts' losses, so that some leave after some steps and others stay.
    const sums = free.map((t) => t.history.map(([nll, kl, decay]) => nll + kl + decay));
    const stopBelow = sums.map((s) => s[4]!).sort((a, b) => a - b)[2]! + 1e-4;
    const settings = { ...SEARCH, stopBelow };
    const together = await findTargets(decoder, site, facts, settings, silent);
    const lengths = together.map((t) => t.history.length);
    expect(new Set(lengths).size).toBeGreaterThan(1);
    for (const [i, fact] of facts.entries()) {
      const first = sums[i]!.findIndex((s) => s < stopBelow);
      expect(lengths[i]).toBe(first < 0 ? SEARCH.steps : first + 1);
      const [alone] = await findTargets(decoder, site, [fact], settings, silent);
      expectClose(together[i]!.z, alone!.z);
      expectClose(together[i]!.history.flat(), alone!.history.flat());
    }
  });

  test('a search stops early at a probability of the target', async () => {
    const decoder = await mini();
    const site = { kind: 'residual', layer: 0 } as const;
    const free = await findTargets(decoder, site, facts, SEARCH, silent);
    const chances = free.map(({ history }) => history.map(([nll]) => Math.exp(-nll)));
    const stopEarly = Math.max(...chances.map((one) => one[4]!)) - 1e-6;
    const early = await findTargets(decoder, site, facts, { ...SEARCH, stopEarly }, silent);
    expect(new Set(early.map(({ history }) => history.length)).size).toBeGreaterThan(1);
    for (const [i, { history }] of free.entries()) {
      const first = chances[i]!.findIndex((chance) => chance >= stopEarly);
      expectClose(early[i]!.history.flat(), history.slice(0, first < 0 ? undefined : first + 1).flat());
    }
  });

  test('and once every token of the target was the likeliest behind every text so often', async () => {
    const decoder = await mini();
    const site = { kind: 'residual', layer: 0 } as const;
    const [one] = someFacts(1, [[], [3, 1, 4]]);
    const ids = Array.from({ length: 23 }, (_, id) => id);
    const asked = (id: number): FactTokens => ({ ...one!, target: [id] });
    const likely = await Promise.all(
      ids.map(async (id) => (await logpWith(decoder, site, asked(id), new Float64Array(8))).map(([token]) => token!.isLikeliest)),
    );
    const said = likely.findIndex(([, behindText]) => behindText);
    const other = likely.findIndex(([plain, behindText]) => !plain && !behindText);
    const stepsOf = async (id: number, stopEarly: number) =>
      (await findTargets(decoder, site, [asked(id)], { ...SEARCH, steps: 4, stopEarly }, silent))[0]!.history.length;
    expect([await stepsOf(said, -1), await stepsOf(said, -2), await stepsOf(said, 0)]).toEqual([1, 2, 4]);
    expect(await stepsOf(other, -1)).toBeGreaterThan(1);
  });

  test('a search of many facts that is broken off goes on where it was, and gives the same', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'emend-targets-'));
    vi.stubEnv('EMEND_CACHE', folder);
    try {
      const decoder = await mini();
      const many = someFacts(2 * WAVE + 1);
      const site = { kind: 'residual', layer: 0 } as const;
      const settings = { ...SEARCH, steps: 2 };
      const files = () => readdirSync(join(folder, 'targets'));
      const whole = await findTargets(decoder, site, many, settings, silent);
      const begun = keptTargets('the model', decoder);
      const breakOff = (done: number, total: number) => {
        if (done > total / 2) throw new EmendError('cancelled', 'Cancelled.', '');
      };
      const broken = { ...silent, progress: (phase: string, done: number, total: number) => phase === 'targets' && breakOff(done, total) };
      await expect(findTargets(decoder, site, many, settings, broken, begun)).rejects.toThrow('Cancelled.');
      expect(files()).toHaveLength(1);

      const again = keptTargets('the model', decoder);
      const read = vi.spyOn(again, 'read');
      expect(await findTargets(decoder, site, many, settings, silent, again)).toEqual(whole);
      expect(read.mock.results.map(({ value }) => (value as readonly unknown[] | undefined)?.length)).toEqual([WAVE, undefined, undefined]);
      expect(files()).toHaveLength(3);
      again.forget();
      expect(files()).toHaveLength(0);
    } finally {
      vi.unstubAllEnvs();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('what cannot be kept is found all the same, and what nobody came back for is removed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'emend-targets-'));
    const target = { z: new Float64Array(2), before: new Float64Array(2), history: [[1, 2, 3]] as const };
    try {
      const decoder = await mini();
      writeFileSync(join(folder, 'a file'), '');
      vi.stubEnv('EMEND_CACHE', join(folder, 'a file'));
      const nowhere = keptTargets('the model', decoder);
      await nowhere.keep(['what'], [target]);
      expect(nowhere.read(['what'])).toBeUndefined();
      nowhere.forget();
      vi.stubEnv('EMEND_CACHE', folder);
      await keptTargets('the model', decoder).keep(['old'], [target]);
      const [old] = readdirSync(join(folder, 'targets'));
      utimesSync(join(folder, 'targets', old!), new Date(0), new Date(0));
      await keptTargets('the model', decoder).keep(['new'], [target]);
      expect(readdirSync(join(folder, 'targets'))).toHaveLength(1);
      expect(keptTargets('the model', decoder).read(['old'])).toBeUndefined();
    } finally {
      vi.unstubAllEnvs();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('what was found of another model, version, settings or facts is found anew', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'emend-targets-'));
    vi.stubEnv('EMEND_CACHE', folder);
    try {
      const decoder = await mini();
      const [weight] = [...decoder.graph.constants].find(([name]) => name.endsWith('.down'))!;
      const constant = decoder.graph.constants.get(weight)!;
      const edited = decoder.withConstants(new Map([[weight, { ...constant, name: weight }]]));
      const target = { z: new Float64Array(2), before: new Float64Array(2), history: [[1, 2, 3]] as const };
      await keptTargets('the model', decoder).keep(['what'], [target]);
      expect(keptTargets('the model', decoder).read(['what'])).toEqual([target]);
      expect(keptTargets('the model', decoder).read(['else'])).toBeUndefined();
      expect(keptTargets('another', decoder).read(['what'])).toBeUndefined();
      expect(keptTargets('the model', edited).read(['what'])).toBeUndefined();
      const [file] = readdirSync(join(folder, 'targets'));
      writeFileSync(join(folder, 'targets', file!), 'cut off');
      expect(keptTargets('the model', decoder).read(['what'])).toBeUndefined();
    } finally {
      vi.unstubAllEnvs();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('the cache changes nothing', async () => {
    const site = { kind: 'residual', layer: 0 } as const;
    const [a, b] = [
      await findTargets(await mini(), site, facts, SEARCH, silent),
      await findTargets(await mini({ cache: false }), site, facts, SEARCH, silent),
    ];
    a.forEach((t, i) => expectClose(t.z, b[i]!.z));
  });

  test('a hidden state of rank 2 that is as wide as the row is long', async () => {
    const fact = {
      rows: [{ ids: [3, 1, 4, 1, 5, 9, 2, 6], subjectLast: 2, targetStart: 7 }],
      target: [4],
      kl: { ids: [3, 1, 4], subjectLast: 2 },
    };
    const site = { kind: 'residual', layer: 0 } as const;
    const [flat] = await findTargets(await mini({ flat: true }), site, [fact], SEARCH, silent);
    const [deep] = await findTargets(await mini(), site, [fact], SEARCH, silent);
    expectClose(flat!.z, deep!.z);
  });

  test('δ stays within its clamp, and what must stay weighs against it', async () => {
    const decoder = await mini();
    const site = { kind: 'residual', layer: 0 } as const;
    const [tight] = await findTargets(decoder, site, facts.slice(0, 1), { ...SEARCH, clamp: 0.1 }, silent);
    const size = (t: typeof tight) => Math.hypot(...t!.z.map((z, d) => z - t!.before[d]!));
    expect(size(tight)).toBeLessThanOrEqual(0.1 * Math.hypot(...tight!.before) * (1 + 1e-9));
    const [loose] = await findTargets(decoder, site, facts.slice(0, 1), { ...SEARCH, klFactor: 0, weightDecay: 0 }, silent);
    const [held] = await findTargets(decoder, site, facts.slice(0, 1), { ...SEARCH, klFactor: 50 }, silent);
    expect(held!.history.at(-1)![1] / 50).toBeLessThan(
      (0.5 * (await findTargets(decoder, site, facts.slice(0, 1), { ...SEARCH, klFactor: 1e-6 }, silent))[0]!.history.at(-1)![1]) / 1e-6,
    );
    expect(size(loose)).toBeGreaterThan(0);
    expect(loose!.history.every(([, kl, decay]) => kl === 0 && decay === 0)).toBe(true);
  });

  test('can be stopped', async () => {
    const decoder = await mini();
    let checks = 0;
    const report = {
      progress: () => undefined,
      check: () => {
        if (++checks > 3) throw new EmendError('cancelled', 'stopped');
      },
    };
    await expect(findTargets(decoder, { kind: 'residual', layer: 0 }, facts, SEARCH, report)).rejects.toMatchObject({ code: 'cancelled' });
  });
});
