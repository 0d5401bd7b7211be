import type { Entry } from '../../ledger/entries.ts';
import type { BlobRef } from '../../ledger/bodies.ts';
import type { Row } from '../../ledger/log-index.ts';
import type { ReviewState } from '../../../shared/reviews.ts';
import type { LogTable } from './log-csv.ts';

/** An entry with what the log says of it besides what it holds. */
export interface LoggedEntry {
  readonly row: Row;
  readonly entry: Entry;
  /** What it did, and which entry or version it speaks of. */
  readonly about: string;
  /** How the version that it made was reviewed. */
  readonly review?: ReviewState;
  /** Files that it names, by role. */
  readonly evidence: readonly { readonly role: string; readonly ref: BlobRef }[];
}

/** The log as a table: one row an entry, one column a field that people ask for. */
export function logTable(entries: readonly LoggedEntry[]): LogTable {
  return { columns: COLUMNS.map(([name]) => name), rows: entries.map((one) => COLUMNS.map(([, cell]) => cell(one))) };
}

const COLUMNS: readonly (readonly [name: string, cell: (logged: LoggedEntry) => string])[] = [
  ['entry', ({ row }) => String(row.seq)],
  ['time', ({ row }) => row.time],
  ['author', ({ row }) => row.author],
  ['kind', ({ row }) => row.kind],
  ['about', ({ about }) => about],
  ['reason', ({ row }) => row.reason],
  ['previous version', ({ entry: { body } }) => ('parent' in body ? body.parent : '')],
  ['version', ({ row }) => row.version ?? ''],
  ['method', ({ row }) => row.method ?? ''],
  [
    'facts',
    ({ entry: { body } }) =>
      'facts' in body
        ? body.facts
            .map(
              (fact) =>
                `${fact.prompt.replace('{}', () => fact.subject)} ` +
                `${fact.previousTarget === undefined ? '' : `${fact.previousTarget} → `}${fact.target}`,
            )
            .join('; ')
        : '',
  ],
  [
    'checks',
    ({ entry: { body } }) =>
      'checks' in body ? body.checks.map((check) => `${check.name} ${Number(check.value.toPrecision(4))}`).join('; ') : '',
  ],
  ['result', ({ row }) => (row.verdict === 'none' ? '' : row.verdict)],
  ['review', ({ review }) => (review === undefined ? '' : review === 'none' ? 'not reviewed' : review)],
  [
    'changed tensors',
    ({ entry: { body } }) =>
      'changed' in body ? body.changed.map(({ tensor, before, after }) => `${tensor} ${before} → ${after}`).join('; ') : '',
  ],
  ['files beside it', ({ evidence }) => evidence.map(({ role, ref }) => `${role} ${ref.blob}`).join('; ')],
  ['app', ({ entry }) => entry.app],
  ['engine', ({ entry }) => entry.engine],
  ['previous hash', ({ entry }) => entry.prev],
  ['hash', ({ entry }) => entry.hash],
];
