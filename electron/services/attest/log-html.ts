import { code, facts, html, page, table } from './html.ts';

/** A list to be shown or written out: every row has a value for every column, undefined where there is none. */
export interface LogTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number | undefined)[])[];
}

/** What is told above the list. */
export interface LogAbout {
  readonly model: string;
  /** The filter in words; left out when everything is listed. */
  readonly filter?: string;
  /** The end of the journal that the list was made from. */
  readonly head: { readonly seq: number; readonly hash: string };
  readonly app: string;
  /** RFC 3339. */
  readonly time: string;
}

/** The audit log as a page to read, keep or print; also what its PDF is printed from. */
export function logHtml(log: LogTable, about: LogAbout): string {
  return page(
    `Audit log of ${about.model}`,
    html`<h1>Audit log of ${about.model}</h1>
      <p class="dim">
        ${log.rows.length} of ${about.head.seq} entries${about.filter === undefined ? '' : `, filtered: ${about.filter}`}. Made by Emend
        ${about.app}, ${about.time}.
      </p>
      ${facts([['Hash of the last entry', code(about.head.hash)]])} ${table(log.columns, log.rows)}`,
  );
}
