import { bodyView, inWords, question, typeWords, type BodyView, type Field } from '../../../shared/entry-body.ts';
import { kindInfo } from '../../../shared/kinds.ts';
import type { CheckResult } from '../../ledger/bodies.ts';
import { checksTable } from './checks-html.ts';
import { code, facts, html, page, table, type Html } from './html.ts';
import type { LoggedEntry } from './log-table.ts';

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

/**
 * The audit log as a page to read, keep or print; also what its PDF is printed from. One block an entry, with all that the entry holds:
 * every hash whole and on a line of its own, so that it is read off paper as well as off a screen.
 */
export function logHtml(entries: readonly LoggedEntry[], about: LogAbout): string {
  return page(
    `Audit log of ${about.model}`,
    html`<h1>Audit log of ${about.model}</h1>
      <p class="dim">
        ${entries.length} of ${about.head.seq} entries${about.filter === undefined ? '' : `, filtered: ${about.filter}`}. Made by Emend
        ${about.app}, ${atTime(about.time)}.
      </p>
      ${facts([
        ['Entries in the record', about.head.seq],
        ['Hash of the last one', code(about.head.hash)],
      ])}
      ${entries.map(block)}`,
  );
}

function block({ row, entry, about, evidence, review }: LoggedEntry): Html {
  const view = bodyView({ kind: entry.kind, body: { ...entry.body }, evidence });
  const { parts } = view;
  return html`<article>
    <h2>
      Entry ${entry.seq}: ${kindInfo(entry.kind).label}
      ${row.verdict === 'none' ? undefined : html`<span class="${row.verdict === 'passed' ? 'good' : 'bad'}">checks ${row.verdict}</span>`}
    </h2>
    ${about === '' ? undefined : html`<p class="about">${about}</p>`}
    ${facts([
      ['Why', entry.reason === '' ? html`<span class="dim">no reason was given</span>` : entry.reason],
      ['Who', entry.author],
      ['When', atTime(entry.time)],
      ['Version before', parts.parent === undefined ? undefined : code(parts.parent)],
      ['Version', parts.version === undefined ? undefined : code(parts.version)],
      ['Review of the version', review === 'none' ? 'not reviewed' : review],
      ['Method', parts.method?.toUpperCase()],
      ...view.fields.map((field): readonly [string, Html | string] => [field.name, fieldValue(field)]),
      ['Written by', `${entry.app}, ${entry.engine}`],
    ])}
    ${factsOf(view)} ${checksOf(entry.body)} ${problemsOf(view)}
    ${section(
      'Changed tensors',
      parts.changed?.map(({ tensor, before, after, measures }) =>
        facts([
          ['Tensor', code(tensor)],
          ['Before', code(before)],
          ['After', code(after)],
          ...Object.entries(measures ?? {}).map(([name, value]): readonly [string, string] => [
            inWords(name),
            String(Number(value.toPrecision(4))),
          ]),
        ]),
      ),
    )}
    ${section(
      'Settings',
      view.hyperparameters.length === 0
        ? undefined
        : [
            table(
              ['Setting', 'Value', 'From'],
              view.hyperparameters.map(({ name, value, source }) => [name, value, source]),
            ),
          ],
    )}
    ${section('Seeds', pairs(Object.entries(parts.seeds ?? {}).map(([name, value]) => [name, String(value)])))}
    ${section('Files', pairs(view.files.map(({ path, bytes, sha256 }) => [path, html`${bytes} bytes<br />${code(sha256)}`])))}
    ${section(
      'Files beside the record',
      pairs(evidence.map(({ role, ref }) => [inWords(role), html`${typeWords(ref.type)}, ${ref.bytes} bytes<br />${code(ref.blob)}`])),
    )}
    ${view.raw.map(
      ({ name, json }) =>
        html`<h3>${inWords(name)}, as recorded</h3>
          <p class="raw"><code>${JSON.stringify(JSON.parse(json))}</code></p>`,
    )}
    ${facts([
      ['Hash of the entry before', code(entry.prev)],
      ['Hash of this entry', code(entry.hash)],
    ])}
  </article>`;
}

function fieldValue({ value, hash }: Field): Html | string {
  return hash === true ? code(value) : value;
}

function factsOf({ parts }: BodyView): Html | undefined {
  if (parts.facts === undefined || parts.facts.length === 0) return undefined;
  return html`<h3>Facts</h3>
    ${table(
      ['Fact as it was written', 'Answer before', 'Relation'],
      parts.facts.map((fact) => [
        `${question(fact)} ${fact.target}`,
        fact.previousTarget ?? html`<span class="dim">not recorded</span>`,
        fact.relation,
      ]),
    )}`;
}

function checksOf(body: object): Html | undefined {
  const checks = 'checks' in body ? (body.checks as readonly CheckResult[]) : [];
  return checks.length === 0
    ? undefined
    : html`<h3>Checks</h3>
        ${checksTable(checks.map((check) => ({ from: '', check })))}`;
}

function problemsOf({ parts }: BodyView): Html | undefined {
  return section(
    'Problems found',
    parts.problems?.map(({ entry, message }) => html`<p class="bad">${entry === undefined ? '' : `Entry ${entry}: `}${message}</p>`),
  );
}

function section(title: string, content: readonly Html[] | undefined): Html | undefined {
  return content === undefined || content.length === 0
    ? undefined
    : html`<h3>${title}</h3>
        ${content}`;
}

function pairs(list: readonly (readonly [string, Html | string])[]): readonly Html[] | undefined {
  return list.length === 0 ? undefined : [facts(list)];
}

/** A time that compares with others, whoever reads it where. */
function atTime(iso: string): string {
  return `${iso.slice(0, 19).replace('T', ' ')} UTC`;
}
