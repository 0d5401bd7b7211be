import { EmendError } from '../../shared/errors.ts';
import { newerOf, parseLine, type Entry, type Line, type NewerEntry } from './entries.ts';
import { NO_HASH } from '../storage/hash.ts';

/** Every entry of a journal that is whole in itself, by number and hash, whoever wrote it. */
export function pointsOf({ entries, newer }: Pick<Scan, 'entries' | 'newer'>): readonly { readonly seq: number; readonly hash: string }[] {
  return newer.length === 0 ? entries : [...entries, ...newer];
}

/** Something wrong in a journal, at the entry where it is. */
export interface Damage {
  readonly seq: number;
  /** Where in the file, in bytes; undefined for what is not there. */
  readonly offset: number | undefined;
  readonly what: 'form' | 'chain' | 'missing' | 'torn' | 'version' | 'blob' | 'checkpoint' | 'anchor';
  readonly message: string;
}

/** What a journal holds. */
export interface Scan {
  /** Every entry that is whole in itself, in the order of the file; those after a damage too. */
  readonly entries: readonly Entry[];
  /** Entries from the first on that a newer release wrote. Their chain is held, what they did is not known. */
  readonly newer: readonly NewerEntry[];
  /** A last line, or an act of several entries, that was never finished, as a power cut leaves it. */
  readonly torn: { readonly seq: number; readonly offset: number; readonly bytes: number } | undefined;
  readonly damage: readonly Damage[];
  /** Length in bytes of the file without a torn tail. */
  readonly length: number;
}

export const LINE_END = 0x0a;
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads the bytes of a journal and holds every line against its hash, its place and the one before. Changes nothing.
 * After a damaged line it goes on with the next whole one, so that damage is told at its own entry alone.
 */
export function scan(bytes: Uint8Array): Scan {
  const length = wholeLength(bytes);
  const chain = new Chain();
  for (let offset = 0; offset < length;) {
    const end = bytes.indexOf(LINE_END, offset);
    chain.take(bytes.subarray(offset, end), offset);
    offset = end + 1;
  }
  const torn = length < bytes.length ? { seq: chain.finish() + 1, offset: length, bytes: bytes.length - length } : undefined;
  chain.finish();
  const open = chain.unfinished;
  if (!open || chain.damage.length > 0 || chain.newer.length > 0)
    return { entries: chain.entries, newer: chain.newer, torn, damage: chain.damage, length };
  return {
    entries: chain.entries.slice(0, open.seq - 1),
    newer: [],
    torn: { ...open, bytes: bytes.length - open.offset },
    damage: [],
    length: open.offset,
  };
}

/** Up to the end of the last finished line. A NUL in the last line is a block that never reached the disk, so it counts as unfinished. */
function wholeLength(bytes: Uint8Array): number {
  const end = bytes.lastIndexOf(LINE_END);
  if (end === -1 || end < bytes.length - 1) return end + 1;
  const start = end === 0 ? 0 : bytes.lastIndexOf(LINE_END, end - 1) + 1;
  return bytes.subarray(start, end).includes(0) ? start : end + 1;
}

class Chain {
  readonly entries: Entry[] = [];
  readonly newer: NewerEntry[] = [];
  readonly damage: Damage[] = [];
  /** Where the last act of several entries begins, and its last entry's number. */
  #act: { readonly seq: number; readonly offset: number; readonly until: number } | undefined;
  #expected = 1;
  #hash: string = NO_HASH;
  /** Lines since the last whole one that could not be read. */
  #unread: { offset: number; message: string }[] = [];

  take(line: Uint8Array, offset: number): void {
    let found: Line;
    try {
      found = parseLine(decoder.decode(line));
    } catch (error) {
      this.#unread.push({ offset, message: error instanceof EmendError ? error.message : 'it is not UTF-8 text' });
      return;
    }
    const entry = 'entry' in found ? found.entry : found.newer;
    this.#place(entry, offset);
    this.#unread = [];
    if ('newer' in found) this.newer.push(found.newer);
    else if (this.newer.length > 0) this.newer.push(newerOf(found.entry));
    else this.entries.push(found.entry);
    if ('entry' in found && 'until' in found.entry.body && found.entry.body.until !== undefined)
      this.#act = { seq: entry.seq, offset, until: found.entry.body.until };
    this.#expected = entry.seq + 1;
    this.#hash = entry.hash;
  }

  /** An act of several entries whose last one is not there. */
  get unfinished(): { readonly seq: number; readonly offset: number } | undefined {
    return this.#act && this.#act.until >= this.#expected ? { seq: this.#act.seq, offset: this.#act.offset } : undefined;
  }

  /** Reports lines at the end that could not be read. Returns the last number given out. */
  finish(): number {
    for (const { offset, message } of this.#unread)
      this.#add(this.#expected++, offset, 'form', `Entry ${this.#expected - 1} is damaged: ${message}.`);
    this.#unread = [];
    return this.#expected - 1;
  }

  #place(entry: Pick<Entry, 'seq' | 'prev'>, offset: number): void {
    if (this.#unread.length > 0) {
      // One line may have become two, or two one; the number of the next whole line tells how many are damaged.
      const last = Math.max(entry.seq - 1, this.#expected);
      for (let seq = this.#expected; seq <= last; seq++) {
        const { offset: at, message } = this.#unread[Math.min(seq - this.#expected, this.#unread.length - 1)]!;
        this.#add(seq, at, 'form', `Entry ${seq} is damaged: ${message}.`);
      }
    } else if (entry.seq !== this.#expected) {
      this.#add(
        Math.min(this.#expected, entry.seq),
        offset,
        'missing',
        `Expected entry ${this.#expected} here, found entry ${entry.seq}: lines were removed, repeated or moved.`,
      );
    } else if (entry.prev !== this.#hash) {
      this.#add(
        entry.seq,
        offset,
        'chain',
        `Entry ${entry.seq} follows an entry with hash ${entry.prev}, but the one before it has ${this.#hash}.`,
      );
    }
  }

  #add(seq: number, offset: number, what: Damage['what'], message: string): void {
    this.damage.push({ seq, offset, what, message });
  }
}
