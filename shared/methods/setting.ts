import * as v from 'valibot';
import { VALUES, type ValueKind } from './values.ts';

/** What the fields of published hyperparameter files are called, and what a file means that leaves the field out. */
export interface PublishedField {
  readonly name: string;
  /** Left out: every file of the method has the field. */
  readonly missing?: unknown;
}

/** One hyperparameter of a method, for the form, the command line, published files and records alike. */
export interface Setting<K extends string = string, S extends v.GenericSchema = v.GenericSchema> {
  readonly key: K;
  readonly label: string;
  /** What it does, in a sentence. */
  readonly help: string;
  /** How it is written down and read. */
  readonly kind: ValueKind;
  readonly schema: S;
  /** What the schema demands, for messages: "a number above 0". */
  readonly expected: string;
  /** Of a choice. */
  readonly choices?: readonly string[];
  readonly unit?: string;
  /** Its option on the command line, in camel case. */
  readonly flag: string;
  readonly field?: PublishedField;
  /** A setting that is off where this one is asked for and nothing is said of that. */
  readonly turnsOff?: string;
  /** Of a setting by which an edit is told what to keep: the value that tells it nothing. Edits that are only measured have it. */
  readonly tellsNothing?: string | number;
  /** What is said of the value as long as only the facts can tell it. */
  readonly later?: { readonly value: string; readonly source: string };
}

/** What a setting says of itself, whatever its kind. */
type About = Pick<Setting, 'label' | 'help' | 'unit' | 'flag' | 'field' | 'turnsOff' | 'tellsNothing'>;

interface Limits {
  readonly min?: number;
  readonly above?: number;
  readonly max?: number;
}

export function number<const K extends string, const A extends About>(key: K, about: A, limits: Limits = {}) {
  const expected = `a number${inWords(limits)}`;
  return { key, kind: 'number', expected, schema: v.pipe(v.number(expected), v.check(within(limits), expected)), ...about } as const;
}

export function integer<const K extends string, const A extends About>(key: K, about: A, limits: Limits = {}) {
  const expected = `a whole number${inWords(limits)}`;
  const schema = v.pipe(v.number(expected), v.safeInteger(expected), v.check(within(limits), expected));
  return { key, kind: 'integer', expected, schema, ...about } as const;
}

/** Layers of a model, ascending, each once. */
export function layers<const K extends string, const A extends About>(key: K, about: A) {
  const expected = 'layers from 0 on, ascending, each once, such as 3,4,5';
  const schema = v.pipe(
    v.array(v.pipe(v.number(expected), v.safeInteger(expected), v.minValue(0, expected)), expected),
    v.minLength(1, expected),
    v.maxLength(1000, expected),
    v.check((given) => given.every((layer, at) => at === 0 || layer > given[at - 1]!), expected),
    v.readonly(),
  );
  return { key, kind: 'layers', expected, schema, ...about } as const;
}

export function choice<const K extends string, const C extends readonly [string, ...string[]], const A extends About>(
  key: K,
  choices: C,
  about: A,
) {
  const expected = choices.length === 1 ? choices[0] : `${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`;
  return { key, kind: 'choice', choices, expected, schema: v.picklist(choices, expected), ...about } as const;
}

export function yesNo<const K extends string, const A extends About>(key: K, about: A) {
  const expected = 'true or false';
  return { key, kind: 'yesNo', choices: ['true', 'false'], expected, schema: v.boolean(expected), ...about } as const;
}

/** How many texts of how many tokens: pairs [length, number]. */
export function texts<const K extends string, const A extends About>(key: K, about: A) {
  const expected = 'pairs of length and number, such as 5×10, 10×10';
  const count = v.pipe(v.number(expected), v.safeInteger(expected), v.minValue(1, expected));
  const pair = v.pipe(v.strictTuple([count, count], expected), v.readonly());
  return { key, kind: 'texts', expected, schema: v.pipe(v.array(pair, expected), v.readonly()), ...about } as const;
}

/** A value as people read it. */
export function written(setting: Pick<Setting, 'kind'>, value: unknown): string {
  return VALUES[setting.kind].write(value as never);
}

/** A value in full, as a person would type it. */
export function inField(setting: Pick<Setting, 'kind'>, value: unknown): string {
  return VALUES[setting.kind].inField(value as never);
}

/**
 * Reads what a person typed for a setting.
 * @returns the value, or what was expected instead of the text
 */
export function readSetting(setting: Setting, text: string): { readonly value: unknown } | { readonly expected: string } {
  const value = VALUES[setting.kind].read(text.trim());
  const parsed = v.safeParse(setting.schema, value);
  return parsed.success ? { value: parsed.output } : { expected: setting.expected };
}

function within({ min = -Infinity, above = -Infinity, max = Number.MAX_VALUE }: Limits): (value: number) => boolean {
  return (value) => value >= min && value > above && value <= max;
}

function inWords({ min, above, max }: Limits): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return `, ${min} or more`;
  const least = above === undefined ? '' : ` above ${above}`;
  return max === undefined ? least : `${least}${least && ','} up to ${max}`;
}
