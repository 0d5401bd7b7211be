import { EmendError } from '../../shared/errors.ts';

/** What JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Deeper nesting is refused, so that a hostile line cannot exhaust the stack. */
const MAX_DEPTH = 64;
/** With the u flag only lone surrogates match: they have no UTF-8 form, so no hash. */
const LONE_SURROGATE = /\p{Surrogate}/u;
/** Printable ASCII without the quotation mark and the backslash: the same in JSON. */
const PLAIN = /^[ !#-[\]-~]*$/;

/**
 * The one text that a JSON value has under RFC 8785: members sorted by UTF-16 code units, no spaces,
 * strings and numbers as ECMAScript writes them (which is what the RFC prescribes).
 * @throws EmendError 'bad-input' that names the place of a value JSON cannot hold: NaN, an infinity, undefined, a lone surrogate, anything
 *   but plain data
 */
export function canonical(value: unknown): string {
  return write(value, []);
}

/**
 * Whether a text is the canonical one of the value that it was read from. Several times faster than to write it anew and compare, since
 * JavaScript's own writer differs in nothing but the order of members and lone surrogates.
 * @returns false also for a few that are canonical and hard to tell, such as those with members named like integers: write those anew
 */
export function isCanonical(text: string, value: unknown): boolean {
  return !text.includes('\\ud') && isInOrder(value, 0) && JSON.stringify(value) === text;
}

function isInOrder(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (depth >= MAX_DEPTH) return false;
  if (Array.isArray(value)) return value.every((one) => isInOrder(one, depth + 1));
  let before: string | undefined;
  for (const key in value) {
    if (before !== undefined && before >= key) return false;
    if (!isInOrder((value as Record<string, unknown>)[key], depth + 1)) return false;
    before = key;
  }
  return true;
}

function write(value: unknown, path: (string | number)[]): string {
  switch (typeof value) {
    case 'string':
      return text(value, path);
    case 'number':
      if (!Number.isFinite(value)) throw refusal(path, `the number ${value}`);
      return JSON.stringify(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      if (value === null) return 'null';
      if (path.length >= MAX_DEPTH) throw refusal(path, `more than ${MAX_DEPTH} levels of nesting`);
      return Array.isArray(value) ? list(value, path) : record(value, path);
    default:
      throw refusal(path, typeof value === 'undefined' ? 'undefined' : `a ${typeof value}`);
  }
}

function text(value: string, path: (string | number)[]): string {
  if (PLAIN.test(value)) return `"${value}"`; // most texts, and much faster
  if (LONE_SURROGATE.test(value)) throw refusal(path, 'half of a surrogate pair in a text');
  return JSON.stringify(value);
}

function list(values: readonly unknown[], path: (string | number)[]): string {
  let out = '[';
  for (let at = 0; at < values.length; at++) {
    path.push(at);
    if (at > 0) out += ',';
    out += write(values[at], path);
    path.pop();
  }
  return `${out}]`;
}

function record(value: object, path: (string | number)[]): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw refusal(path, `a ${value.constructor.name}`);
  let out = '{';
  for (const key of sorted(Object.keys(value))) {
    path.push(key);
    if (out.length > 1) out += ',';
    out += `${text(key, path)}:${write((value as Record<string, unknown>)[key], path)}`;
    path.pop();
  }
  return `${out}}`;
}

/** What was read from a journal is in order already. */
function sorted(keys: string[]): string[] {
  for (let at = 1; at < keys.length; at++) if (keys[at - 1]! > keys[at]!) return keys.sort();
  return keys;
}

function refusal(path: readonly (string | number)[], found: string): EmendError {
  const place = path.length === 0 ? 'The value' : `The value at ${path.join('.')}`;
  return new EmendError(
    'bad-input',
    `${place} cannot be recorded: expected plain JSON, found ${found}.`,
    'Leave it out, or write it as a text or a finite number.',
    { path: path.join('.') },
  );
}
