import * as v from 'valibot';
import type { MethodInfo } from '../../../shared/contract/edits.ts';
import { askedBy, fillWording, type Fact, wordingsOf } from '../../../shared/fact.ts';
import type { Choices } from '../../../shared/methods/list.ts';
import { isAboutAny, subjectIn } from '../../../shared/subject-words.ts';
import { divided, toldAmong, ToldSchema, toldSubjects, type ToldChoice } from '../../../shared/told.ts';

/**
 * What becomes of a wording or neighbour of the form. 'told': it takes part in the edit and no score counts it. 'unwritten': the same of a
 * wording that cannot be written, as the subject does not stand in it. 'apart': of a neighbour about a subject that another fact tells of:
 * no score counts it either. 'checks': it is held back and checks the edit.
 */
export type Part = 'told' | 'unwritten' | 'apart' | 'checks';

/** By place in the lists of the form; undefined for lines that are left empty. */
export interface Parts {
  readonly paraphrases: readonly (Part | undefined)[];
  readonly neighbors: readonly (Part | undefined)[];
  readonly sameSubject: readonly (Part | undefined)[];
}

/** Whether a method takes every second of the other facts about the subject into its search, as the form stands. */
export function keepsOwn(method: Pick<MethodInfo, 'settings'> | undefined, choices: Choices): boolean {
  const setting = method?.settings.find(({ key }) => key === 'ownFactor');
  return setting !== undefined && Number(choices.ownFactor ?? setting.value) > 0;
}

/** What a method tells an edit, as the form stands; undefined while that is not known. */
export function toldChoice(method: Pick<MethodInfo, 'settings'> | undefined, choices: Choices): ToldChoice | undefined {
  if (method === undefined) return undefined;
  const setting = method.settings.find(({ key }) => key === 'told');
  if (setting === undefined) return 'nothing';
  const value = choices.told ?? setting.value;
  return v.is(ToldSchema, value) ? value : undefined;
}

/** By fact, as facts of the form are never changed: the subjects that it tells of. */
const toldBy = new WeakMap<Fact, ReadonlySet<string>>();

/** The subjects that facts tell of as the form stands: a neighbour of another fact about one of them checks nothing. */
export function subjectsTold(facts: readonly Fact[], choice: ToldChoice | undefined): ReadonlySet<string> {
  if (choice === undefined || choice === 'nothing') return new Set();
  return new Set(
    facts.flatMap((fact) => {
      const known = toldBy.get(fact) ?? (fact.told ? toldSubjects([fact]) : subjectsOf(fact));
      toldBy.set(fact, known);
      return [...known];
    }),
  );
}

function subjectsOf(fact: Fact): Set<string> {
  const neighbors = (fact.neighbors ?? []).map(askedBy).filter((text) => text.trim() !== '');
  const wordings = wordingsOf(fact);
  const areTold = toldAmong(neighbors, wordings);
  return new Set(neighbors.filter((_, at) => areTold[at]).map((prompt) => subjectIn(prompt, wordings)));
}

/**
 * Which wordings and neighbours of a fact are told to the edit, and which check it: the way the edit itself divides them. Of a fact that
 * says itself what is told, as files may, all that is listed checks.
 * @param ownIsTold whether every second of the other facts about the subject takes part too
 * @param subjects that all facts of the edit tell of
 */
export function partsOf(fact: Fact, choice: ToldChoice, ownIsTold = false, subjects = subjectsTold([fact], choice)): Parts {
  const wordings = fact.paraphrases ?? [];
  const neighbors = (fact.neighbors ?? []).map(askedBy);
  const sameSubject = (fact.sameSubject ?? []).map(askedBy);
  const asked = wordingsOf(fact);
  const nothing = { wordings: [], neighbors: [] };
  const all: NonNullable<Fact['told']> = divided(placed(wordings, sameSubject), choice, ownIsTold).told ?? nothing;
  const told = fact.told === undefined ? all : nothing;
  const own = fact.told?.sameSubject === undefined ? all.sameSubject : [];
  const [taught, kept] = [new Set(told.wordings), new Set(own)];
  const held = fact.told === undefined && choice !== 'nothing' ? placesOfTold(neighbors, asked) : new Set<string>();
  const inTurn = (texts: readonly string[], some: ReadonlySet<unknown>) =>
    texts.map((text, at): Part | undefined => (text.trim() === '' ? undefined : some.has(String(at)) ? 'told' : 'checks'));
  return {
    paraphrases: wordings.map((text, at) => {
      if (text.trim() === '') return undefined;
      if (!taught.has(String(at))) return 'checks';
      return fact.subject.trim() !== '' && fillWording(text, fact.subject).includes(fact.subject) ? 'told' : 'unwritten';
    }),
    neighbors: inTurn(neighbors, held).map((part, at) =>
      part === 'checks' && isAboutAny(neighbors[at]!, subjects, asked) ? 'apart' : part,
    ),
    sameSubject: inTurn(sameSubject, kept),
  };
}

/** How many of a list are told, how many stand apart, and how many check. */
export function countParts(parts: readonly (Part | undefined)[]): {
  readonly told: number;
  readonly apart: number;
  readonly checks: number;
} {
  return {
    told: parts.filter((part) => part === 'told' || part === 'unwritten').length,
    apart: parts.filter((part) => part === 'apart').length,
    checks: parts.filter((part) => part === 'checks').length,
  };
}

/** A fact whose wordings and other facts about the subject are their places in the form, as equal texts are told apart by nothing else. */
function placed(wordings: readonly string[], sameSubject: readonly string[]): Fact {
  return { subject: '', prompt: '', target: '', paraphrases: placesOf(wordings), sameSubject: placesOf(sameSubject) };
}

/** The places of the neighbours that are told. */
function placesOfTold(neighbors: readonly string[], wordings: readonly string[]): Set<string> {
  const places = placesOf(neighbors);
  const areTold = toldAmong(
    places.map((at) => neighbors[Number(at)]!),
    wordings,
  );
  return new Set(places.filter((_, n) => areTold[n]));
}

function placesOf(texts: readonly string[]): string[] {
  return texts.flatMap((text, at) => (text.trim() === '' ? [] : [String(at)]));
}
