import * as v from 'valibot';
import type { Fact, Neighbor } from './fact.ts';

/** What of the named neighbours and wordings takes part in an edit. */
export const TOLD = ['all', 'neighbours', 'nothing'] as const;
export const ToldSchema = v.picklist(TOLD);
export type ToldChoice = v.InferOutput<typeof ToldSchema>;

/**
 * A fact as an edit gets it. Every second neighbour, and of `all` every second other wording, is told to the edit: it takes part in the
 * solve, so it proves nothing and is measured apart. The others are left to check by; where there is one alone, it checks.
 * A fact that says itself what is told keeps that, unless nothing is to be told.
 * @param keepsOwn whether every second of the other facts about the subject takes part in the search too
 */
export function divided(fact: Fact, choice: ToldChoice, keepsOwn = false): Fact {
  const own = fact.told?.sameSubject;
  const rest = own === undefined ? fact : ownBack(fact, own);
  const solved = dividedForSolve(rest, choice);
  if (!keepsOwn) return solved;
  if (own === undefined) return ownDivided(solved);
  return { ...solved, sameSubject: fact.sameSubject ?? [], told: { ...NOTHING, ...solved.told, sameSubject: own } };
}

const NOTHING: NonNullable<Fact['told']> = { wordings: [], neighbors: [] };

function dividedForSolve(fact: Fact, choice: ToldChoice): Fact {
  if (choice === 'nothing') return undivided(fact);
  if (fact.told !== undefined) return fact;
  const { paraphrases = [], neighbors = [] } = fact;
  const areWordingsTold = choice === 'all';
  const told = { wordings: areWordingsTold ? paraphrases.filter(isTold) : [], neighbors: neighbors.filter(isTold) };
  if (told.wordings.length + told.neighbors.length === 0) return fact;
  return {
    ...fact,
    ...(fact.paraphrases && areWordingsTold && { paraphrases: paraphrases.filter(isHeldBack) }),
    ...(fact.neighbors && { neighbors: neighbors.filter(isHeldBack) }),
    told,
  };
}

function ownDivided(fact: Fact): Fact {
  const { sameSubject = [] } = fact;
  const told = sameSubject.filter(isTold);
  return told.length === 0
    ? fact
    : { ...fact, sameSubject: sameSubject.filter(isHeldBack), told: { ...NOTHING, ...fact.told, sameSubject: told } };
}

function ownBack({ told = NOTHING, ...fact }: Fact, own: readonly Neighbor[]): Fact {
  const { wordings, neighbors } = told;
  const sameSubject = inTurns<Neighbor>(fact.sameSubject ?? [], own);
  return { ...fact, sameSubject, ...(wordings.length + neighbors.length > 0 ? { told: { wordings, neighbors } } : {}) };
}

/** Nothing told to the edit: everything that is named checks it. */
export function undivided({ told, ...fact }: Fact): Fact {
  if (told === undefined) return fact;
  return {
    ...fact,
    paraphrases: inTurns(fact.paraphrases ?? [], told.wordings),
    neighbors: inTurns<Neighbor>(fact.neighbors ?? [], told.neighbors),
    ...(told.sameSubject && { sameSubject: inTurns<Neighbor>(fact.sameSubject ?? [], told.sameSubject) }),
  };
}

/** As they stood before every second one was taken out. */
function inTurns<T>(left: readonly T[], told: readonly T[]): T[] {
  return Array.from({ length: Math.max(left.length, told.length) }, (_, at) => [
    ...left.slice(at, at + 1),
    ...told.slice(at, at + 1),
  ]).flat();
}

function isTold(_: unknown, at: number): boolean {
  return at % 2 === 1;
}

function isHeldBack(_: unknown, at: number): boolean {
  return at % 2 === 0;
}
