import { solve } from '../linalg/cholesky.ts';
import { dot, matrix, type Matrix, row } from '../linalg/matrix.ts';
import type { Report } from '../../../shared/progress.ts';
import type { Decoder } from '../decoder/decoder.ts';
import { siteValue } from '../decoder/sites.ts';
import { Stage } from '../decoder/stage.ts';
import { rightPad } from '../runtime/inputs.ts';
import { floats } from '../runtime/session.ts';
import { KeyWalk } from './keys.ts';
import type { Statistics } from './statistics.ts';
import type { FactTokens } from './types.ts';

/** How near a prompt comes to a fact's key in one layer, at that of its tokens that comes nearest. */
export interface Nearness {
  readonly layer: number;
  readonly token: number;
  /**
   * kᵀC⁻¹k* / k*ᵀC⁻¹k*: what an update of rank one with the direction C⁻¹k* adds at k, as a share of what it adds at the fact's own key k*
   * (negative: the opposite).
   */
  readonly share: number;
  /** The cosine of k and k* in C⁻¹: kᵀC⁻¹k* / √(kᵀC⁻¹k · k*ᵀC⁻¹k*). */
  readonly cosine: number;
}

/** Tokens in one run. */
const BUDGET = 1024;

/**
 * Which prompts have keys near the key that a fact would be written to. A weight changed along C⁻¹k* (rome/compute_u.py) adds to the MLP's
 * output at any token in proportion to that token's kᵀC⁻¹k*, so these are the prompts that may move with the edit.
 * @param facts as the edit would cut them; @param weights of a fact's rows in its key
 * @param candidates for each fact rows of tokens, of which every token is looked at
 * @param layers that would be edited; @param statistics of these layers' keys, undefined where the method takes C = I
 * @returns [facts][candidates][layers]
 */
export async function nearKeys(
  decoder: Decoder,
  facts: readonly FactTokens[],
  weights: (rows: number) => number[],
  candidates: readonly (readonly (readonly number[])[])[],
  layers: readonly number[],
  statistics: Statistics | undefined,
  report: Report,
): Promise<Nearness[][][]> {
  const owner = candidates.flatMap((rows, fact) => rows.map((ids) => ({ fact, ids })));
  const found = candidates.map((rows) => rows.map((): Nearness[] => []));
  const flat = found.flat();
  const quiet: Report = { check: () => report.check(), progress: () => undefined };
  const walks = facts.map((fact) => new KeyWalk([fact], quiet));
  for (const [done, layer] of layers.entries()) {
    report.check();
    report.progress('near keys', done, layers.length);
    const whitened = async (keys: Matrix) => (statistics ? solve(await statistics.factor(layer), keys) : keys);
    const site = siteValue(decoder.anatomy, { kind: 'residual', layer });
    const own: { direction: Float64Array; energy: number }[] = [];
    for (const n of facts.keys()) {
      const { keys } = await walks[n]!.at(decoder, layer, site, weights);
      const direction = row(await whitened(keys), 0);
      own.push({ direction, energy: dot(row(keys, 0), direction) });
    }
    const nearest = await nearestTokens(decoder, layer, owner, own, report);
    const energies = await whitened(nearest.keys);
    nearest.places.forEach(({ token, product }, at) => {
      const { energy } = own[owner[at]!.fact]!;
      const size = dot(row(nearest.keys, at), row(energies, at));
      flat[at]!.push({ layer, token, share: product / energy, cosine: size > 0 ? product / Math.sqrt(size * energy) : 0 });
    });
  }
  report.progress('near keys', layers.length, layers.length);
  return found;
}

/** Of each row the token whose key has the largest product with its fact's direction, that product, and that key. */
export async function nearestTokens(
  decoder: Decoder,
  layer: number,
  rows: readonly { readonly fact: number; readonly ids: readonly number[] }[],
  facts: readonly { readonly direction: Float64Array }[],
  report: Report,
): Promise<{ keys: Matrix; places: { token: number; product: number }[] }> {
  const { key, down } = decoder.anatomy.layers[layer]!.mlp;
  const width = down.inWidth;
  const keys = matrix(rows.length, width);
  const places: { token: number; product: number }[] = [];
  const stage = await Stage.create(decoder, undefined, [key], { prepack: false });
  try {
    for (let from = 0; from < rows.length;) {
      report.check();
      let [to, longest] = [from + 1, rows[from]!.ids.length];
      while (to < rows.length && (to + 1 - from) * Math.max(longest, rows[to]!.ids.length) <= BUDGET)
        longest = Math.max(longest, rows[to++]!.ids.length);
      const some = rows.slice(from, to);
      const tokens = rightPad(some.map(({ ids }) => ids));
      const values = floats(await stage.run(tokens), key);
      some.forEach(({ fact, ids }, b) => {
        const at = (token: number) => (b * tokens.length + token) * width;
        const products = ids.map((_, token) => dot(facts[fact]!.direction, values.subarray(at(token), at(token) + width)));
        const token = products.reduce((best, product, t) => (Math.abs(product) > Math.abs(products[best]!) ? t : best), 0);
        row(keys, from + b).set(values.subarray(at(token), at(token) + width));
        places.push({ token, product: products[token]! });
      });
      from = to;
    }
  } finally {
    await stage.release();
  }
  return { keys, places };
}
