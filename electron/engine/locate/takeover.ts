import { klDivergence } from '../linalg/distributions.ts';
import { logSoftmax } from '../runtime/sampling.ts';
import { rankOf, statesOf } from './lens.ts';
import type { Walk } from './walk.ts';

/** What a version would say of two answers behind the text's last token, before the first block and behind each (logit lens). */
export interface Contest {
  /** [layers + 1]. */
  readonly places: readonly ContestPlace[];
  /** Index of the first place from which on, to the end, the new answer outranks the old one; null where it does not in the end. */
  readonly takesOver: number | null;
}

export interface ContestPlace {
  readonly old: Standing;
  readonly new: Standing;
  /** Logit of the new answer − logit of the old one. */
  readonly lead: number;
}

/** How one answer stands. Rank 0 is the likeliest. */
export interface Standing {
  readonly logit: number;
  readonly probability: number;
  readonly rank: number;
}

/** The same text through two versions. */
export interface Change {
  readonly before: Contest;
  readonly after: Contest;
  /** [layers + 1]: how much the new answer's lead grew. */
  readonly difference: readonly number[];
  /** [layers + 1]: KL(before ‖ after) of what the two would say there, nats. */
  readonly kl: readonly number[];
}

/** Logits behind the last token, before the first block and behind each: [layers + 1][vocabulary]. */
export async function lastLogits(walk: Walk, ids: readonly number[]): Promise<Float32Array[]> {
  const logits: Float32Array[] = [];
  for (const state of await statesOf(walk, ids)) logits.push(await walk.logits(state));
  return logits;
}

/**
 * Where along the layers a new answer takes over from an old one.
 * @param before, after {@link lastLogits} of the two versions
 */
export function change(
  before: readonly Float32Array[],
  after: readonly Float32Array[],
  answers: { readonly old: number; readonly new: number },
): Change {
  const [first, second] = [contest(before, answers), contest(after, answers)];
  return {
    before: first,
    after: second,
    difference: first.places.map(({ lead }, at) => second.places[at]!.lead - lead),
    kl: before.map((logits, at) => klDivergence(logSoftmax(logits), logSoftmax(after[at]!))),
  };
}

function contest(layers: readonly Float32Array[], answers: { readonly old: number; readonly new: number }): Contest {
  const places = layers.map((logits): ContestPlace => {
    const said = logSoftmax(logits);
    const standing = (id: number): Standing => ({ logit: logits[id]!, probability: Math.exp(said[id]!), rank: rankOf(logits, id) });
    return { old: standing(answers.old), new: standing(answers.new), lead: logits[answers.new]! - logits[answers.old]! };
  });
  return { places, takesOver: takesOver(places.map(({ lead }) => lead)) };
}

/** The first index from which on all leads are above 0; null where the last one is not. */
export function takesOver(leads: readonly number[]): number | null {
  const behind = leads.findLastIndex((lead) => lead <= 0);
  return behind === leads.length - 1 ? null : behind + 1;
}
