import { beginsWith } from './answers.ts';
import type { CheckRecord } from './records.ts';
import type { Fate, NeighborOutcome } from './report.ts';
import { inBatches, type Requests, type Scores } from './requests.ts';
import type { Answer, AnswerItem, Scorer } from './scorer.ts';

/** The share of its probability that an answer must keep. */
const KEEPS = 0.5;

/** Every prompt of a record that must keep its answer. */
export function othersOf({ neighbors, sameSubject }: Pick<CheckRecord, 'neighbors' | 'sameSubject'>): Neighbor[] {
  return [...neighbors, ...sameSubject];
}

type Neighbor = CheckRecord['neighbors'][number];

/**
 * Asks two versions every neighbour of some records, each once however often it occurs.
 * @param scores of the neighbours' own targets
 * @returns what was found of a neighbour
 */
export async function neighborFates(
  now: Scorer,
  before: Scorer,
  records: readonly CheckRecord[],
  scores: { readonly now: Scores; readonly before: Scores },
  requests: Requests,
): Promise<(neighbor: Neighbor) => NeighborOutcome> {
  const distinct = new Map(records.flatMap(othersOf).map((one) => [keyOf(one), one] as const));
  const items = [...distinct.values()].map(({ prompt, target }): AnswerItem => ({
    prompt,
    tokens: target === undefined ? 1 : scores.now.get(prompt, target).tokens,
  }));
  const said = await inBatches(requests, 'baseline', items, (batch) => before.answer(batch));
  const says = await inBatches(requests, 'baseline', items, (batch) => now.answer(batch));
  const outcomes = new Map(
    [...distinct].map(([key, neighbor], at) => {
      const [first, second] = [said[at]!, says[at]!];
      return [key, { before: first, now: second, fate: fateOf(neighbor, first, second, scores) }];
    }),
  );
  return (neighbor) => outcomes.get(keyOf(neighbor))!;
}

/** @param first what it said, and `second` what it says now */
function fateOf({ prompt, target }: Neighbor, first: Answer, second: Answer, scores: { now: Scores; before: Scores }): Fate {
  const probability = (found: Scores, own: string) => {
    const { nll, tokens } = found.get(prompt, own);
    return Math.exp(-nll * tokens);
  };
  if (target !== undefined && beginsWith(first.text, target))
    return fate(beginsWith(second.text, target), probability(scores.before, target), probability(scores.now, target));
  return fate(first.text === second.text, first.probability, second.probability);
}

function fate(keeps: boolean, had: number, has: number): Fate {
  if (!keeps) return 'lost';
  return has < KEEPS * had ? 'shaken' : 'kept';
}

function keyOf({ prompt, target }: Neighbor): string {
  return JSON.stringify([prompt, target ?? null]);
}

/** The share of neighbours that still answer as before, 0 to 1. */
export function shareKept(neighbors: readonly { readonly fate: Fate }[]): number | undefined {
  return neighbors.length === 0 ? undefined : neighbors.filter(({ fate }) => fate !== 'lost').length / neighbors.length;
}
