import { expect, test } from 'vitest';
import { keyCovariance } from '../../../electron/engine/edit/covariance.ts';
import { withDelta } from '../../../electron/engine/edit/delta.ts';
import { romeDelta } from '../../../electron/engine/edit/methods/rome.ts';
import { nearKeys } from '../../../electron/engine/edit/near-keys.ts';
import { Statistics } from '../../../electron/engine/edit/statistics.ts';
import type { Decoder } from '../../../electron/engine/decoder/decoder.ts';
import { Stage } from '../../../electron/engine/decoder/stage.ts';
import { rightPad } from '../../../electron/engine/runtime/inputs.ts';
import { floats } from '../../../electron/engine/runtime/session.ts';
import { silent } from '../../../shared/progress.ts';
import { mini, type Mini, tokenRows } from '../runtime/mini.ts';
import { SEARCH, someFacts } from './facts.ts';

const texts = tokenRows([20, 31, 9, 25, 30, 17, 28, 12]);
const evenly = (rows: number) => Array.from({ length: rows }, () => 1 / rows);

/** What a value of the graph is at each token of a row. */
async function valuesOf(decoder: Decoder, name: string, ids: readonly number[]): Promise<Float32Array[]> {
  const stage = await Stage.create(decoder, undefined, [name]);
  const values = floats(await stage.run(rightPad([ids])), name);
  await stage.release();
  const width = values.length / ids.length;
  return ids.map((_, token) => values.slice(token * width, (token + 1) * width));
}

test.each<Partial<Mini>>([{ layers: 3 }, { layers: 3, flat: true, gated: true }])(
  'a share is what an edit really adds there, beside what it adds at its own subject: %o',
  async (choices) => {
    const decoder = await mini(choices);
    const facts = someFacts(2, [[]]);
    const candidates = facts.map((fact) => [fact.rows[0]!.ids, ...tokenRows([5, 9, 3, 7])]);
    const layers = [0, 2];
    const statistics = new Statistics(await keyCovariance(decoder, layers, texts, silent));
    const found = await nearKeys(decoder, facts, evenly, candidates, layers, statistics, silent);
    for (const [n, fact] of facts.entries()) {
      for (const [at, layer] of layers.entries()) {
        const settings = { ...SEARCH, layer, useCovariance: true, key: 'averaged' as const };
        const { delta } = await romeDelta(decoder, [fact], settings, statistics, silent);
        // Written a thousand times as strong, so that rounding does not show.
        delta.weights.forEach(({ left }) => left.data.forEach((x, i) => (left.data[i] = 1000 * x)));
        const edited = withDelta(decoder, delta);
        const { output } = decoder.anatomy.layers[layer]!.mlp;
        const added = async (ids: readonly number[]) => {
          const [before, after] = [await valuesOf(decoder, output, ids), await valuesOf(edited, output, ids)];
          return before.map((values, token) => values.map((x, d) => after[token]![d]! - x));
        };
        const own = (await added(fact.rows[0]!.ids))[fact.rows[0]!.subjectLast]!;
        const [largest] = [...own.keys()].sort((a, b) => Math.abs(own[b]!) - Math.abs(own[a]!));
        for (const [c, ids] of candidates[n]!.entries()) {
          const { token, share, cosine, ...rest } = found[n]![c]![at]!;
          expect(rest).toEqual({ layer });
          const shares = (await added(ids)).map((values) => values[largest!]! / own[largest!]!);
          expect(share).toBeCloseTo(shares[token]!, 2);
          expect(Math.max(...shares.map(Math.abs))).toBeLessThan(Math.abs(share) + 0.01);
          expect(Math.abs(cosine)).toBeLessThanOrEqual(1 + 1e-6);
          expect(Math.sign(cosine)).toBe(Math.sign(share));
        }
        // The fact's own prompt is met by all of its edit, unless another of its tokens is met by more.
        const self = found[n]![0]![at]!;
        if (self.token === fact.rows[0]!.subjectLast)
          expect([self.share, self.cosine].map((x) => x.toFixed(4))).toEqual(['1.0000', '1.0000']);
        else expect(Math.abs(self.share)).toBeGreaterThan(1);
      }
    }
  },
);

test('without a covariance the keys themselves are compared', async () => {
  const decoder = await mini();
  const facts = someFacts(1, [[]]);
  const [row] = tokenRows([6]);
  const found = await nearKeys(decoder, facts, evenly, [[row!]], [1], undefined, silent);
  const { token, share, cosine } = found[0]![0]![0]!;
  const { key } = decoder.anatomy.layers[1]!.mlp;
  const own = (await valuesOf(decoder, key, facts[0]!.rows[0]!.ids))[facts[0]!.rows[0]!.subjectLast]!;
  const there = (await valuesOf(decoder, key, row!))[token]!;
  const product = (a: Float32Array, b: Float32Array) => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
  expect(share).toBeCloseTo(product(there, own) / product(own, own), 4);
  expect(cosine).toBeCloseTo(product(there, own) / Math.sqrt(product(own, own) * product(there, there)), 4);
});
