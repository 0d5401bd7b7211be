import * as v from 'valibot';
import { ChoicesSchema, type Choices, type MethodInfo, type Setting } from '../../../shared/contract/edits.ts';

export type Choice = keyof Choices;

/** A typed setting: what it means, or what is wrong with it. Empty text is unset. */
export type ReadChoice = { readonly value: Choices[Choice] | undefined } | { readonly problem: string };

/** Reads what a person typed for a setting. @param layers how many layers the model has */
export function readChoice(setting: Pick<Setting, 'key' | 'kind' | 'choices'>, text: string, layers: number): ReadChoice {
  const typed = text.trim();
  if (typed === '') return { value: undefined };
  const value = setting.kind === 'layers' ? readLayers(typed, layers) : setting.kind === 'choice' ? typed : Number(typed.replace(',', '.'));
  if (typeof value === 'object' && 'problem' in value) return value;
  if (typeof value === 'number' && !Number.isFinite(value)) return { problem: `Write a number; found ${JSON.stringify(typed)}.` };
  if (setting.kind === 'integer' && !Number.isInteger(value)) return { problem: `Write a whole number; found ${JSON.stringify(typed)}.` };
  const parsed = v.safeParse(ChoicesSchema, { [setting.key]: value });
  if (parsed.success) return { value: parsed.output[setting.key as Choice] };
  return { problem: limits(setting, value) };
}

/** Layers as a list and ranges, such as "3-5, 8". */
function readLayers(text: string, layers: number): number[] | { problem: string } {
  const found: number[] = [];
  for (const part of text.split(/[,;\s]+/).filter((one) => one !== '')) {
    const range = /^(\d{1,4})(?:[-–](\d{1,4}))?$/.exec(part);
    if (!range) return { problem: `Write layers as numbers or ranges, such as "3-5"; found ${JSON.stringify(part)}.` };
    const [first, last] = [Number(range[1]), Number(range[2] ?? range[1])];
    if (Math.max(first, last) >= layers) return { problem: `This model has layers 0 to ${layers - 1}; found ${Math.max(first, last)}.` };
    if (last < first) return { problem: `The range ${part} runs backwards.` };
    for (let layer = first; layer <= last; layer++) if (!found.includes(layer)) found.push(layer);
  }
  return found.sort((a, b) => a - b);
}

function limits(setting: Pick<Setting, 'key' | 'kind' | 'choices'>, value: unknown): string {
  if (setting.kind === 'choice') return `Choose one of ${(setting.choices ?? []).join(', ')}.`;
  if (typeof value === 'number' && value < 0) return 'Write a number that is not negative.';
  if (value === 0) return 'Write a number of at least 1.';
  return 'That number is too large.';
}

/** A setting's value as its field shows it. */
export function choiceText(value: Choices[Choice] | undefined): string {
  if (value === undefined) return '';
  if (!Array.isArray(value)) return String(value);
  const parts: string[] = [];
  for (let at = 0; at < value.length;) {
    let end = at;
    while (value[end + 1] === value[end]! + 1) end++;
    parts.push(end > at ? `${value[at]}-${value[end]}` : String(value[at]));
    at = end + 1;
  }
  return parts.join(', ');
}

/** Choices with one set, or unset with undefined. */
export function withChoice(choices: Choices, key: Choice, value: Choices[Choice] | undefined): Choices {
  return Object.fromEntries(Object.entries({ ...choices, [key]: value }).filter(([, one]) => one !== undefined)) as Choices;
}

/** Those of the choices that a method knows; the others belong to the other method and wait. */
export function choicesFor(choices: Choices, method: Pick<MethodInfo, 'settings'>): Choices {
  const known = new Set(method.settings.map(({ key }) => key));
  return Object.fromEntries(Object.entries(choices).filter(([key]) => known.has(key))) as Choices;
}
