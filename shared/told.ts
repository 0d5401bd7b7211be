import * as v from 'valibot';
import { counted } from './counted.ts';
import { askedBy, type Fact, type Neighbor, wordingsOf } from './fact.ts';
import { isAboutAny, subjectIn } from './subject-words.ts';

/** What of the named neighbours and wordings takes part in an edit. */
export const TOLD = ['all', 'neighbours', 'nothing'] as const;
export const ToldSchema = v.picklist(TOLD);
export type ToldChoice = v.InferOutput<typeof ToldSchema>;

/**
 * A fact as an edit gets it. About half of the neighbours ({@link toldAmong}), and of `all` every second other wording, is told to the
 * edit: it takes part in the solve, so it proves nothing and is measured apart. The others are left to check by; where there is one alone,
 * it checks. A fact that says itself what is told keeps that, unless nothing is to be told.
 * @param keepsOwn whether every second of the other facts about the subject takes part in the search too
 */
export function divided(fact: Fact, choice: ToldChoice, keepsOwn = false): Fact {
  const own = fact.told?.sameSubject;
  // Other subjects are chosen anew, and what stood apart checks again.
  const rest = untold(withoutApart(own === undefined ? fact : ownBack(fact, own)), 'background');
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
  const areTold = toldAmong(neighbors.map(askedBy), wordingsOf(fact));
  const wordings = areWordingsTold ? paraphrases.filter(isTold) : [];
  const told = { wordings, neighbors: neighbors.filter((_, at) => areTold[at]) };
  if (told.wordings.length + told.neighbors.length === 0) return fact;
  return {
    ...fact,
    ...(fact.paraphrases && areWordingsTold && { paraphrases: paraphrases.filter(isHeldBack) }),
    ...(fact.neighbors && { neighbors: neighbors.filter((_, at) => !areTold[at]) }),
    told,
  };
}

/**
 * Which of some neighbours are told. The name of its subject decides, not its place: so a subject that one fact tells is told by nearly
 * all. At least a third of the subjects is told and a third checks, for which those nearest to the other side go there; those about a
 * single subject all check.
 * @param wordings of the fact, which tell where its neighbours name their subjects
 */
export function toldAmong(prompts: readonly string[], wordings: readonly string[] = []): boolean[] {
  const subjects = prompts.map((prompt) => subjectIn(prompt, wordings));
  const ordered = [...new Set(subjects)].map((subject) => ({ subject, lot: lotOf(subject) })).sort((a, b) => a.lot - b.lot);
  const fair = ordered.filter(({ lot }) => lot >= 0.5).length;
  const least = Math.ceil(ordered.length / 3);
  const count = ordered.length < 2 ? 0 : Math.min(Math.max(fair, least), ordered.length - least);
  const told = new Set(ordered.slice(ordered.length - count).map(({ subject }) => subject));
  return subjects.map((subject) => told.has(subject));
}

/** A number from 0 to 1 that depends on a text alone: its FNV-1a hash, with its bits mixed (as murmur3 ends). */
function lotOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/**
 * Facts as {@link divided} gave them, whose neighbours check only where no other fact tells of their subject: what one fact tells is held
 * for all. Those stand apart, measured and not counted.
 * @param earlier facts whose prompts are held beside those of these
 */
export function setApart(facts: readonly Fact[], earlier: readonly Fact[] = []): Fact[] {
  const told = toldSubjects([...facts, ...earlier]);
  if (told.size === 0) return [...facts];
  return facts.map((fact) => {
    const { neighbors = [] } = fact;
    const wordings = wordingsOf(fact);
    const apart = neighbors.filter((one) => isAboutAny(askedBy(one), told, wordings));
    if (apart.length === 0) return fact;
    const counted = neighbors.filter((one) => !apart.includes(one));
    return { ...fact, neighbors: counted, told: { ...NOTHING, ...fact.told, apart } };
  });
}

/** All prompts about other subjects that an edit was told of, and holds. */
export function toldTexts(facts: readonly Pick<Fact, 'told'>[]): string[] {
  return facts.flatMap(({ told }) => [...(told?.neighbors ?? []).map(askedBy), ...(told?.background ?? [])]);
}

/** The subjects that an edit was told of, as {@link subjectIn} gives them. */
export function toldSubjects(facts: readonly Fact[]): Set<string> {
  return new Set(
    facts.flatMap((fact) => {
      const wordings = wordingsOf(fact);
      return toldTexts([fact]).map((prompt) => subjectIn(prompt, wordings));
    }),
  );
}

/** The neighbours that are measured and not counted: those that are told, then those that stand apart. */
export function toldNeighbors({ neighbors, apart = [] }: NonNullable<Fact['told']>): Neighbor[] {
  return [...neighbors, ...apart];
}

/** Of a check of a version: how many prompts were not asked, since its edits were told of them or of their subjects. */
export function leftOutWords(prompts: number): string {
  return (
    `${counted(prompts, 'neighbour or wording', 'neighbours and wordings')} ${prompts === 1 ? 'was' : 'were'} left out: ` +
    'edits of the version were told of them, or of their subjects, so they prove nothing.'
  );
}

function ownDivided(fact: Fact): Fact {
  const { sameSubject = [] } = fact;
  const told = sameSubject.filter(isTold);
  return told.length === 0
    ? fact
    : { ...fact, sameSubject: sameSubject.filter(isHeldBack), told: { ...NOTHING, ...fact.told, sameSubject: told } };
}

function ownBack(fact: Fact, own: readonly Neighbor[]): Fact {
  return { ...untold(fact, 'sameSubject'), sameSubject: inTurns<Neighbor>(fact.sameSubject ?? [], own) };
}

/** What stood apart checks again, until other facts say otherwise. */
function withoutApart(fact: Fact): Fact {
  const { apart } = fact.told ?? {};
  return apart === undefined ? fact : { ...untold(fact, 'apart'), neighbors: [...(fact.neighbors ?? []), ...apart] };
}

/** A fact that does not tell one of these lists; where nothing else is told, it says nothing of telling. */
export function untold(fact: Fact, list: 'sameSubject' | 'apart' | 'background'): Fact {
  const { told, ...rest } = fact;
  if (told?.[list] === undefined) return fact;
  const left = Object.fromEntries(Object.entries(told).filter(([name]) => name !== list)) as typeof told;
  return isNothing(left) ? rest : { ...rest, told: left };
}

function isNothing({ wordings, neighbors, ...rest }: NonNullable<Fact['told']>): boolean {
  return wordings.length + neighbors.length === 0 && Object.values(rest).every((list) => list.length === 0);
}

/** Nothing told to the edit: everything that is named checks it. */
export function undivided({ told, ...fact }: Fact): Fact {
  if (told === undefined) return fact;
  return {
    ...fact,
    paraphrases: inTurns(fact.paraphrases ?? [], told.wordings),
    neighbors: [...(fact.neighbors ?? []), ...told.neighbors, ...(told.apart ?? [])],
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
