import type { Fact, Neighbor } from './fact.ts';

/** What of the named neighbours and wordings takes part in an edit. */
export type ToldChoice = 'all' | 'neighbours' | 'nothing';

/**
 * A fact as an edit gets it. Every second neighbour, and of `all` every second other wording, is told to the edit: it takes part in the
 * solve, so it proves nothing and is measured apart. The others are left to check by; where there is one alone, it checks.
 * A fact that says itself what is told keeps that, unless nothing is to be told.
 */
export function divided(fact: Fact, choice: ToldChoice): Fact {
  if (choice === 'nothing') return undivided(fact);
  if (fact.told !== undefined) return fact;
  const { paraphrases = [], neighbors = [] } = fact;
  const wordings = choice === 'all' ? paraphrases : [];
  const told = { wordings: wordings.filter(isTold), neighbors: neighbors.filter(isTold) };
  if (told.wordings.length + told.neighbors.length === 0) return fact;
  const left = { paraphrases: paraphrases.filter((one) => !told.wordings.includes(one)), neighbors: neighbors.filter(isHeldBack) };
  return {
    ...fact,
    ...(fact.paraphrases && { paraphrases: left.paraphrases }),
    ...(fact.neighbors && { neighbors: left.neighbors }),
    told,
  };
}

/** Nothing told to the edit: everything that is named checks it. */
export function undivided({ told, ...fact }: Fact): Fact {
  if (told === undefined) return fact;
  const both = <T>(one: readonly T[] | undefined, other: readonly T[]) => [...(one ?? []), ...other];
  return { ...fact, paraphrases: both(fact.paraphrases, told.wordings), neighbors: both<Neighbor>(fact.neighbors, told.neighbors) };
}

function isTold(_: unknown, at: number): boolean {
  return at % 2 === 1;
}

function isHeldBack(_: unknown, at: number): boolean {
  return at % 2 === 0;
}
