import { describe, expect, test } from 'vitest';
import { EmendError } from '../../../shared/errors.ts';
import { keyCovariance } from '../../../electron/engine/edit/covariance.ts';
import { fullDelta, withDelta } from '../../../electron/engine/edit/delta.ts';
import { KeyWalk } from '../../../electron/engine/edit/keys.ts';
import { romeDelta } from '../../../electron/engine/edit/methods/rome.ts';
import { covarianceMetric } from '../../../electron/engine/edit/metric.ts';
import { keyWeights, solveKeys } from '../../../electron/engine/edit/solve.ts';
import { spread } from '../../../electron/engine/edit/spread.ts';
import { Statistics } from '../../../electron/engine/edit/statistics.ts';
import { findTargets } from '../../../electron/engine/edit/target.ts';
import { silent } from '../../../shared/progress.ts';
import { solve } from '../../../electron/engine/linalg/cholesky.ts';
import { dot, matrix, type Matrix, row } from '../../../electron/engine/linalg/matrix.ts';
import type { Decoder } from '../../../electron/engine/decoder/decoder.ts';
import { rightPad } from '../../../electron/engine/runtime/inputs.ts';
import { Random } from '../../../electron/engine/runtime/sampling.ts';
import { floats } from '../../../electron/engine/runtime/session.ts';
import { siteValue } from '../../../electron/engine/decoder/sites.ts';
import { Stage } from '../../../electron/engine/decoder/stage.ts';
import { mini, type Mini, tokenRows } from '../runtime/mini.ts';
import { SEARCH, someFacts } from './facts.ts';

const texts = tokenRows([20, 31, 9, 25, 30, 17, 28, 12]);

async function statistics(decoder: Decoder, layers: readonly number[]): Promise<Statistics> {
  return new Statistics(await keyCovariance(decoder, layers, texts, silent));
}

const closeTo = (found: ArrayLike<number>, wanted: ArrayLike<number>, digits: number) => {
  expect(found.length).toBe(wanted.length);
  for (let i = 0; i < found.length; i++) expect(found[i], `entry ${i}`).toBeCloseTo(wanted[i]!, digits);
};

describe('keyCovariance', () => {
  test.each<Partial<Mini>>([{}, { flat: true, gated: true }])('is the mean of k·kᵀ over real tokens: %o', async (choices) => {
    const decoder = await mini(choices);
    const { tokens, layers } = await keyCovariance(decoder, [1, 0], texts, silent);
    expect(tokens).toBe(texts.flat().length);
    for (const layer of [0, 1]) {
      const { key } = decoder.anatomy.layers[layer]!.mlp;
      const stage = await Stage.create(decoder, undefined, [key]);
      const sum = new Float64Array(144);
      for (const text of texts) {
        const keys = floats(await stage.run(rightPad([text])), key);
        for (let t = 0; t < text.length; t++)
          for (let i = 0; i < 12; i++) for (let j = 0; j < 12; j++) sum[i * 12 + j]! += (keys[t * 12 + i]! * keys[t * 12 + j]!) / tokens;
      }
      closeTo(layers.get(layer)!.data, sum, 5);
      await stage.release();
    }
  });

  test('no text is refused', async () => {
    await expect(keyCovariance(await mini(), [0], [[], []], silent)).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('no tokens') as string,
    });
  });
});

describe('Statistics', () => {
  test('a singular covariance gets the smallest ridge that helps, and says so', async () => {
    const k = [1, 2, 3];
    const c = matrix(
      3,
      3,
      Float64Array.from({ length: 9 }, (_, i) => k[Math.floor(i / 3)]! * k[i % 3]!),
    );
    const given = new Statistics({
      tokens: 1,
      layers: new Map([
        [4, c],
        [5, matrix(2, 2, Float64Array.of(2, 0, 0, 2))],
      ]),
    });
    expect((await given.factor(4)).lower.data.every(Number.isFinite)).toBe(true);
    await given.factor(5);
    expect([...given.ridges.keys()]).toEqual([4]);
    expect(given.ridges.get(4)!).toBeLessThanOrEqual(1e-6);
    expect(await given.factor(4)).toBe(await given.factor(4));
  });

  test('a layer that was not measured, and numbers that are none', async () => {
    const given = new Statistics({ tokens: 1, layers: new Map([[0, matrix(1, 1, Float64Array.of(NaN))]]) });
    expect(() => given.covariance(3)).toThrow(EmendError);
    await expect(given.factor(0)).rejects.toThrow(/no usable numbers/);
  });
});

describe('solveKeys', () => {
  test('few facts and many give (λC + KKᵀ)⁻¹K alike', async () => {
    const random = new Random(3);
    const numbers = (rows: number, columns: number) =>
      matrix(
        rows,
        columns,
        Float64Array.from({ length: rows * columns }, () => random.next() - 0.5),
      );
    const sample = numbers(40, 16);
    const c = matrix(16, 16);
    for (let n = 0; n < 40; n++)
      for (let i = 0; i < 16; i++) for (let j = 0; j < 16; j++) c.data[i * 16 + j]! += sample.data[n * 16 + i]! * sample.data[n * 16 + j]!;
    const given = new Statistics({ tokens: 40, layers: new Map([[0, c]]) });
    for (const n of [1, 4, 5, 20]) {
      const keys = numbers(n, 16);
      const x = await solveKeys({ keys, softness: Array<number>(n).fill(1), written: n }, covarianceMetric(given, 0, 0.7));
      // (λC + KKᵀ)·X must be K again.
      for (let r = 0; r < n; r++) {
        const back = new Float64Array(16);
        for (let i = 0; i < 16; i++) back[i] = 0.7 * dot(c.data.subarray(i * 16, (i + 1) * 16), row(x, r));
        for (let m = 0; m < n; m++) {
          const along = dot(row(keys, m), row(x, r));
          row(keys, m).forEach((k, i) => {
            back[i]! += along * k;
          });
        }
        closeTo(back, row(keys, r), 9);
      }
    }
  });

  test('keys that are held weigh as they are told, few and many alike; to the letter they do not move', async () => {
    const random = new Random(4);
    const numbers = (rows: number, columns: number) =>
      matrix(
        rows,
        columns,
        Float64Array.from({ length: rows * columns }, () => random.next() - 0.5),
      );
    const sample = numbers(40, 16);
    const c = matrix(16, 16);
    for (let n = 0; n < 40; n++)
      for (let i = 0; i < 16; i++) for (let j = 0; j < 16; j++) c.data[i * 16 + j]! += sample.data[n * 16 + i]! * sample.data[n * 16 + j]!;
    const metric = covarianceMetric(new Statistics({ tokens: 40, layers: new Map([[0, c]]) }), 0, 0.7);
    for (const n of [3, 4, 20]) {
      const keys = numbers(n, 16);
      const softness = Array.from({ length: n }, (_, i) => (i < 2 ? 1 : 1 / (1 + i)));
      const x = await solveKeys({ keys, softness, written: 2 }, metric);
      expect(x.rows).toBe(2);
      // (λC + Σ kkᵀ/ε)·x must be k of a written fact again.
      for (let r = 0; r < 2; r++) {
        const back = new Float64Array(16);
        for (let i = 0; i < 16; i++) back[i] = 0.7 * dot(c.data.subarray(i * 16, (i + 1) * 16), row(x, r));
        for (let m = 0; m < n; m++) {
          const along = dot(row(keys, m), row(x, r)) / softness[m]!;
          row(keys, m).forEach((k, i) => {
            back[i]! += along * k;
          });
        }
        closeTo(back, row(keys, r), 9);
      }
      if (n === 20) continue; // more keys than directions: no change leaves them all where they are
      const hard = await solveKeys({ keys, softness: softness.map((_, i) => (i < 2 ? 1 : 0)), written: 2 }, metric);
      for (let m = 2; m < n; m++) for (let r = 0; r < 2; r++) expect(Math.abs(dot(row(hard, r), row(keys, m)))).toBeLessThan(1e-12);
    }
  });

  test('key weights: half for the plain row', () => {
    expect(keyWeights(1)).toEqual([1]);
    expect(keyWeights(5)).toEqual([0.5, 0.125, 0.125, 0.125, 0.125]);
  });
});

/** What the plain row holds at a site, at the subject's last token. */
async function stateOf(
  decoder: Decoder,
  fact: ReturnType<typeof someFacts>[number],
  kind: 'mlp' | 'residual',
  layer: number,
): Promise<Float64Array> {
  const { states } = await new KeyWalk([fact], silent).at(decoder, layer, siteValue(decoder.anatomy, { kind, layer }), (rows) =>
    Array.from({ length: rows }, (_, i) => (i === 0 ? 1 : 0)),
  );
  return row(states, 0);
}

describe('rome', () => {
  test.each<[string, Partial<Mini>, boolean]>([
    ['with covariance', {}, true],
    ['without', {}, false],
    ['transposed and rank 2', { layout: 'out-in', flat: true }, true],
    ['gated, parallel', { gated: true, norms: 'parallel' }, true],
  ])('the plain prompt’s MLP then gives what was wanted: %s', async (_, choices, useCovariance) => {
    const decoder = await mini(choices);
    const [fact] = someFacts(1);
    const settings = { ...SEARCH, layer: 1, useCovariance, key: 'mixed' as const };
    const target = (await findTargets(decoder, { kind: 'mlp', layer: 1 }, [fact!], settings, silent))[0]!;
    const result = await romeDelta(decoder, [fact!], settings, await statistics(decoder, [1]), silent);
    const edited = withDelta(decoder, result.delta);
    closeTo(await stateOf(edited, fact!, 'mlp', 1), target.z, 3);
    expect(result.targets[0]!.length).toBe(SEARCH.steps);
    expect(result.delta.weights).toHaveLength(1);
  });

  test('facts one after the other: the last one holds fully, and the pieces are those of single edits', async () => {
    const decoder = await mini();
    const facts = someFacts(2);
    const settings = { ...SEARCH, layer: 0, useCovariance: true, key: 'mixed' as const };
    const known = await statistics(decoder, [0]);
    const both = await romeDelta(decoder, facts, settings, known, silent);
    const first = await romeDelta(decoder, facts.slice(0, 1), settings, known, silent);
    const second = await romeDelta(withDelta(decoder, first.delta), facts.slice(1), settings, known, silent);
    const [a, b] = [first, second].map((r) => fullDelta(r.delta.weights[0]!)) as [Matrix, Matrix];
    closeTo(
      fullDelta(both.delta.weights[0]!).data,
      a.data.map((x, i) => x + b.data[i]!),
      4,
    );
  });

  test('averaged keys are the mean over contexts, for which the edit then holds', async () => {
    const decoder = await mini();
    const [fact] = someFacts(1);
    const settings = { ...SEARCH, layer: 0, useCovariance: true, key: 'averaged' as const };
    const target = (await findTargets(decoder, { kind: 'mlp', layer: 0 }, [fact!], settings, silent))[0]!;
    const { delta } = await romeDelta(decoder, [fact!], settings, await statistics(decoder, [0]), silent);
    const site = siteValue(decoder.anatomy, { kind: 'mlp', layer: 0 });
    const key = row((await new KeyWalk([fact!], silent).at(decoder, 0, site, () => [1 / 3, 1 / 3, 1 / 3])).keys, 0);
    const change = fullDelta(delta.weights[0]!);
    const plain = row((await new KeyWalk([fact!], silent).at(decoder, 0, site, () => [1, 0, 0])).keys, 0);
    // W·k̄ + ΔW·k̄ = z, where W·k̄ comes from the plain output by linearity.
    const now = await stateOf(decoder, fact!, 'mlp', 0);
    const w = (k: Float64Array) => linearPart(decoder, k);
    closeTo(
      Float64Array.from({ length: 8 }, (_, d) => now[d]! + w(key)[d]! - w(plain)[d]! + dot(row(change, d), key)),
      target.z,
      3,
    );
  });

  function linearPart(decoder: Decoder, key: Float64Array): Float64Array {
    const tensor = decoder.graph.constants.get('0.0.down')!;
    if (tensor.data.kind !== 'bytes') throw new Error('expected a small weight in memory');
    const weights = new Float32Array(tensor.data.bytes.slice().buffer);
    return Float64Array.from({ length: 8 }, (_, d) => key.reduce((sum, k, f) => sum + k * weights[f * 8 + d]!, 0));
  }
});

describe('memit', () => {
  test('one fact, one layer, λ → 0: the hidden state becomes the target, by the rank-one update along C⁻¹k', async () => {
    const decoder = await mini();
    const facts = someFacts(1, [[]]);
    const known = await statistics(decoder, [1]);
    const result = await spread(decoder, facts, { ...SEARCH, layers: [1], covarianceWeight: 1e-9 }, known, silent);
    const edited = withDelta(decoder, result.delta);
    closeTo(await stateOf(edited, facts[0]!, 'residual', 1), result.targets[0]!.z, 3);
    const key = row(result.steps[0]!.keys, 0);
    const u = solve(await known.factor(1), matrix(1, 12, key.slice())).data;
    const missing = row(result.steps[0]!.missing, 0);
    const expected = Float64Array.from({ length: 96 }, (_, i) => (missing[Math.floor(i / 12)]! * u[i % 12]!) / dot(u, key));
    closeTo(fullDelta(result.delta.weights[0]!).data, expected, 5);
  });

  test('several layers share what is missing, the last one takes the rest', async () => {
    const decoder = await mini({ layers: 3 });
    const facts = someFacts(3, [[]]);
    const result = await spread(
      decoder,
      facts,
      { ...SEARCH, layers: [0, 1, 2], covarianceWeight: 1e-9 },
      await statistics(decoder, [0, 1, 2]),
      silent,
    );
    const size = (m: Matrix) => Math.hypot(...m.data);
    expect(result.delta.weights.map((w) => [w.layer, w.weight])).toEqual([
      [0, '0.0.down'],
      [1, '1.0.down'],
      [2, '2.0.down'],
    ]);
    for (const [i, step] of result.steps.entries())
      closeTo(
        result.delta.weights[i]!.left.data,
        step.missing.data.map((x) => x / (3 - i)),
        12,
      );
    const edited = withDelta(decoder, result.delta);
    for (const [n, fact] of facts.entries()) closeTo(await stateOf(edited, fact, 'residual', 2), result.targets[n]!.z, 2);
    expect(size(result.steps[2]!.missing)).toBeLessThan(size(result.steps[0]!.missing));
  });

  test('a large λ holds the weights back; targets that are known are not searched again', async () => {
    const decoder = await mini();
    const facts = someFacts(2);
    const known = await statistics(decoder, [0]);
    const free = await spread(decoder, facts, { ...SEARCH, layers: [0], covarianceWeight: 1e-6 }, known, silent);
    const held = await spread(decoder, facts, { ...SEARCH, layers: [0], covarianceWeight: 1e4 }, known, silent, { known: free.targets });
    expect(held.targets).toBe(free.targets);
    expect(Math.hypot(...fullDelta(held.delta.weights[0]!).data)).toBeLessThan(
      0.05 * Math.hypot(...fullDelta(free.delta.weights[0]!).data),
    );
  });
});
