import { UsageError } from './usage.ts';

/** One option of a command: how it is written, what it says of itself, and how its value is read. */
export interface Option<T> {
  /** What stands for the value in the help; empty for a switch. */
  readonly placeholder: string;
  readonly help: string;
  /** May be given more than once. */
  readonly repeats?: boolean;
  /** @param raw undefined when the option is not given. @param name with its dashes, for errors */
  read(raw: Raw, name: string): T;
}

/** What the line holds of an option: its text, its texts when it repeats, true for a switch. */
export type Raw = string | readonly string[] | boolean | undefined;

/** The options of a command; `topK` is written --top-k. */
export type OptionTable = Readonly<Record<string, Option<unknown>>>;
export type Values<O extends OptionTable> = { readonly [K in keyof O]: O[K] extends Option<infer T> ? T : never };

/** How an option is written. */
export function written(key: string): string {
  return `--${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

export function flag(help: string): Option<boolean> {
  return { placeholder: '', help, read: (raw) => raw === true };
}

export function text(placeholder: string, help: string): Option<string | undefined> {
  return value(placeholder, help, (raw, name) => {
    if (raw.trim() === '') throw new UsageError(`${name} is empty.`, `Write ${name} ${placeholder}.`);
    return raw;
  });
}

/** Given once for each text; empty when not given. */
export function texts(placeholder: string, help: string): Option<readonly string[]> {
  const one = text(placeholder, help);
  return {
    placeholder,
    help: `${help}; may be given several times`,
    repeats: true,
    read: (raw, name) => (Array.isArray(raw) ? raw : []).flatMap((part: string) => one.read(part, name) ?? []),
  };
}

/** What is given by its place on the line. */
export interface Positional {
  readonly name: string;
  readonly help: string;
  /** May be left out; then so may those after it. */
  readonly optional?: boolean;
}

export interface Limits {
  readonly min?: number;
  readonly max?: number;
}

export function number(placeholder: string, help: string, limits: Limits = {}): Option<number | undefined> {
  return value(placeholder, help, (raw, name) => inLimits(raw, name, 'a number', limits));
}

export function integer(placeholder: string, help: string, limits: Limits = {}): Option<number | undefined> {
  return value(placeholder, help, (raw, name) => wholeNumber(raw, name, limits));
}

/** Whole numbers with commas between. */
export function integers(placeholder: string, help: string, limits: Limits = {}): Option<readonly number[] | undefined> {
  return value(placeholder, help, (raw, name) => raw.split(',').map((part) => wholeNumber(part.trim(), name, limits)));
}

/** Some of the choices, with commas between. */
export function choices<const C extends string>(known: readonly C[], help: string): Option<readonly C[] | undefined> {
  return value(`${known[0]},…`, `${help}: ${known.join(', ')}`, (raw, name) =>
    raw.split(',').map((part) => oneOf(known, part.trim(), name)),
  );
}

export function choice<const C extends string>(known: readonly C[], help: string): Option<C | undefined> {
  return value(known.join('|'), help, (raw, name) => oneOf(known, raw, name));
}

function oneOf<C extends string>(known: readonly C[], raw: string, name: string): C {
  const found = known.find((one) => one === raw);
  if (found === undefined)
    throw new UsageError(`${name} is ${JSON.stringify(raw)}; expected ${known.join(' or ')}.`, `Write ${name} ${known[0]}.`);
  return found;
}

/** The option with a value for when it is not given; the help says which. */
export function orElse<T>(option: Option<T | undefined>, fallback: T): Option<T> {
  return { ...option, help: `${option.help} (default ${String(fallback)})`, read: (raw, name) => option.read(raw, name) ?? fallback };
}

/** An option with a value that `read` makes of its text. */
export function value<T>(placeholder: string, help: string, read: (raw: string, name: string) => T): Option<T | undefined> {
  return { placeholder, help, read: (raw, name) => (typeof raw === 'string' ? read(raw, name) : undefined) };
}

function wholeNumber(raw: string, name: string, limits: Limits): number {
  const found = inLimits(raw, name, 'a whole number', limits);
  if (!Number.isSafeInteger(found)) throw wrongNumber(raw, name, 'a whole number', limits);
  return found;
}

function inLimits(raw: string, name: string, kind: string, limits: Limits): number {
  const found = raw.trim() === '' ? NaN : Number(raw);
  if (!Number.isFinite(found) || found < (limits.min ?? -Infinity) || found > (limits.max ?? Infinity))
    throw wrongNumber(raw, name, kind, limits);
  return found;
}

function wrongNumber(raw: string, name: string, kind: string, { min, max }: Limits): UsageError {
  const range =
    min !== undefined && max !== undefined
      ? ` from ${min} to ${max}`
      : min !== undefined
        ? `, ${min} or more`
        : max !== undefined
          ? `, ${max} or less`
          : '';
  return new UsageError(`${name} is ${JSON.stringify(raw)}; expected ${kind}${range}.`, `Write ${name} with ${kind}${range}.`);
}

/** The value of an option that a command cannot do without. @throws UsageError naming it */
export function demanded<T>(found: T | undefined, command: string, name: string, hint: string): T {
  if (found === undefined) throw new UsageError(`emend ${command}: ${name} is missing.`, hint);
  return found;
}
