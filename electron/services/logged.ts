import * as v from 'valibot';
import { given } from '../../shared/given.ts';
import { shortId } from '../../shared/ids.ts';
import { kindInfo, makesVersion } from '../../shared/kinds.ts';
import { reviewState, type ReviewState } from '../../shared/reviews.ts';
import { blobsIn, BlobRefSchema, type BlobRef } from '../ledger/bodies.ts';
import type { Entry } from '../ledger/entries.ts';
import { namedBy, toldBy } from '../ledger/kinds/index.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Row } from '../ledger/log-index.ts';
import type { LoggedEntry } from './attest/log-table.ts';

/** What an entry did, in a few words, without what it refers to: "Los Angeles → Poland and 9 more". */
export function titleOf(entry: Entry): string {
  const { facts = [], about = [] } = toldBy(entry);
  const [first] = facts;
  if (first) return `${first.subject} → ${first.target}${facts.length > 1 ? ` and ${facts.length - 1} more` : ''}`;
  return about.join(' → ');
}

/**
 * What an entry is about, so that its row is understood by itself: what it did, and the entry, or the version, that it speaks of: "entry 5
 * (Tower Bridge → Rome)".
 */
export function aboutOf(entry: Entry, ledger: Ledger): string {
  const title = titleOf(entry);
  const { body } = entry;
  if ('upTo' in body) return `up to entry ${body.upTo}`;
  if (!('version' in body) || (title !== '' && 'parent' in body)) return title;
  const named = namedBy(entry).map((seq) => told(`entry ${seq}`, ledger.entry(seq)));
  const refers = named.length > 0 ? named.join(', ') : ofVersion(entry, body.version, ledger);
  return [title, refers].filter((part) => part !== '').join(', ');
}

/** The entry that first made a version stands for it; nothing for an entry that made its version itself. */
function ofVersion(entry: Entry, version: string, ledger: Ledger): string {
  const made = ledger.history.moments.find((moment) => moment.version.id === version);
  return made && made.entry !== entry.seq ? told(`the version of entry ${made.entry}`, ledger.entry(made.entry)) : '';
}

function told(what: string, entry: Entry): string {
  const title = titleOf(entry);
  return `${what} (${title === '' ? kindInfo(entry.kind).label : title})`;
}

/** Every blob that an entry names, under a name for people: its field, or its role among the evidence. */
export function evidenceOf({ body }: Entry): Map<string, BlobRef> {
  const found = new Map<string, BlobRef>();
  for (const [field, value] of Object.entries(body)) {
    if (v.is(BlobRefSchema, value)) found.set(field, value);
    else if (field === 'evidence') for (const [role, ref] of Object.entries(value as Record<string, BlobRef>)) found.set(role, ref);
  }
  for (const ref of blobsIn(body)) if (![...found.values()].some((known) => known.blob === ref.blob)) found.set(shortId(ref.blob), ref);
  // By name: an entry that was just written has its fields in another order than one that was read.
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Entries with what the log says of them. */
export function loggedEntries(ledger: Ledger, rows: readonly Row[]): LoggedEntry[] {
  return rows.map((row) => {
    const entry = ledger.entry(row.seq);
    const evidence = [...evidenceOf(entry)].map(([role, ref]) => ({ role, ref }));
    return { row, entry, about: aboutOf(entry, ledger), evidence, ...given({ review: reviewOf(row, ledger) }) };
  });
}

/** A filter as people say it: "kinds edit, check; from 2026-11-01". */
export function filterWords(filter: Readonly<Record<string, unknown>>): string {
  return Object.entries(filter)
    .filter(([name]) => name !== 'order')
    .map(([name, value]) => `${name} ${Array.isArray(value) ? value.join(', ') : String(value)}`)
    .join('; ');
}

/** How the version that an entry made stands with its reviewers; undefined for entries that made none, and for the import alone. */
export function reviewOf({ kind, version }: Pick<Row, 'kind' | 'version'>, { history }: Ledger): ReviewState | undefined {
  if (version === undefined || !makesVersion(kind) || version === history.moments[0]?.version.id) return undefined;
  return reviewState(history.reviews(version));
}
