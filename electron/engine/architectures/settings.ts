import * as v from 'valibot';
import { EmendError } from '../../../shared/errors.ts';
import { isHarmless } from './harmless.ts';

type Json = Readonly<Record<string, unknown>>;
type Names = string | readonly [string, ...string[]];

const Whole = v.pipe(v.number(), v.safeInteger());
/** Sizes are bounded, so that a few damaged digits cannot ask for more memory than there is. */
const MOST = { size: 2 ** 24, parts: 4096 };
const Count = v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(MOST.size));
const Parts = v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(MOST.parts));
/** What float32 holds. */
const Finite = v.pipe(v.number(), v.minValue(-3.4e38), v.maxValue(3.4e38));

/**
 * A configuration as it is read: each key that is asked for is noted, so that what remains can be named.
 * A key may go by several names, of which the first that is there counts. An absent key has the default of the family's class in
 * transformers; null is a value of its own.
 */
export class Settings {
  readonly #json: Json;
  readonly #place: string;
  readonly #used = new Set<string>();
  readonly #parts: Settings[] = [];

  /** @param place what stands before key names in messages */
  constructor(json: Json, place = '') {
    this.#json = json;
    this.#place = place;
  }

  has(name: string): boolean {
    return this.#json[name] !== undefined;
  }

  /** Whether no key is there at all. */
  get isEmpty(): boolean {
    return Object.keys(this.#json).length === 0;
  }

  /** A size: a whole number of at least 1. @throws EmendError 'bad-file' where it is none, or absent without a default */
  count(names: Names, otherwise?: number): number {
    return this.#read(names, Count, `a whole number from 1 to ${MOST.size}`, otherwise);
  }

  countOrNull(names: Names, otherwise: number | null = null): number | null {
    return this.#read(names, v.nullable(Count), `a whole number from 1 to ${MOST.size}, or null`, otherwise);
  }

  /** How many layers or heads there are. */
  parts(names: Names, otherwise: number): number {
    return this.#read(names, Parts, `a whole number from 1 to ${MOST.parts}`, otherwise);
  }

  integer(names: Names, otherwise?: number): number {
    return this.#read(names, Whole, 'a whole number', otherwise);
  }

  number(names: Names, otherwise?: number): number {
    return this.#read(names, Finite, 'a number', otherwise);
  }

  numberOrNull(names: Names, otherwise: number | null = null): number | null {
    return this.#read(names, v.nullable(Finite), 'a number or null', otherwise);
  }

  /** Null counts as no. */
  flag(names: Names, otherwise: boolean): boolean {
    return this.#read(names, v.nullable(v.boolean()), 'true or false', otherwise) ?? false;
  }

  text(names: Names, otherwise?: string): string {
    return this.#read(names, v.string(), 'a text', otherwise);
  }

  textOrNull(names: Names): string | null {
    return this.#read(names, v.nullable(v.string()), 'a text or null', null);
  }

  numbers(names: Names): number[] | undefined {
    return this.#read(names, v.nullable(v.array(Finite)), 'a list of numbers', null) ?? undefined;
  }

  texts(names: Names): string[] | undefined {
    return this.#read(names, v.nullable(v.array(v.string())), 'a list of texts', null) ?? undefined;
  }

  /** A key whose form its reader knows. */
  any<T>(name: string, schema: v.GenericSchema<unknown, T>, expected: string): T | undefined {
    return this.#read(name, v.nullable(schema), expected, null) ?? undefined;
  }

  /** An object within, whose keys are noted like these. */
  within(names: Names): Settings | undefined {
    const object = this.#read(names, v.nullable(v.looseObject({})), 'an object', null);
    if (object === null || Array.isArray(object)) return undefined;
    const part = new Settings(object, `${this.#place}${this.#found(names)}.`);
    this.#parts.push(part);
    return part;
  }

  /** Keys that change nothing in this family. */
  ignore(...names: string[]): void {
    for (const name of names) this.#used.add(name);
  }

  /** Keys that may only say what is done anyway. @throws EmendError 'unsupported' for any other value than these */
  only(name: string, ...values: unknown[]): void {
    this.#used.add(name);
    const value = this.#json[name];
    if (value === undefined || value === null || values.includes(value)) return;
    throw this.unsupported(name, value);
  }

  /** The error for a value that has a meaning which is not built. */
  unsupported(name: string, value: unknown): EmendError {
    return new EmendError(
      'unsupported',
      `config.json says ${this.#place}${name} = ${JSON.stringify(value).slice(0, 120)}, which Emend cannot build yet.`,
      'Please report it with the name of the model. An ONNX export of it (task text-generation-with-past) may be opened instead.',
    );
  }

  /** The error for values that contradict each other. */
  bad(message: string): EmendError {
    return new EmendError('bad-file', `config.json: ${message}`, 'Copy config.json again from where the model came from.');
  }

  /** Keys that nothing has asked for and that are not known to be harmless, those of the objects within included. */
  rest(): string[] {
    const own = Object.keys(this.#json).filter(
      (name) => !this.#used.has(name) && !(this.#place === '' && isHarmless(name, this.#json[name])),
    );
    return [...own.map((name) => `${this.#place}${name}`), ...this.#parts.flatMap((part) => part.rest())];
  }

  #found(names: Names): string {
    const all = typeof names === 'string' ? [names] : names;
    return all.find((name) => this.#json[name] !== undefined) ?? all[0]!;
  }

  #read<T>(names: Names, schema: v.GenericSchema<unknown, T>, expected: string, otherwise: T | undefined): T {
    for (const name of typeof names === 'string' ? [names] : names) this.#used.add(name);
    const name = this.#found(names);
    const value = this.#json[name];
    if (value === undefined && otherwise !== undefined) return otherwise;
    const parsed = v.safeParse(schema, value);
    if (parsed.success) return parsed.output;
    const found = value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 80);
    throw this.bad(`${this.#place}${name}: expected ${expected}, found ${found}.`);
  }
}
