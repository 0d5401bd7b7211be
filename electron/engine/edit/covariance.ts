import { EmendError } from '../../../shared/errors.ts';
import { matrix, type Matrix } from '../linalg/matrix.ts';
import type { Decoder } from '../decoder/decoder.ts';
import { rightPad } from '../runtime/inputs.ts';
import { floatFeed, floats } from '../runtime/session.ts';
import { Stage } from '../decoder/stage.ts';
import { extend, slice, value } from '../runtime/surgery.ts';
import type { Report } from '../../../shared/progress.ts';

/** Uncentred second moments of the keys, C = mean of k·kᵀ over tokens (layer_stats.py), and over how many tokens. */
export interface Covariance {
  readonly tokens: number;
  /** Layer → F × F. */
  readonly layers: ReadonlyMap<number, Matrix>;
}

/** Tokens in one run. */
const BUDGET = 2048;
const MASK = 'emend.token_mask';

/**
 * One pass over the texts for all layers. Each run multiplies its keys inside the graph; sums are kept in float64.
 * @param texts token rows; every token counts once
 */
export async function keyCovariance(
  decoder: Decoder,
  layers: readonly number[],
  texts: readonly (readonly number[])[],
  report: Report,
): Promise<Covariance> {
  const rows = texts.filter((t) => t.length > 0).sort((a, b) => a.length - b.length);
  const total = rows.reduce((n, r) => n + r.length, 0);
  if (total === 0)
    throw new EmendError('bad-input', 'The covariance text holds no tokens.', 'Give a text file with some pages of ordinary text.');
  const keys = layers.map((l) => decoder.anatomy.layers[l]!.mlp);
  const { graph, made } = extend(decoder.graph, 'covariance', (b) =>
    keys.map((mlp) => {
      const flat = b.op('Reshape', [mlp.key, b.ints([-1, mlp.down.inWidth])]);
      const masked = b.op('Mul', [flat, MASK]);
      return b.op('FusedMatMul', [masked, masked], { transA: 1 }, 'com.microsoft');
    }),
  );
  graph.inputs.push(value(MASK, 'float32', ['tokens', 1]));
  const stage = Stage.of(decoder, await decoder.session(slice(graph, made), { prepack: total > 20 * BUDGET }), []);
  const sums = keys.map((mlp) => matrix(mlp.down.inWidth, mlp.down.inWidth));
  try {
    let done = 0;
    for (let from = 0; from < rows.length;) {
      report.check();
      let to = from + 1;
      while (to < rows.length && (to + 1 - from) * rows[to]!.length <= BUDGET) to++;
      const tokens = rightPad(rows.slice(from, to));
      const mask = new Float32Array(tokens.batch * tokens.length);
      tokens.lengths.forEach((n, b) => mask.fill(1, b * tokens.length, b * tokens.length + n));
      const result = await stage.run(tokens, { [MASK]: floatFeed(mask, [mask.length, 1]) });
      made.forEach((name, i) => {
        const part = floats(result, name);
        const sum = sums[i]!.data;
        for (let j = 0; j < part.length; j++) sum[j]! += part[j]!;
      });
      done += tokens.lengths.reduce((n, l) => n + l, 0);
      from = to;
      report.progress('covariance', done, total);
    }
  } finally {
    await stage.release();
  }
  for (const sum of sums) for (let j = 0; j < sum.data.length; j++) sum.data[j]! /= total;
  return { tokens: total, layers: new Map(layers.map((l, i) => [l, sums[i]!])) };
}
