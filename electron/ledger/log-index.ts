import { verdictOf } from '../../shared/checks.ts';
import { join } from 'node:path';
import { Low } from 'lowdb';
import * as v from 'valibot';
import { kindNames, type Kind } from '../../shared/kinds.ts';
import type { Entry } from './entries.ts';
import { toldBy } from './kinds/index.ts';
import type { Files } from '../storage/files.ts';
import type { Notice } from '../storage/notice.ts';
import { DurableJson } from '../storage/store.ts';
import { given } from '../../shared/given.ts';

/** An entry as lists show and filter it. */
const RowSchema = v.strictObject({
  seq: v.number(),
  hash: v.string(),
  time: v.string(),
  author: v.string(),
  kind: v.picklist(kindNames()),
  reason: v.string(),
  /** The version that it made or is about. */
  version: v.exactOptional(v.string()),
  method: v.exactOptional(v.string()),
  subjects: v.array(v.string()),
  relations: v.array(v.string()),
  /** 'failed' when any check failed, 'passed' when some passed and none failed. */
  verdict: v.picklist(['passed', 'failed', 'none']),
  /** Further words to search in: prompts, targets, names. */
  words: v.string(),
});
export type Row = v.InferOutput<typeof RowSchema>;

const IndexSchema = v.strictObject({ format: v.literal(1), rows: v.array(RowSchema) });
type Index = v.InferOutput<typeof IndexSchema>;

/** Which entries to list. Everything given must hold. */
export interface Filter {
  /** ISO 8601; `from` is included, `to` is not. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly author?: string | undefined;
  readonly kinds?: readonly Kind[] | undefined;
  /** Part of a subject, in any case. */
  readonly subject?: string | undefined;
  readonly relation?: string | undefined;
  readonly method?: string | undefined;
  readonly verdict?: Row['verdict'] | undefined;
  /** Words that must all occur anywhere in the row, in any case. */
  readonly text?: string | undefined;
  /** Default 'newest'. */
  readonly order?: 'newest' | 'oldest' | undefined;
  readonly offset?: number | undefined;
  readonly limit?: number | undefined;
}

const NAME = 'index.json';

/** What screens list and filter, derived from the entries and kept in lowdb. */
export class LogIndex {
  readonly #db: Low<Index>;
  readonly #haystacks: (string | undefined)[] = [];
  /** How many rows the file holds. */
  #saved: number;

  private constructor(db: Low<Index>, saved: number) {
    this.#db = db;
    this.#saved = saved;
  }

  /**
   * Opens the index of a ledger: takes what the file holds as far as it fits the entries, and makes the rest from them.
   * @returns with the notices of an index that was damaged or did not belong to these entries
   */
  static async open(
    files: Files,
    folder: string,
    entries: readonly Entry[],
    readOnly: boolean,
  ): Promise<{ index: LogIndex; notices: Notice[] }> {
    const adapter = new DurableJson<Index>(files, join(folder, NAME), IndexSchema, { as: 'derived', readOnly });
    if (!readOnly) await adapter.removeUnfinished();
    const db = new Low<Index>(adapter, { format: 1, rows: [] });
    await db.read();
    const { rows } = db.data;
    const foreign = rows.findIndex((row, at) => row.hash !== entries[at]?.hash || row.seq !== entries[at]?.seq);
    if (foreign !== -1) {
      adapter.notices.push({
        what: 'index',
        message: `The index of ${folder} does not fit the journal from row ${foreign + 1} on.`,
        hint: 'Nothing is lost; it is made again from the journal.',
      });
      rows.length = 0;
    }
    const index = new LogIndex(db, rows.length);
    for (const entry of entries.slice(rows.length)) index.add(entry);
    return { index, notices: adapter.notices };
  }

  add(entry: Entry): void {
    this.#db.data.rows.push(rowOf(entry));
  }

  /** Rows that fit, and how many there are of them before `offset` and `limit` cut. */
  list(filter: Filter = {}): { readonly total: number; readonly rows: readonly Row[] } {
    const rows = this.#db.data.rows;
    const words = fold(filter.text ?? '')
      .split(/\s+/)
      .filter((word) => word !== '');
    const fits = predicate(filter);
    const found = rows.filter(
      (row, at) => fits(row) && (words.length === 0 || words.every((word) => this.#haystack(row, at).includes(word))),
    );
    if (filter.order !== 'oldest') found.reverse();
    const offset = filter.offset ?? 0;
    return { total: found.length, rows: found.slice(offset, filter.limit === undefined ? undefined : offset + filter.limit) };
  }

  /** Writes the index if it grew. @throws EmendError when the disk refuses; the ledger is whole without it */
  async save(): Promise<void> {
    const { length } = this.#db.data.rows;
    if (length === this.#saved) return;
    await this.#db.write();
    this.#saved = length;
  }

  #haystack(row: Row, at: number): string {
    return (this.#haystacks[at] ??= fold(
      [row.reason, row.author, row.kind, row.method, row.version, ...row.subjects, ...row.relations, row.words].join('\n'),
    ));
  }
}

/** The row of an entry. */
export function rowOf(entry: Entry): Row {
  const { seq, hash, time, author, kind, reason, body } = entry;
  const { facts = [], checks = [], method, about = [], words = [] } = toldBy(entry);
  return {
    seq,
    hash,
    time,
    author,
    kind,
    reason,
    ...('version' in body ? { version: body.version } : {}),
    ...given({ method }),
    subjects: unique(facts.map((fact) => fact.subject)),
    relations: unique(facts.flatMap((fact) => fact.relation ?? [])),
    verdict: verdictOf(checks),
    words: unique([
      ...facts.flatMap((fact) => [fact.prompt, fact.target, fact.previousTarget ?? '']),
      ...checks.map((check) => check.name),
      ...about,
      ...words,
    ]).join('\n'),
  };
}

function predicate(filter: Filter): (row: Row) => boolean {
  const { from, to, kinds, verdict } = filter;
  const [author, subject, relation, method] = [filter.author, filter.subject, filter.relation, filter.method].map((text) =>
    text === undefined ? undefined : fold(text),
  );
  return (row) =>
    (from === undefined || row.time >= from) &&
    (to === undefined || row.time < to) &&
    (kinds === undefined || kinds.includes(row.kind)) &&
    (verdict === undefined || row.verdict === verdict) &&
    (author === undefined || fold(row.author) === author) &&
    (method === undefined || fold(row.method ?? '') === method) &&
    (relation === undefined || row.relations.some((one) => fold(one) === relation)) &&
    (subject === undefined || row.subjects.some((one) => fold(one).includes(subject)));
}

/** Texts compare without regard to case and to how accents are composed. */
function fold(text: string): string {
  return text.normalize('NFC').toLowerCase();
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
