import { EmendError } from '../../shared/errors.ts';
import type { Body, BodyInput, Kind } from './bodies.ts';
import type { Entry } from './entries.ts';
import { hashOf } from '../storage/hash.ts';
import { baseVersion, modelId, shortId, withPart, withoutPart, type Part, type Version } from './versions.ts';

/** What an entry does, without who, when and why. */
type Act = { [K in Kind]: { readonly kind: K; readonly body: Body<K>; readonly seq: number } }[Kind];

/** A version became the current one. */
export interface Moment {
  readonly entry: number;
  readonly time: string;
  readonly version: Version;
}

/** Someone approved or rejected a version. */
export interface Review {
  readonly entry: number;
  readonly time: string;
  readonly author: string;
  readonly verdict: 'approve' | 'reject';
  readonly comment: string;
}

/** What the entries of a ledger come to: which versions there were, which is current, their names and reviews. Pure: the same entries give the same history. */
export class History {
  #current: Version | undefined;
  readonly #moments: Moment[] = [];
  readonly #byId = new Map<string, Version>();
  readonly #tags = new Map<string, string>();
  readonly #reviews = new Map<string, Review[]>();
  #stopped: string | undefined;
  /** What {@link check} found of an act, for the {@link apply} that follows it. */
  #checked: { readonly act: Act; readonly made: Version | undefined } | undefined;

  /** Says that there are more entries, which damage keeps from being taken in. */
  stopAt(damage: string): void {
    this.#stopped = damage;
  }

  /** The current version. @throws EmendError 'not-found' before the import, 'bad-file' where damage hides it */
  get current(): Version {
    if (!this.#current && this.#stopped !== undefined)
      throw new EmendError(
        'bad-file',
        `The record is damaged before its first version: ${this.#stopped}`,
        'Bring the journal back from a backup, and verify it.',
      );
    if (!this.#current) throw new EmendError('not-found', 'This ledger has no entry yet, so no version.', 'Import a model first.');
    return this.#current;
  }

  get isEmpty(): boolean {
    return this.#current === undefined;
  }

  /** Every change of the current version, oldest first. */
  get moments(): readonly Moment[] {
    return this.#moments;
  }

  /** Names and the version ids they stand for. */
  get tags(): ReadonlyMap<string, string> {
    return this.#tags;
  }

  /** Reviews of a version, oldest first. */
  reviews(version: string): readonly Review[] {
    return this.#reviews.get(version) ?? [];
  }

  /**
   * A version by its name, its id or the beginning of its id (6 digits or more), or the words "current" and "base".
   * @throws EmendError 'not-found' that lists what there is; 'bad-input' for a beginning that several have
   */
  find(name: string): Version {
    if (name === 'current') return this.current;
    if (name === 'base') return this.#moments[0]?.version ?? this.current;
    const exact = this.#byId.get(this.#tags.get(name) ?? name);
    if (exact) return exact;
    const starting = ABBREVIATION.test(name) ? [...this.#byId.keys()].filter((id) => id.startsWith(name)) : [];
    if (starting.length === 1) return this.#byId.get(starting[0]!)!;
    if (starting.length > 1)
      throw new EmendError(
        'bad-input',
        `${starting.length} versions have ids that begin with ${name}: ${starting.map(shortId).join(', ')}.`,
        'Give more digits of the id.',
      );
    const names = [...this.#tags.keys()];
    throw new EmendError(
      'not-found',
      `There is no version ${JSON.stringify(name)}. Named versions: ${names.length === 0 ? 'none' : names.join(', ')}; the last ids: ${[...this.#byId.keys()].slice(-5).map(shortId).join(', ') || 'none'}.`,
      'Give a name, the first 6 or more digits of an id, "current" or "base".',
      { version: name },
    );
  }

  /**
   * Adds to a body what follows from the history: the id of the version that it makes, and for a revert the edits that stay on top.
   * @param seq the number that its entry will have
   * @throws EmendError for an act that cannot follow what was recorded
   */
  complete<K extends Kind>(kind: K, input: BodyInput<K>, seq: number): Body<K> {
    const body: Record<string, unknown> = { ...input };
    const act = { kind, body, seq } as unknown as Act;
    if (kind === 'import') body['ledger'] = 1;
    if (act.kind === 'revert') body['later'] = this.#later(act.body.entry);
    if (kind === 'import' || kind === 'edit' || kind === 'steer' || kind === 'revert') body['version'] = this.#result(act)?.id;
    return body as Body<K>;
  }

  /**
   * Whether an act may follow those taken in.
   * @throws EmendError 'bad-input' or 'not-found' that says why not
   */
  check(act: Act): void {
    const made = this.#result(act);
    const { kind, body, seq } = act;
    if (made && 'version' in body && made.id !== body.version) {
      throw new EmendError(
        'bad-input',
        `Entry ${seq} says that it leads to version ${shortId(body.version)}; its ${kind} leads to ${shortId(made.id)}.`,
        'Leave the version out; the ledger works it out.',
      );
    }
    if (kind === 'revert' && this.#later(body.entry).join() !== body.later.join()) {
      throw new EmendError(
        'bad-input',
        `Entry ${seq} names as computed on top the entries ${list(body.later)}; they are ${list(this.#later(body.entry))}.`,
        'Leave them out; the ledger works them out.',
      );
    }
    if (kind === 'rollback' && made === this.#current)
      throw new EmendError(
        'bad-input',
        `Version ${shortId(body.version)} is the current one already.`,
        'Choose another version to roll back to.',
      );
    if (kind === 'tag') this.#nameIsFree(body.name);
    for (const named of namedEntries(act)) {
      if (named >= seq)
        throw new EmendError(
          'not-found',
          `There is no entry ${named}; the last one is ${seq - 1}.`,
          'Give the number of an entry in the log.',
          { entry: named },
        );
    }
    this.#checked = { act, made };
  }

  /** Takes in an entry that {@link check} let pass. */
  apply(entry: Entry): void {
    const { kind, body, seq, time } = entry;
    const checked = this.#checked;
    this.#checked = undefined;
    if (MAKES_VERSION.has(kind)) {
      const version = (checked?.act === entry ? checked.made : this.#result(entry))!;
      if (version === this.#current) return; // steering that is not baked
      this.#current = version;
      this.#byId.set(version.id, version);
      this.#moments.push({ entry: seq, time, version });
    } else if (kind === 'tag') {
      this.#tags.set(body.name, body.version);
    } else if (kind === 'approve' || kind === 'reject') {
      const review = { entry: seq, time, author: entry.author, verdict: kind, comment: entry.reason };
      this.#reviews.set(body.version, [...this.reviews(body.version), review]);
    }
  }

  /** The version that an act is about: the one it makes current, or the one it names. */
  #result(act: Act): Version | undefined {
    const { kind, body, seq } = act;
    if (kind === 'import') return this.#imported(body);
    const current = this.current;
    if (kind === 'verify') return undefined;
    if ('parent' in body && body.parent !== current.id) {
      throw new EmendError(
        'bad-input',
        `This ${kind} was made for version ${shortId(body.parent)}; the current one is ${shortId(current.id)}.`,
        'Work it out again on the current version, or roll back to the one it was made for.',
        { parent: body.parent, current: current.id },
      );
    }
    switch (kind) {
      case 'edit':
        return withPart(current, { entry: seq, kind, hash: body.delta.blob });
      case 'steer':
        return body.baked ? withPart(current, steeringPart(body, seq)) : current;
      case 'revert':
        return withoutPart(current, body.entry).version;
      default:
        return this.find(body.version);
    }
  }

  #later(entry: number): number[] {
    return withoutPart(this.current, entry).later.map((part) => part.entry);
  }

  #imported(body: Body<'import'>): Version {
    if (this.#current)
      throw new EmendError(
        'bad-input',
        `This ledger is already that of model ${shortId(this.#current.model)}.`,
        'Import another model into a ledger of its own.',
      );
    const id = modelId(body.model.files);
    if (body.model.id !== id)
      throw new EmendError(
        'bad-input',
        `The model's id is ${body.model.id}; its files give ${id}.`,
        'Work out the id from the list of files.',
      );
    return baseVersion(id);
  }

  #nameIsFree(name: string): void {
    const taken = this.#tags.get(name);
    if (taken !== undefined)
      throw new EmendError(
        'bad-input',
        `The name ${JSON.stringify(name)} is taken: it stands for version ${shortId(taken)}.`,
        'Choose another name; names are never moved.',
        { name, version: taken },
      );
    if (RESERVED.has(name) || ABBREVIATION.test(name) || !NAME.test(name)) {
      throw new EmendError(
        'bad-input',
        `A version cannot be called ${JSON.stringify(name)}.`,
        'Choose a name of up to 100 letters, digits, spaces and . _ - / that begins with a letter or digit, is not "current" or "base", and does not look like an id.',
        { name },
      );
    }
  }
}

const MAKES_VERSION: ReadonlySet<Kind> = new Set<Kind>(['import', 'edit', 'steer', 'revert', 'rollback']);
const RESERVED = new Set(['current', 'base']);
const ABBREVIATION = /^[0-9a-f]{6,64}$/;
const NAME = /^[\p{L}\p{N}][\p{L}\p{M}\p{N}._/ -]{0,98}[\p{L}\p{M}\p{N}._/-]$|^[\p{L}\p{N}]$/u;

function steeringPart(body: Body<'steer'>, entry: number): Part {
  const { method, site, strength, vector } = body;
  return { entry, kind: 'steer', hash: hashOf({ method, site, strength, vector: vector.blob }) };
}

/** Earlier entries that an act refers to. */
function namedEntries({ kind, body }: Act): number[] {
  if (kind === 'verify') return [body.upTo];
  if (kind === 'edit') return body.reapplies === undefined ? [] : [body.reapplies];
  return 'entry' in body && body.entry !== undefined ? [body.entry] : [];
}

function list(entries: readonly number[]): string {
  return entries.length === 0 ? '(none)' : entries.join(', ');
}
