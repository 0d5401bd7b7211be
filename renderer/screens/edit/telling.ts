import * as v from 'valibot';
import type { MethodInfo } from '../../../shared/contract/edits.ts';
import { fillWording, type Fact } from '../../../shared/fact.ts';
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
 */
export function partsOf(fact: Fact, choice: ToldChoice): Parts {
  const wordings = fact.paraphrases ?? [];
  const neighbors = (fact.neighbors ?? []).map((one) => (typeof one === 'string' ? one : one.prompt));
  const nothing = { wordings: [], neighbors: [] };
  const told = fact.told === undefined ? (divided(placed(wordings, neighbors), choice).told ?? nothing) : nothing;
  const [taught, held] = [new Set(told.wordings), new Set(told.neighbors)];
  return {
    paraphrases: wordings.map((text, at) => {
      if (text.trim() === '') return undefined;
      if (!taught.has(String(at))) return 'checks';
      return fact.subject.trim() !== '' && fillWording(text, fact.subject).includes(fact.subject) ? 'told' : 'unwritten';
    }),
    neighbors: neighbors.map((text, at) => (text.trim() === '' ? undefined : held.has(String(at)) ? 'told' : 'checks')),
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
function placed(wordings: readonly string[], neighbors: readonly string[]): Fact {
  const places = (all: readonly string[]) => all.flatMap((text, at) => (text.trim() === '' ? [] : [String(at)]));
  return { subject: '', prompt: '', target: '', paraphrases: places(wordings), neighbors: places(neighbors) };
}
