import { tally } from '../../../shared/checks.ts';
import type { EditReport, FactReport } from '../../../shared/contract/edits.ts';
import type { Fact } from '../../../shared/fact.ts';

/** What became of a fact in a draft. */
export type Outcome = Pick<FactReport, 'verdict' | 'says'>;

/** A fact with its new answer, however it is checked. */
export function factKey({ subject, prompt, target }: Fact): string {
  return JSON.stringify([subject, prompt, target].map((text) => text.trim()));
}

/** What became of each fact of a draft, by the fact. */
export function outcomesOf(report: Pick<EditReport, 'facts'>): Map<string, Outcome> {
  return new Map(report.facts.map(({ fact, verdict, says }) => [factKey(fact), { verdict, says }]));
}

/** How a fact did in one draft. */
export interface Side {
  readonly verdict: FactReport['verdict'];
  /** Probability of the new answer at the fact's own prompt. */
  readonly chance: number | undefined;
  readonly held: number;
  readonly wordings: number;
  /** Neighbours that are not lost. */
  readonly kept: number;
  readonly neighbors: number;
}
export interface Compared {
  readonly fact: Fact;
  /** Undefined where a draft does not have the fact. */
  readonly one: Side | undefined;
  readonly other: Side | undefined;
}

/** Two drafts fact by fact, in the order of the first; those of the second alone come last. */
export function compareDrafts(one: Pick<EditReport, 'facts'>, other: Pick<EditReport, 'facts'>): Compared[] {
  const [first, second] = [byFact(one), byFact(other)];
  return [...new Set([...first.keys(), ...second.keys()])].map((key) => ({
    fact: (first.get(key) ?? second.get(key))!.fact,
    one: side(first.get(key)),
    other: side(second.get(key)),
  }));
}

function byFact({ facts }: Pick<EditReport, 'facts'>): Map<string, FactReport> {
  return new Map(facts.map((report) => [factKey(report.fact), report]));
}

function side(report: FactReport | undefined): Side | undefined {
  if (report === undefined) return undefined;
  const { verdict, rewrite, paraphrases, neighbors } = report;
  return {
    verdict,
    chance: rewrite.after.wanted,
    held: paraphrases.filter(({ good }) => good).length,
    wordings: paraphrases.length,
    kept: neighbors.length - tally(neighbors).lost,
    neighbors: neighbors.length,
  };
}
