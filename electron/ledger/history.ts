import { EmendError } from '../../shared/errors.ts';
import { kindInfo, type Kind } from '../../shared/kinds.ts';
import { addsPart, makesVersion, type Entry } from './entries.ts';
import type { KindDefinition, Past, VersionDefinition } from './kinds/definition.ts';
import { definitionOf, partOf, type Body, type BodyInput } from './kinds/index.ts';
import { ABBREVIATION, withPart, withoutPart, type Version } from './versions.ts';
import { shortId } from '../../shared/ids.ts';

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

/**
 * What the entries of a ledger come to: which versions there were, which is current, their names and reviews. Pure: the same entries give
 * the same history.
 */
export class History implements Past {
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
      `There is no version ${JSON.stringify(name)}. Named versions: ${names.length === 0 ? 'none' : names.join(', ')}; the last ` +
        `ids: ${[...this.#byId.keys()].slice(-5).map(shortId).join(', ') || 'none'}.`,
      'Give a name, the first 6 or more digits of an id, "current" or "base".',
      { version: name },
    );
  }

  /** Entries in force that came after the one of `entry`. @throws EmendError 'not-found' when that is not in force */
  later(entry: number): number[] {
    return withoutPart(this.current, entry).later.map((part) => part.entry);
  }

  /**
   * Adds to a body what follows from the history: the id of the version that it makes, and whatever else its kind adds.
   * @param seq the number that its entry will have
   * @throws EmendError for an act that cannot follow what was recorded
   */
  complete<K extends Kind>(kind: K, input: BodyInput<K>, seq: number): Body<K> {
    const definition: KindDefinition = definitionOf(kind);
    const body: Record<string, unknown> = { ...input, ...definition.adds?.(input, this) };
    const act = { kind, body, seq } as unknown as Act;
    if (makesVersion(act)) body['version'] ??= this.#result(act)?.id;
    return body as Body<K>;
  }

  /**
   * Whether an act may follow those taken in.
   * @throws EmendError 'bad-input' or 'not-found' that says why not
   */
  check(act: Act): void {
    const made = this.#result(act);
    const { kind, body, seq } = act;
    const definition: KindDefinition = definitionOf(kind);
    if (made && 'version' in body && made.id !== body.version) {
      throw new EmendError(
        'bad-input',
        `Entry ${seq} says that it leads to version ${shortId(body.version)}; its ${kind} leads to ${shortId(made.id)}.`,
        'Leave the version out; the ledger works it out.',
      );
    }
    definition.check?.(body, this, seq, made);
    for (const named of definition.names?.(body) ?? []) {
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
    if (makesVersion(entry)) {
      const version = (checked?.act === entry ? checked.made : this.#result(entry))!;
      this.#current = version;
      this.#byId.set(version.id, version);
      this.#moments.push({ entry: seq, time, version });
    }
    if (!('version' in body)) return;
    const definition: KindDefinition = definitionOf(kind);
    const name = definition.tag?.(body);
    if (name !== undefined) this.#tags.set(name, body.version);
    const { verdict } = kindInfo(kind);
    if (verdict !== undefined) {
      const review = { entry: seq, time, author: entry.author, verdict, comment: entry.reason };
      this.#reviews.set(body.version, [...this.reviews(body.version), review]);
    }
  }

  /** The version that an act is about: the one it makes current, or the one it names. */
  #result(act: Act): Version | undefined {
    const { kind, body, seq } = act;
    if (kindInfo(kind).version !== 'begins') this.#mustFollow(act, this.current);
    if (addsPart(act)) return withPart(this.current, { entry: seq, hash: partOf(act).hash });
    if (makesVersion(act)) {
      const definition: VersionDefinition = definitionOf(act.kind);
      return definition.result(act.body, this, seq);
    }
    return 'version' in body ? this.find(body.version) : undefined;
  }

  #mustFollow({ kind, body }: Act, current: Version): void {
    if ('parent' in body && body.parent !== current.id) {
      throw new EmendError(
        'bad-input',
        `This ${kind} was made for version ${shortId(body.parent)}; the current one is ${shortId(current.id)}.`,
        'Work it out again on the current version, or roll back to the one it was made for.',
        { parent: body.parent, current: current.id },
      );
    }
  }
}
