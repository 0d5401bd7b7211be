import { EmendError } from '../../shared/errors.ts';
import type { Files } from '../storage/files.ts';
import { join } from 'node:path';
import { ARRIVING, saveAnchor, signAnchor, type Point, type Standing } from './anchor.ts';
import { checkpointHash, isLinked, saveCheckpoint, signCheckpoint, type Checkpoint } from './checkpoints.ts';
import type { SigningKey } from './keys.ts';

/** Where a ledger's anchor lies, and whose it must be. */
export interface AnchorPlace {
  /** Outside the ledger's folder, beside the key. */
  readonly file: string;
  /** What the model's id begins with: the name of its folder. */
  readonly id: string;
  /** The ledger grows elsewhere, and its anchor with it; settleAnchor puts that in place. */
  readonly isStaged?: boolean;
}

/** The file that a ledger's anchor is written to. */
export function anchorFile(ledgerFolder: string, place: AnchorPlace): string {
  return place.isStaged === true ? join(ledgerFolder, ARRIVING) : place.file;
}

/** How a ledger's end may be signed. */
export type Mode =
  /** As a chain of checkpoints, with an anchor outside the folder. */
  | { readonly how: 'chain'; readonly last: Point | null; readonly since: number; readonly newest: Checkpoint | undefined }
  /** As records of the first release are: single checkpoints, as long as none is missing. */
  | { readonly how: 'single'; readonly newest: Checkpoint | undefined }
  /** Not at all: something would be signed that nobody looked at. */
  | { readonly how: 'not'; readonly why: string };

/** What is known of a ledger when it is opened. */
export interface Known {
  readonly key: SigningKey | undefined;
  readonly place: AnchorPlace | undefined;
  readonly standing: Standing;
  /** The newest checkpoint in the folder, if it fits the journal. */
  readonly newest: Checkpoint | undefined;
  /** Whether there are checkpoints of the chain, whatever they say. */
  readonly hasChain: boolean;
  readonly end: Point | undefined;
}

/** How the end of a ledger may be signed: nothing is ever signed over a gap. */
export function modeOf({ key, place, standing, newest, hasChain, end }: Known): Mode {
  const not = (why: string): Mode => ({ how: 'not', why });
  if (!key) return not('it was opened without a signing key');
  if (standing.state === 'unusable') return not(standing.message);
  if (standing.state === 'contradicts') return not(standing.damage.message);
  if (standing.state === 'none') {
    if (place && end === undefined) return { how: 'chain', last: null, since: 1, newest: undefined };
    if (hasChain) return not('its anchor is missing');
    if (end === undefined || newest?.head === end.head) return { how: 'single', newest };
    return not(
      newest === undefined ? 'no checkpoint of it is there' : `it has entries after its newest checkpoint, which is of entry ${newest.seq}`,
    );
  }
  const { anchor, upTo } = standing;
  if (end === undefined) return { how: 'chain', last: null, since: 1, newest: undefined };
  if (end.seq !== upTo?.seq) return not(`it has entries after entry ${upTo?.seq ?? 0} that its anchor does not know`);
  const known = anchor.checkpoint?.sha256 ?? null;
  if (known === null && !newest) return { how: 'chain', last: upTo, since: anchor.since, newest: undefined };
  // The process may have been stopped after a checkpoint and before the anchor told of it.
  if (newest && isLinked(newest) && (checkpointHash(newest) === known || newest.previous === known))
    return { how: 'chain', last: upTo, since: anchor.since, newest };
  return not('its newest checkpoint is missing');
}

/** What a {@link Signing} works with. */
export interface SigningParts {
  readonly files: Files;
  readonly folder: string;
  readonly key: SigningKey | undefined;
  readonly clock: () => Date;
  readonly place: AnchorPlace | undefined;
}

/** Signs the end of a ledger: as checkpoints in its folder, and, before every act is acknowledged, in its anchor outside. */
export class Signing {
  readonly #parts: SigningParts;
  #mode: Mode;

  constructor(parts: SigningParts, mode: Mode) {
    this.#parts = parts;
    this.#mode = mode;
  }

  /** Why nothing is signed; undefined when it is. */
  get refusal(): string | undefined {
    return this.#mode.how === 'not' ? this.#mode.why : undefined;
  }

  get isAnchored(): boolean {
    return this.#mode.how === 'chain' && this.#parts.place !== undefined;
  }

  /** The entry from which on the record is anchored. */
  get since(): number | undefined {
    return this.#mode.how === 'chain' ? this.#mode.since : undefined;
  }

  get signedUpTo(): number {
    return this.#mode.how === 'not' ? 0 : (this.#mode.newest?.seq ?? 0);
  }

  /** Says what is about to be recorded, so that it can be told from what somebody else wrote. @throws EmendError when the disk refuses */
  async intend(model: string, next: Point): Promise<void> {
    if (this.#mode.how === 'chain') await this.#write(model, this.#mode.last, next);
  }

  /** Says that it is recorded. @throws EmendError when the disk refuses; the next act says it too then */
  async confirm(model: string, last: Point): Promise<void> {
    if (this.#mode.how !== 'chain') return;
    this.#mode = { ...this.#mode, last };
    if (this.#parts.place?.isStaged !== true) await this.#write(model, last, null);
  }

  /** Begins to anchor a record at an entry; what lies before it was looked at by a person. @returns how to go back to how it was */
  begin(last: Point): () => void {
    const before = this.#mode;
    this.#mode = { how: 'chain', last, since: last.seq + 1, newest: undefined };
    return () => void (this.#mode = before);
  }

  /**
   * Signs the end of the journal; one that is signed already is not signed again.
   * @param hashOf an entry's
   * @throws EmendError without a key, over a gap, or when the disk refuses
   */
  async sign(model: string, end: Point, hashOf: (seq: number) => string): Promise<Checkpoint> {
    const { key } = this.#parts;
    if (!key)
      throw new EmendError(
        'bad-input',
        'This ledger was opened without a signing key, so no checkpoint can be made.',
        'Open it with the key.',
      );
    const mode = this.#mode;
    if (mode.how === 'not') throw notOverAGap(mode.why);
    if (mode.newest?.head === end.head) return mode.newest;
    if (mode.how === 'single') {
      const newest = signCheckpoint(key, this.#state(model, end));
      await saveCheckpoint(this.#parts.files, this.#parts.folder, newest);
      this.#mode = { ...mode, newest };
      return newest;
    }
    // The first of the chain is of the entry that it begins at, also where signing that was put off.
    if (mode.newest === undefined && end.seq !== mode.since) await this.sign(model, { seq: mode.since, head: hashOf(mode.since) }, hashOf);
    const before = (this.#mode as typeof mode).newest;
    const link = { since: mode.since, previous: before === undefined ? null : checkpointHash(before) };
    const newest = signCheckpoint(key, this.#state(model, end), link);
    await saveCheckpoint(this.#parts.files, this.#parts.folder, newest);
    this.#mode = { ...mode, newest };
    const { last, next } = this.#parts.place?.isStaged === true ? { last: null, next: mode.last } : { last: mode.last, next: null };
    await this.#write(model, last, next);
    return newest;
  }

  #state(model: string, { seq, head }: Point) {
    return { seq, head, model, time: this.#parts.clock().toISOString() };
  }

  async #write(model: string, last: Point | null, next: Point | null): Promise<void> {
    const { files, folder, key, place, clock } = this.#parts;
    if (!key || !place || this.#mode.how !== 'chain') return;
    const { since, newest } = this.#mode;
    const checkpoint = newest === undefined ? null : { seq: newest.seq, sha256: checkpointHash(newest) };
    const acknowledged = place.isStaged === true ? null : last;
    const state = { model, last: acknowledged, next, since, checkpoint, time: clock().toISOString() };
    await saveAnchor(files, anchorFile(folder, place), signAnchor(key, state));
  }
}

/** The error of whoever asks to sign what was not looked at. */
export function notOverAGap(why: string): EmendError {
  return new EmendError(
    'bad-input',
    `Nothing is signed over this record: ${why}.`,
    'Verify it and look it over; if it is as it should be, anchor it from here on: emend anchor <model>.',
  );
}
