import type { Walk } from './walk.ts';

/** Token ids in one run of the embedding: few enough for any model's positions. */
const TOGETHER = 32;

/**
 * Standard deviation (divisor n − 1) of all numbers in the token embeddings of some rows, each token as often as it occurs: the measure of
 * the noise
 * in causal tracing (kmeng01/rome collect_embedding_std).
 */
export async function embeddingDeviation(walk: Walk, rows: readonly (readonly number[])[]): Promise<number> {
  const counts = new Map<number, number>();
  for (const id of rows.flat()) counts.set(id, (counts.get(id) ?? 0) + 1);
  const ids = [...counts.keys()];
  const width = walk.decoder.anatomy.hiddenSize;
  let [n, sum, squares] = [0, 0, 0];
  for (let from = 0; from < ids.length; from += TOGETHER) {
    const some = ids.slice(from, from + TOGETHER);
    const values = (await walk.embed(some)).subarray(0, some.length * width);
    some.forEach((id, at) => {
      const times = counts.get(id)!;
      n += times * width;
      for (const x of values.subarray(at * width, (at + 1) * width)) {
        sum += times * x;
        squares += times * x * x;
      }
    });
  }
  return Math.sqrt((squares - (sum * sum) / n) / (n - 1));
}
