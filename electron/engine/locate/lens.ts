import { klDivergence } from '../linalg/distributions.ts';
import { largest, logSoftmax } from '../runtime/sampling.ts';
import type { State } from './state.ts';
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

/** Changes a state in front of the norm; `at` counts states, before the first block first. */
export type Translate = (state: State, at: number) => State;

/** The states before the first block and behind each block. */
export async function statesOf(walk: Walk, ids: readonly number[]): Promise<State[]> {
  const states = [(await walk.start(ids, 1)).state];
  while (states.length <= walk.decoder.anatomy.layers.length) states.push((await walk.next(states.at(-1)!)).state);
  return states;
}

/**
 * @param translate a tuned lens; the logit lens when left out
 * @returns [layers + 1][tokens]: before the first block, then behind each block; the last is what the model says
 */
export async function lens(
  walk: Walk,
  ids: readonly number[],
  watched: readonly number[],
  top = 5,
  translate: Translate = (state) => state,
): Promise<LensPlace[][]> {
  const places: LensPlace[][] = [];
  let final: Float32Array[] | undefined;
  // The last first: the others are compared with it, and no more logits than those of one state need be held.
  for (const [at, state] of [...(await statesOf(walk, ids)).entries()].reverse()) {
    const all = await walk.logits(translate(state, at), 'all');
    const vocabulary = all.length / ids.length;
    const rows = ids.map((_, token) => all.subarray(token * vocabulary, (token + 1) * vocabulary));
    const said = rows.map(logSoftmax);
    final ??= said;
    places.unshift(rows.map((logits, token) => placeOf(logits, said[token]!, final![token]!, watched, top)));
  }
  return places;
}

function placeOf(logits: Float32Array, said: Float32Array, final: Float32Array, watched: readonly number[], top: number): LensPlace {
  return {
    watched: watched.map((id) => ({ logit: logits[id]!, logProbability: said[id]!, rank: rankOf(logits, id) })),
    top: largest(logits, top).map((id) => ({ id, logit: logits[id]!, logProbability: said[id]! })),
    entropy: said.reduce((sum, l) => sum - (l === -Infinity ? 0 : Math.exp(l) * l), 0),
    klToFinal: klDivergence(final, said),
  };
}

/** How many tokens have a strictly greater logit. */
export function rankOf(logits: Float32Array, id: number): number {
  return logits.reduce((count, logit) => (logit > logits[id]! ? count + 1 : count), 0);
}
