/**
 * Measures of an edit, as numbers from numbers. Sources: kmeng01/memit experiments/py/eval_utils_counterfact.py, eval_utils_zsre.py
 * and experiments/summarize.py. Comparisons are strict: equal likelihoods are a success for nobody.
 */

import { mean } from '../linalg/distributions.ts';

/** Mean negative log-likelihood per target token (nats) of the two answers to one prompt. */
export interface AnswerPair {
  /** The target that the edit wants. */
  readonly wanted: number;
  /** The target from before the edit. */
  readonly previous: number;
}

/**
 * Share of prompts where the wanted target is likelier: ES on the prompt of the edit, PS on paraphrases. 0 to 1; undefined without prompts.
 */
export function success(pairs: readonly AnswerPair[]): number | undefined {
  return mean(pairs.map(({ wanted, previous }) => Number(previous > wanted)));
}

/** Mean difference of the (geometric mean) token probabilities, wanted − previous: EM, PM. −1 to 1. */
export function magnitude(pairs: readonly AnswerPair[]): number | undefined {
  return mean(pairs.map(({ wanted, previous }) => Math.exp(-wanted) - Math.exp(-previous)));
}

/** Share of neighbours where the answer that they had is likelier than the wanted target: NS. */
export function neighborSuccess(pairs: readonly AnswerPair[]): number | undefined {
  return mean(pairs.map(({ wanted, previous }) => Number(previous < wanted)));
}

/** The difference of {@link magnitude} the other way round: NM. */
export function neighborMagnitude(pairs: readonly AnswerPair[]): number | undefined {
  return mean(pairs.map(({ wanted, previous }) => Math.exp(-previous) - Math.exp(-wanted)));
}

/** Score S: the harmonic mean, 0 when one value is 0; undefined when one is not known. */
export function harmonicMean(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  if (known.length < values.length || known.length === 0) return undefined;
  return known.includes(0) ? 0 : known.length / known.reduce((sum, value) => sum + 1 / value, 0);
}

/** Mean and population standard deviation over cases. */
export interface Average {
  readonly mean: number;
  readonly deviation: number;
  /** Cases that the measure could be taken of. */
  readonly cases: number;
}

/** The average over the cases that have a value; each is already the mean within its case. */
export function average(values: readonly (number | undefined)[], scale = 1): Average | undefined {
  const known = values.filter((value) => value !== undefined);
  const center = mean(known);
  if (center === undefined) return undefined;
  const variance = mean(known.map((value) => (value - center) ** 2))!;
  return { mean: center * scale, deviation: Math.sqrt(variance) * scale, cases: known.length };
}

/** exp of the mean negative log-likelihood. @param nll total, in nats; @param tokens that it is the total of */
export function perplexity(nll: number, tokens: number): number {
  return Math.exp(nll / tokens);
}

/** The id of the greatest value; the first one of equals, as argmax has it. */
export function argmax(values: ArrayLike<number>): number {
  let best = 0;
  for (let id = 1; id < values.length; id++) if (values[id]! > values[best]!) best = id;
  return best;
}
