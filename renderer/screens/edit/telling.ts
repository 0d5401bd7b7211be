import * as v from 'valibot';
import type { MethodInfo } from '../../../shared/contract/edits.ts';
import { fillWording, type Fact, type Neighbor } from '../../../shared/fact.ts';
import type { Choices } from '../../../shared/methods/list.ts';
import { divided, ToldSchema, type ToldChoice } from '../../../shared/told.ts';

/**
 * What becomes of a wording or neighbour of the form. 'told': it takes part in the edit and no score counts it. 'unwritten': the same of a
 * wording that cannot be written, as the subject does not stand in it. 'checks': it is held back and checks the edit.
 */
export type Part = 'told' | 'unwritten' | 'checks';

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

/**
 * Which wordings and neighbours of a fact are told to the edit, and which check it: the way the edit itself divides them. Of a fact that
 * says itself what is told, as files may, all that is listed checks.
 * @param ownIsTold whether every second of the other facts about the subject takes part too
 */
export function partsOf(fact: Fact, choice: ToldChoice, ownIsTold = false): Parts {
  const wordings = fact.paraphrases ?? [];
  const neighbors = (fact.neighbors ?? []).map(askedBy);
  const sameSubject = (fact.sameSubject ?? []).map(askedBy);
  const nothing = { wordings: [], neighbors: [] };
  const all: NonNullable<Fact['told']> = divided(placed(wordings, neighbors, sameSubject), choice, ownIsTold).told ?? nothing;
  const told = fact.told === undefined ? all : nothing;
  const own = fact.told?.sameSubject === undefined ? all.sameSubject : [];
  const [taught, held, kept] = [new Set(told.wordings), new Set(told.neighbors), new Set(own)];
  const inTurn = (texts: readonly string[], some: ReadonlySet<unknown>) =>
    texts.map((text, at): Part | undefined => (text.trim() === '' ? undefined : some.has(String(at)) ? 'told' : 'checks'));
  return {
    paraphrases: wordings.map((text, at) => {
      if (text.trim() === '') return undefined;
      if (!taught.has(String(at))) return 'checks';
      return fact.subject.trim() !== '' && fillWording(text, fact.subject).includes(fact.subject) ? 'told' : 'unwritten';
    }),
    neighbors: inTurn(neighbors, held),
    sameSubject: inTurn(sameSubject, kept),
  };
}

/** How many of a list are told, and how many check. */
export function countParts(parts: readonly (Part | undefined)[]): { readonly told: number; readonly checks: number } {
  return {
    told: parts.filter((part) => part === 'told' || part === 'unwritten').length,
    checks: parts.filter((part) => part === 'checks').length,
  };
}

/** A fact whose wordings and neighbours are their places in the form, as equal texts are told apart by nothing else. */
function placed(wordings: readonly string[], neighbors: readonly string[], sameSubject: readonly string[]): Fact {
  const places = (all: readonly string[]) => all.flatMap((text, at) => (text.trim() === '' ? [] : [String(at)]));
  const lists = { paraphrases: places(wordings), neighbors: places(neighbors), sameSubject: places(sameSubject) };
  return { subject: '', prompt: '', target: '', ...lists };
}

function askedBy(one: Neighbor): string {
  return typeof one === 'string' ? one : one.prompt;
}
