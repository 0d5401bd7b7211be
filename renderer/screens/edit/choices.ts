import type { MethodInfo, Setting } from '../../../shared/contract/edits.ts';
import { type Choices, SETTINGS } from '../../../shared/methods/list.ts';
import { readWritten, written } from '../../components/settings/reading.ts';

export type Choice = keyof Choices;

/** A typed setting: what it means, or what is wrong with it. Empty text is unset. */
export type ReadChoice = { readonly value: Choices[Choice] | undefined } | { readonly problem: string };

/** Reads what a person typed for a setting. @param layers how many layers the model has */
export function readChoice({ key }: Pick<Setting, 'key'>, text: string, layers: number): ReadChoice {
  return readWritten(SETTINGS.get(key)!, text, layers) as ReadChoice;
}

/** A setting's value as its field shows it. */
export function choiceText({ key }: Pick<Setting, 'key'>, value: Choices[Choice] | undefined): string {
  return written(SETTINGS.get(key)!, value);
}

/** Choices with one set, or unset with undefined. */
export function withChoice(choices: Choices, key: Choice, value: Choices[Choice] | undefined): Choices {
  return Object.fromEntries(Object.entries({ ...choices, [key]: value }).filter(([, one]) => one !== undefined)) as Choices;
}

/** Those of the choices that a method knows; the others belong to another method and wait. */
export function choicesFor(choices: Choices, method: Pick<MethodInfo, 'settings'>): Choices {
  const known = new Set(method.settings.map(({ key }) => key));
  return Object.fromEntries(Object.entries(choices).filter(([key]) => known.has(key))) as Choices;
}
