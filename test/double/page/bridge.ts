import { NOT_CLONEABLE } from '../codec.ts';
import { page } from './dom.ts';

type Anything = (...args: unknown[]) => unknown;

interface Settlers {
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/** What a call across came to. */
interface Outcome {
  readonly value?: unknown;
  readonly error?: string;
}

type World = 'page' | 'preload';

// Taken before any script of the page runs, which may change them to listen in.
const { entries, fromEntries, getPrototypeOf, prototype } = Object;
const { isArray } = Array;
const copy = structuredClone;

function each(items: readonly unknown[], change: (item: unknown) => unknown): unknown[] {
  const changed: unknown[] = [];
  for (let i = 0; i < items.length; i++) changed[i] = change(items[i]);
  return changed;
}

function eachField(fields: object, change: (item: unknown) => unknown): object {
  return fromEntries(
    each(entries(fields), (entry) => [(entry as [string, unknown])[0], change((entry as [string, unknown])[1])]) as [string, unknown][],
  );
}

/**
 * The message when what cannot be cloned is a proxy or something of the platform. Otherwise it names a function (by its source) or a
 * promise inside.
 */
const REFUSED = /: (#<(?!Promise>)\S*>|\[object \w+\]|\w+ object|A \w+) could not be cloned/;

/**
 * One end of the context bridge. Both worlds of a page share its document, so the ends call each other synchronously by events,
 * and Chromium copies `detail` between worlds by structured clone. Functions and promises cross as numbers.
 */
export class Bridge {
  private readonly functions = new Map<number, Anything>();
  private readonly promises = new Map<number, Settlers>();
  private lastId = 0;
  private outcome: Outcome | undefined;
  private readonly key: string;
  private readonly here: World;
  private readonly there: World;

  /** @param key what no page would name an event or a field */
  constructor(key: string, here: World) {
    this.key = key;
    this.here = here;
    this.there = here === 'page' ? 'preload' : 'page';
    this.hear('call', (detail) => this.answer(detail as { id: number; args: unknown[] }));
    this.hear('outcome', (detail) => (this.outcome = detail as Outcome));
    this.hear('settle', (detail) => this.settle(detail as Outcome & { id: number }));
  }

  /** Tells the other world something. */
  tell(kind: string, detail: unknown): void {
    page.document.dispatchEvent(new page.CustomEvent(`${this.key}:${this.here}:${kind}`, { detail }));
  }

  /** Listens for what the other world tells. */
  hear(kind: string, listener: (detail: unknown) => void): void {
    page.document.addEventListener(`${this.key}:${this.there}:${kind}`, (event) => listener(event.detail));
  }

  /** A value in the form in which it can cross. @throws Error with Electron's sentence for proxies and other things that cannot */
  pack(value: unknown): unknown {
    if (typeof value === 'function') return this.reference('function', this.keep(value as Anything));
    if (typeof value === 'symbol') throw new Error(NOT_CLONEABLE);
    if (value === null || typeof value !== 'object') return value;
    if (value instanceof Promise) return this.promise(value);
    // Errors cross with their message alone.
    if (value instanceof Error) return { [this.key]: 'error', message: value.message };
    try {
      copy(value);
      return { [this.key]: 'plain', value };
    } catch (error) {
      if (REFUSED.test((error as Error).message)) throw new Error(NOT_CLONEABLE);
    }
    // There are functions or promises inside.
    if (isArray(value)) return each(value, (item) => this.pack(item));
    return eachField(value, (item) => this.pack(item));
  }

  /** The value for what the other world packed. */
  unpack(value: unknown): unknown {
    if (value === null || typeof value !== 'object') return value;
    if (isArray(value)) return each(value, (item) => this.unpack(item));
    if (getPrototypeOf(value) !== prototype) return value;
    const reference = value as Record<string, unknown>;
    if (reference[this.key] === 'plain') return reference['value'];
    if (reference[this.key] === 'function') return (...args: unknown[]) => this.call(reference['id'] as number, args);
    if (reference[this.key] === 'promise')
      return new Promise((resolve, reject) => this.promises.set(reference['id'] as number, { resolve, reject }));
    if (reference[this.key] === 'error') return new Error(reference['message'] as string);
    return eachField(value, (item) => this.unpack(item));
  }

  private reference(kind: string, id: number): object {
    return { [this.key]: kind, id };
  }

  private keep(fn: Anything): number {
    this.functions.set(++this.lastId, fn);
    return this.lastId;
  }

  private promise(promise: Promise<unknown>): object {
    const id = ++this.lastId;
    promise.then(
      (value) => this.tell('settle', { id, ...this.attempt(() => value) }),
      (reason) => this.tell('settle', { id, error: reason instanceof Error ? reason.message : String(reason) }),
    );
    return this.reference('promise', id);
  }

  private call(id: number, args: unknown[]): unknown {
    this.outcome = undefined;
    this.tell('call', { id, args: each(args, (arg) => this.pack(arg)) });
    const { value, error } = (this.outcome as Outcome | undefined) ?? { error: NOT_CLONEABLE };
    if (error !== undefined) throw new Error(error);
    return this.unpack(value);
  }

  private answer({ id, args }: { id: number; args: unknown[] }): void {
    this.tell(
      'outcome',
      this.attempt(() => this.functions.get(id)?.(...each(args, (arg) => this.unpack(arg)))),
    );
  }

  private attempt(work: () => unknown): Outcome {
    try {
      return { value: this.pack(work()) };
    } catch (error) {
      return { error: error instanceof Error ? error.message : String(error) };
    }
  }

  private settle({ id, value, error }: Outcome & { id: number }): void {
    const settlers = this.promises.get(id);
    this.promises.delete(id);
    if (error === undefined) settlers?.resolve(this.unpack(value));
    else settlers?.reject(new Error(error));
  }
}
