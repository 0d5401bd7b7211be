import type { FactChange } from '../../../shared/contract/fact-history.ts';
import { fillPrompt } from '../../../shared/fact.ts';
import { verdict } from './checks-html.ts';
import { code, facts as pairs, html, page, table, type Html } from './html.ts';
import { logCsv } from './log-csv.ts';
import type { LogAbout } from './log-html.ts';

/** The facts as a table for spreadsheets, one row a fact. */
export function factsCsv(facts: readonly FactChange[]): string {
  return logCsv({ columns: COLUMNS.map(([name]) => name), rows: facts.map((fact) => COLUMNS.map(([, cell]) => cell(fact))) });
}

const COLUMNS: readonly (readonly [name: string, cell: (fact: FactChange) => string | number])[] = [
  ['question', ({ prompt, subject }) => fillPrompt(prompt, subject).text],
  ['subject', ({ subject }) => subject],
  ['prompt', ({ prompt }) => prompt],
  ['relation', ({ relation = '' }) => relation],
  ['before', ({ from = '' }) => from],
  ['after', ({ to }) => to],
  ['state', ({ state }) => state],
  ['by entry', ({ by }) => by ?? ''],
  ['time', ({ time }) => time],
  ['author', ({ author }) => author],
  ['reason', ({ reason }) => reason],
  ['method', ({ method }) => method],
  ['checks of its edit', ({ checks }) => checks],
  ['checked later', ({ checkedLater }) => checkedLater.map((one) => `entry ${one.entry} ${one.verdict}`).join('; ')],
  ['review', ({ review }) => review],
  ['reviewed by', ({ reviews }) => reviews.map(reviewWords).join('; ')],
  ['entry', ({ entry }) => entry],
  ['version', ({ version }) => version],
  ['hash', ({ hash }) => hash],
];

/** The facts as a page to read, keep or print; also what their PDF is printed from. */
export function factsHtml(facts: readonly FactChange[], about: LogAbout): string {
  const hashes = new Map(facts.map(({ entry, hash }) => [entry, hash]));
  return page(
    `Facts of ${about.model}`,
    html`<h1>Facts changed in ${about.model}</h1>
      <p class="dim">
        ${facts.length}
        ${facts.length === 1 ? 'fact' : 'facts'}${about.filter === undefined || about.filter === '' ? '' : `, ${about.filter}`}. Made by
        Emend ${about.app}, ${minute(about.time)}.
      </p>
      ${pairs([
        ['Entries in the record', about.head.seq],
        ['Hash of the last one', code(about.head.hash)],
      ])}
      ${table(
        ['Fact', 'Before', 'After', 'When, who, why', 'Checked, reviewed', 'State'],
        facts.map((fact) => [
          fillPrompt(fact.prompt, fact.subject).text,
          fact.from ?? html`<span class="dim">not recorded</span>`,
          fact.to,
          html`${minute(fact.time)}<br />${fact.author}, entry ${fact.entry}<br />${fact.reason}`,
          html`${checked(fact)}${fact.checkedLater.map((one) => html`<br />again by entry ${one.entry}: ${one.verdict}`)}
            <br />${reviewed(fact)}`,
          `${fact.state}${fact.by === undefined ? '' : `, by entry ${fact.by}`}`,
        ]),
      )}
      <h2>Entries</h2>
      ${pairs([...hashes].map(([entry, hash]): readonly [string, Html] => [`Entry ${entry}`, code(hash)]))}`,
  );
}

function checked({ checks }: FactChange): Html {
  return checks === 'none' ? html`<span class="dim">not checked</span>` : verdict(checks === 'passed', `checks ${checks}`);
}

function reviewed({ reviews }: FactChange): Html | readonly Html[] {
  return reviews.length === 0 ? html`<span class="dim">not reviewed</span>` : reviews.map((one) => html`${reviewWords(one)} `);
}

function reviewWords({ author, verdict: said, entry }: FactChange['reviews'][number]): string {
  return `${said === 'approve' ? 'approved' : 'rejected'} by ${author} (entry ${entry})`;
}

function minute(iso: string): string {
  return `${iso.slice(0, 16).replace('T', ' ')} UTC`;
}
