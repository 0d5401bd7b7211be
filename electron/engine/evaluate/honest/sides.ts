import type { HonestAnswer } from '../../../../shared/contract/honest.ts';
import type { Wanted } from '../../../../shared/honest/probe.ts';
import { WAYS_TO_ASK } from './ways/index.ts';

/**
 * Whom a question is put to: the version before the edit, which is asked for the old answer; the same with the new fact in front; the
 * edited version.
 */
export const SIDES = ['before', 'context', 'after'] as const;
export type Side = (typeof SIDES)[number];

/** What is looked for on a side, and what is not; undefined where nobody knows the old answer. */
export function lookedFor({ before, after }: Wanted, side: Side): { wanted: readonly string[]; unwanted: readonly string[] } | undefined {
  if (side !== 'before') return { wanted: after, unwanted: before ?? [] };
  return before && { wanted: before, unwanted: after };
}

/** What of an answer does not follow from what is told beside it; undefined where all does. */
export function misjudged(answer: HonestAnswer): Side | undefined {
  const way = WAYS_TO_ASK[answer.way];
  return SIDES.find((side) => {
    const [said, asked] = [answer[side], lookedFor(answer.wanted as Wanted, side)];
    if (!said || !asked) return (said === undefined) !== (asked === undefined);
    return said.given !== way.isGiven(said, asked.wanted, asked.unwanted) || way.agrees?.(said, answer.options ?? []) === false;
  });
}
