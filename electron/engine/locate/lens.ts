import { klDivergence } from '../linalg/distributions.ts';
import { largest, logSoftmax } from '../runtime/sampling.ts';
import type { Walk } from './walk.ts';

/**
 * What the model would say next if it stopped behind a block (logit lens): its own final norm, applied once, and its head, with a softcap
 * where there is one.
 */
export interface LensPlace {
  /** Logit, log probability and rank (how many tokens have a strictly greater logit) of each watched token. */
  readonly watched: readonly { readonly logit: number; readonly logProbability: number; readonly rank: number }[];
  readonly top: readonly { readonly id: number; readonly logit: number; readonly logProbability: number }[];
  /** Nats. */
  readonly entropy: number;
  /** KL(final ‖ here), nats. */
  readonly klToFinal: number;
}

/** @returns [layers + 1][tokens]: before the first block, then behind each block; the last is what the model says */
export async function lens(walk: Walk, ids: readonly number[], watched: readonly number[], top = 5): Promise<LensPlace[][]> {
  const states = [(await walk.start(ids, 1)).state];
  while (states.length <= walk.decoder.anatomy.layers.length) states.push((await walk.next(states.at(-1)!)).state);
  const logits: Float32Array[] = [];
  for (const state of states) logits.push(await walk.logits(state, 'all'));
  const vocabulary = logits[0]!.length / ids.length;
  const at = (all: Float32Array, token: number) => all.subarray(token * vocabulary, (token + 1) * vocabulary);
  const final = ids.map((_, token) => logSoftmax(at(logits.at(-1)!, token)));
  return logits.map((all) =>
    ids.map((_, token) => {
      const here = at(all, token);
      const logp = logSoftmax(here);
      return {
        watched: watched.map((id) => ({
          logit: here[id]!,
          logProbability: logp[id]!,
          rank: here.reduce((count, logit) => (logit > here[id]! ? count + 1 : count), 0),
        })),
        top: largest(here, top).map((id) => ({ id, logit: here[id]!, logProbability: logp[id]! })),
        entropy: logp.reduce((sum, l) => sum - (l === -Infinity ? 0 : Math.exp(l) * l), 0),
        klToFinal: klDivergence(final[token]!, logp),
      };
    }),
  );
}
