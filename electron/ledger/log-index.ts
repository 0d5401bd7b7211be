import { verdictOf } from '../../shared/checks.ts';
import type { Kind } from '../../shared/kinds.ts';
import type { Entry } from './entries.ts';
import { toldBy } from './kinds/index.ts';
import { given } from '../../shared/given.ts';

/** An entry as lists show and filter it. */
export interface Row {
  readonly seq: number;
  readonly hash: string;
  readonly time: string;
  readonly author: string;
  readonly kind: Kind;
  readonly reason: string;
  /** The version that it made or is about. */
  readonly version?: string;
  readonly method?: string;
  readonly subjects: readonly string[];
  readonly relations: readonly string[];
  /** 'failed' when any check failed, 'passed' when some passed and none failed. */
  readonly verdict: 'passed' | 'failed' | 'none';
  /** Further words to search in: prompts, targets, names. */
  readonly words: string;
}

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
  /** What must hold besides, by what is not in the row. */
  readonly also?: ((row: Row) => boolean) | undefined;
  /** Default 'newest'. */
  readonly order?: 'newest' | 'oldest' | undefined;
  readonly offset?: number | undefined;
  readonly limit?: number | undefined;
}

/**
 * What screens list and filter. Every row is made from its entry when the ledger is opened: nothing that people read of the record comes
 * from anywhere else.
 */
export class LogIndex {
  readonly #rows: Row[] = [];
  readonly #haystacks: (string | undefined)[] = [];

  constructor(entries: readonly Entry[]) {
    for (const entry of entries) this.add(entry);
  }

  add(entry: Entry): void {
    this.#rows.push(rowOf(entry));
  }

  /** Rows that fit, and how many there are of them before `offset` and `limit` cut. */
  list(filter: Filter = {}): { readonly total: number; readonly rows: readonly Row[] } {
    const rows = this.#rows;
    const words = fold(filter.text ?? '')
      .split(/\s+/)
      .filter((word) => word !== '');
    const { also } = filter;
    const fits = predicate(filter);
    const isInTime = between(rows, filter);
    const found = rows.filter(
      (row, at) =>
        fits(row) &&
        isInTime(at) &&
        (also?.(row) ?? true) &&
        (words.length === 0 || words.every((word) => this.#haystack(row, at).includes(word))),
    );
    if (filter.order !== 'oldest') found.reverse();
    const offset = filter.offset ?? 0;
    return { total: found.length, rows: found.slice(offset, filter.limit === undefined ? undefined : offset + filter.limit) };
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
  const { kinds, verdict } = filter;
  const [author, subject, relation, method] = [filter.author, filter.subject, filter.relation, filter.method].map((text) =>
    text === undefined ? undefined : fold(text),
  );
  return (row) =>
    (kinds === undefined || kinds.includes(row.kind)) &&
    (verdict === undefined || row.verdict === verdict) &&
    (author === undefined || fold(row.author) === author) &&
    (method === undefined || fold(row.method ?? '') === method) &&
    (relation === undefined || row.relations.some((one) => fold(one) === relation)) &&
    (subject === undefined || row.subjects.some((one) => fold(one).includes(subject)));
}

/**
 * Whether a row lies in a span of time. Clocks are set back and forth, and entries are not: one counts as later than every time that an
 * entry before it has, and as earlier than every time that one after it has, so that no span hides it.
 */
function between(rows: readonly Row[], { from, to }: Filter): (at: number) => boolean {
  const begins = from === undefined ? 0 : rows.findIndex((row) => row.time >= from);
  const ends = to === undefined ? rows.length - 1 : rows.findLastIndex((row) => row.time < to);
  return (at) => begins >= 0 && at >= begins && at <= ends;
}

/** Texts compare without regard to case and to how accents are composed. */
function fold(text: string): string {
  return text.normalize('NFC').toLowerCase();
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
