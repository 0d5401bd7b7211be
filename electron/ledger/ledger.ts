import { join } from 'node:path';
import { EmendError } from '../../shared/errors.ts';
import { Blobs } from './blobs.ts';
import type { Kind } from '../../shared/kinds.ts';
import { blobsIn } from './bodies.ts';
import type { Standing } from './anchor.ts';
import type { Checkpoint } from './checkpoints.ts';
import { Drafts } from './drafts.ts';
import { checkInput, seal, type Entry, type EntryOf, type NewerEntry } from './entries.ts';
import type { Files } from '../storage/files.ts';
import { NO_HASH } from '../storage/hash.ts';
import { History } from './history.ts';
import { definitionOf, type BodyInput } from './kinds/index.ts';
import { JOURNAL, readJournal, type Journal } from './journal.ts';
import type { SigningKey, VerifyKey } from './keys.ts';
import type { Lock } from '../storage/lock.ts';
import type { Filter, LogIndex, Row } from './log-index.ts';
import type { Notice } from '../storage/notice.ts';
import type { Damage } from './scan.ts';
import { notOverAGap, type AnchorPlace, type Signing } from './signing.ts';
import { verifyLedger, type Against, type Verification } from './verify.ts';
import type { Steps } from '../../shared/progress.ts';

/** Who does something, and why. */
export interface By {
  readonly author: string;
  /** May be empty where the kind of entry needs none. */
  readonly reason: string;
}

/** Something to record: what, who and why. */
export type Act = { readonly [K in Kind]: { readonly kind: K; readonly input: BodyInput<K>; readonly by: By } }[Kind];

/** What a ledger works with; made by `openLedger`. */
export interface Parts {
  readonly folder: string;
  readonly files: Files;
  readonly clock: () => Date;
  readonly app: string;
  readonly engine: string;
  readonly key: SigningKey | undefined;
  readonly trusted: readonly VerifyKey[];
  readonly entries: Entry[];
  readonly newer: readonly NewerEntry[];
  readonly history: History;
  readonly damage: readonly Damage[];
  readonly index: LogIndex;
  notices: Notice[];
  /** Where its anchor lies, and how the journal stood to it at opening. */
  readonly place: AnchorPlace | undefined;
  readonly standing: Standing;
  readonly signing: Signing;
  /** Undefined when open for reading only. */
  readonly writing: { readonly journal: Journal; readonly lock: Lock } | undefined;
}

/** So many entries at most could be cut off unnoticed when the process is killed. */
const CHECKPOINT_EVERY = 100;

/** The record of one model, open for reading or writing. */
export class Ledger {
  readonly folder: string;
  readonly blobs: Blobs;
  readonly drafts: Drafts;
  readonly #parts: Parts;
  #closed = false;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.folder = parts.folder;
    this.blobs = new Blobs(parts.files, parts.folder, parts.writing !== undefined);
    this.drafts = new Drafts(parts.files, parts.folder, parts.writing !== undefined, parts);
  }

  get readOnly(): boolean {
    return this.#parts.writing === undefined;
  }

  /** Every entry that is whole in itself, oldest first. */
  get entries(): readonly Entry[] {
    return this.#parts.entries;
  }

  /** Versions, names and reviews; where there is damage, up to it. */
  get history(): History {
    return this.#parts.history;
  }

  /** Entries at the end that a newer release wrote; nothing is appended behind what is not understood. */
  get newer(): readonly NewerEntry[] {
    return this.#parts.newer;
  }

  /** What was found wrong with the journal at opening; nothing is appended to a damaged one. */
  get damage(): readonly Damage[] {
    return this.#parts.damage;
  }

  /** What a person should know: set aside, rebuilt, taken over. */
  get notices(): readonly Notice[] {
    return this.#parts.notices;
  }

  /** Why nothing is signed over this record; undefined when it is signed. */
  get unsigned(): string | undefined {
    return this.#parts.signing.refusal;
  }

  /** From which entry on, and up to which, the record is proven from outside its folder; undefined when it is not. */
  get anchored(): { readonly since: number; readonly upTo: number } | undefined {
    const { standing, signing } = this.#parts;
    if (signing.isAnchored && signing.since !== undefined && !this.readOnly) return { since: signing.since, upTo: this.head.seq };
    return standing.state === 'holds' && standing.upTo ? { since: standing.anchor.since, upTo: standing.upTo.seq } : undefined;
  }

  /** Number and hash of the last entry; 0 and zeros before the first. */
  get head(): { readonly seq: number; readonly hash: string } {
    const last = this.#parts.newer.at(-1) ?? this.#parts.entries.at(-1);
    return { seq: last?.seq ?? 0, hash: last?.hash ?? NO_HASH };
  }

  /** One entry in full. @throws EmendError 'not-found' */
  entry(seq: number): Entry {
    const { entries } = this.#parts;
    const found = entries[seq - 1]?.seq === seq ? entries[seq - 1] : entries.find((one) => one.seq === seq);
    if (!found)
      throw new EmendError(
        'not-found',
        `There is no entry ${seq}; the ledger has entries 1 to ${this.head.seq}.`,
        'Give the number of an entry in the log.',
        { entry: seq },
      );
    return found;
  }

  /** Entries that fit a filter, as rows of a list. */
  list(filter: Filter = {}): { readonly total: number; readonly rows: readonly Row[] } {
    return this.#parts.index.list(filter);
  }

  /**
   * Records an act. Its blobs were put before; when this returns, it lasts, and when it throws, nothing was recorded.
   * Calls are done one after the other.
   * @throws EmendError 'bad-input' for a body that does not fit, an act that cannot follow, a missing reason, a ledger open for reading;
   *   'not-found' for a blob, version or entry that is not there; 'failed' on a full or failing disk
   */
  append<K extends Kind>(kind: K, input: BodyInput<K>, by: By): Promise<EntryOf<K>> {
    return this.#inTurn(async () => {
      const { journal } = this.#writing();
      const entry = await this.#record(journal, kind, input, by);
      await this.#take([entry]);
      return entry as EntryOf<K>;
    });
  }

  /**
   * Records several entries as one act: all of them, or none. What a kill or a power cut leaves of it is set aside at the next opening,
   * since the first of them says with `until` which is the last.
   * @throws EmendError as {@link append}
   */
  appendAll(acts: readonly Act[]): Promise<Entry[]> {
    return this.#inTurn(async () => {
      const { journal } = this.#writing();
      const made: { readonly entry: Entry; readonly line: string }[] = [];
      const history = historyOf(this.#parts.entries);
      for (const { kind, input, by } of acts) {
        const before = made.at(-1)?.entry ?? this.head;
        const next = await this.#prepare(history, before, kind, input as BodyInput<Kind>, by);
        history.apply(next.entry);
        made.push(next);
      }
      const last = made.at(-1)?.entry;
      if (!last) return [];
      await this.#parts.signing.intend(this.#model, { seq: last.seq, head: last.hash });
      await written(journal, made.map(({ line }) => line).join('\n'), last);
      const entries = made.map(({ entry }) => entry);
      await this.#take(entries);
      return entries;
    });
  }

  /** Takes in what was recorded. */
  async #take(entries: readonly Entry[]): Promise<void> {
    const { signing } = this.#parts;
    for (const entry of entries) {
      this.#parts.entries.push(entry);
      this.#parts.history.apply(entry);
      this.#parts.index.add(entry);
    }
    const { seq, hash: head } = this.head;
    // What was intended names the entry already; where this is refused, the next act says it too.
    await this.#quietly('anchor', () => signing.confirm(this.#model, { seq, head }));
    if (signing.refusal === undefined && seq - signing.signedUpTo >= CHECKPOINT_EVERY)
      await this.#quietly('checkpoint', () => this.#sign());
  }

  /**
   * Anchors a record that has no anchor, or one that does not know its last entries: whoever asks for it has looked it over. An entry says
   * so, and a new chain of checkpoints begins with it.
   * @throws EmendError 'bad-input' for one that is anchored, or without a key; 'bad-file' for a damaged one
   */
  anchor(by: By, details: Readonly<Record<string, unknown>> = {}): Promise<EntryOf<'anchor'>> {
    return this.#inTurn(async () => {
      const { journal } = this.#writing();
      const { signing, place, key, standing } = this.#parts;
      if (!place || !key) throw notOverAGap('it was opened without a signing key or a place for its anchor');
      if (signing.isAnchored)
        throw new EmendError('bad-input', 'This record is anchored already.', 'There is nothing to do.', { upTo: this.head.seq });
      const why =
        signing.refusal ?? (standing.state === 'none' ? 'it was begun by an earlier release' : 'its anchor does not know its end');
      const back = signing.begin({ seq: this.head.seq, head: this.head.hash });
      try {
        const entry = await this.#record(journal, 'anchor', { why, details: { ...details } }, by);
        this.#parts.entries.push(entry);
        this.#parts.history.apply(entry);
        this.#parts.index.add(entry);
        this.#parts.notices = this.#parts.notices.filter(({ what }) => what !== 'anchor'); // that it had none is not so any more
        await this.#quietly('anchor', () => signing.confirm(this.#model, { seq: entry.seq, head: entry.hash }));
        await this.#quietly('checkpoint', () => this.#sign());
        return entry as EntryOf<'anchor'>;
      } catch (error) {
        back();
        throw error;
      }
    });
  }

  /**
   * Signs the present end of the journal. Keep a copy elsewhere: it proves later that nothing was cut off.
   * @throws EmendError without a key or an entry
   */
  checkpoint(): Promise<Checkpoint> {
    return this.#inTurn(() => {
      this.#writing();
      return this.#sign();
    });
  }

  /** The journal's bytes as they lie on disk, for an export to carry. */
  journal(): Promise<Uint8Array> {
    return this.#inTurn(() => readJournal(this.#parts.files, this.folder));
  }

  /** Reads everything anew and holds it against itself, the checkpoints, and those brought along. */
  verify(against: Against = {}, report?: Steps): Promise<Verification> {
    const { files, key, trusted, place } = this.#parts;
    const keys = [...(key ? [key] : []), ...trusted, ...(against.keys ?? [])];
    return this.#inTurn(() => verifyLedger(files, this.folder, { ...(place ? { anchor: place } : {}), ...against, keys }, report));
  }

  /** Signs the end, gives the lock back. What of this fails is in {@link notices}; the entries are safe already. */
  close(): Promise<void> {
    return this.#inTurn(async () => {
      const { writing, signing, damage } = this.#parts;
      if (!writing || this.#closed) return;
      this.#closed = true;
      if (signing.refusal === undefined && damage.length === 0 && this.head.seq > signing.signedUpTo)
        await this.#quietly('checkpoint', () => this.#sign());
      await this.#quietly('lock', () => writing.journal.close());
      await this.#quietly('lock', () => writing.lock.release());
    });
  }

  async #record<K extends Kind>(journal: Journal, kind: K, input: BodyInput<K>, by: By): Promise<Entry> {
    const { entry, line } = await this.#prepare(this.#parts.history, this.head, kind, input, by);
    await this.#parts.signing.intend(modelOf(entry) ?? this.#model, { seq: entry.seq, head: entry.hash });
    await written(journal, line, entry);
    return entry;
  }

  /** The entry of an act that is to follow another, and its line. @throws EmendError as {@link append} */
  async #prepare<K extends Kind>(
    history: History,
    { seq, hash: prev }: { readonly seq: number; readonly hash: string },
    kind: K,
    input: BodyInput<K>,
    by: By,
  ): Promise<{ entry: Entry; line: string }> {
    const { clock, app, engine } = this.#parts;
    checkBy(kind, by);
    checkInput(kind, input);
    const body = history.complete(kind, input, seq + 1);
    const unsealed = { seq: seq + 1, prev, kind, time: clock().toISOString(), author: by.author, reason: by.reason, app, engine, body };
    const { entry, line } = seal(unsealed);
    history.check(entry);
    for (const ref of blobsIn(body)) {
      if (!(await this.blobs.has(ref)))
        throw new EmendError(
          'not-found',
          `The ${kind} entry names blob ${ref.blob} of ${ref.bytes} bytes, which is not there.`,
          'Put the blob before the entry that names it.',
          { blob: ref.blob },
        );
    }
    return { entry, line };
  }

  get #model(): string {
    return this.#parts.history.current.model;
  }

  async #sign(): Promise<Checkpoint> {
    const { seq, hash: head } = this.head;
    return this.#parts.signing.sign(this.#model, { seq, head }, (at) => this.entry(at).hash);
  }

  #writing(): NonNullable<Parts['writing']> {
    const { writing, damage } = this.#parts;
    if (this.#closed) throw new EmendError('bad-input', `The ledger in ${this.folder} is closed.`, 'Open it again.');
    if (!writing)
      throw new EmendError(
        'bad-input',
        `The ledger in ${this.folder} was opened for reading only; nothing can be added.`,
        'Open it for writing.',
      );
    const first = damage[0];
    if (first)
      throw new EmendError(
        'bad-file',
        `The journal in ${this.folder} is damaged at entry ${first.seq}, so nothing is added to it. ${first.message}`,
        `Bring ${join(this.folder, JOURNAL)} back from a backup, and verify it. Reading and exporting still work for versions ` +
          `before the damage.`,
        { ...first },
      );
    const [newer] = this.#parts.newer;
    if (newer) throw writtenByNewer(newer);
    return writing;
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(act);
    this.#queue = done.catch(() => undefined);
    return done;
  }

  /** For what is worth doing and not worth failing an act that was recorded. */
  async #quietly(what: Notice['what'], act: () => Promise<unknown>): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (!(error instanceof EmendError)) throw error;
      this.#parts.notices.push({ what, message: error.message, hint: error.hint });
    }
  }
}

/** Appends the lines of an act. What the disk refuses names the last entry: only a fresh look can tell whether it stands all the same. */
async function written(journal: Journal, lines: string, { seq, hash }: Entry): Promise<void> {
  try {
    await journal.append(lines);
  } catch (error) {
    if (!(error instanceof EmendError)) throw error;
    throw new EmendError(error.code, error.message, error.hint, { ...error.details, refused: { seq, hash } });
  }
}

/** The history of entries that were held against each other before. */
function historyOf(entries: readonly Entry[]): History {
  const history = new History();
  for (const entry of entries) history.apply(entry);
  return history;
}

/** What is said where a newer release went on with a record. */
export function writtenByNewer({ seq, app }: NewerEntry): EmendError {
  return new EmendError(
    'unsupported',
    `Entry ${seq} was recorded by ${app}, which is newer than this release and knows more. Nothing is wrong with it.`,
    'Update Emend to go on with this record. What was recorded before that entry can be read and exported.',
    { entry: seq, app },
  );
}

/** The model that an entry brings in. */
function modelOf(entry: Entry): string | undefined {
  return entry.kind === 'import' ? entry.body.model.id : undefined;
}

function checkBy(kind: Kind, by: By): void {
  if (by.author.trim() === '')
    throw new EmendError('bad-input', `The ${kind} entry has no author.`, 'Set your name in the settings.', { field: 'author' });
  if (definitionOf(kind).needsReason && by.reason.trim() === '')
    throw new EmendError('bad-input', `The ${kind} entry has no reason.`, 'Say why in a sentence; it is what the log shows.', {
      field: 'reason',
    });
}
