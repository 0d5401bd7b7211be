import * as v from 'valibot';
import { CheckedBySchema } from '../../../shared/contract/edits.ts';
import { kindInfo, type RemarkKind } from '../../../shared/kinds.ts';
import { materialRows } from '../../../shared/material.ts';
import type { FileRecord } from '../../ledger/bodies.ts';
import { toldBy } from '../../ledger/kinds/index.ts';
import { shortId } from '../../../shared/ids.ts';
import { askedWords, letOutWords } from '../../../shared/policy.ts';
import { checksTable, short, verdict } from './checks-html.ts';
import { code, facts, html, page, table, type Html } from './html.ts';
import type { ExportClaim } from './export-claim.ts';
import type { VersionRecord } from './version-record.ts';

/** What a report is made from. */
export interface ReportInputs {
  readonly record: VersionRecord;
  /** The exported model's files; left out where nothing was exported. */
  readonly files?: readonly FileRecord[];
  readonly format?: string;
  /** Version of the application. */
  readonly app: string;
  /** When the report was made, RFC 3339. */
  readonly time: string;
  /** Id of the key that signs the record. */
  readonly key?: string;
  /** How it left, where that is told. */
  readonly claim?: ExportClaim | undefined;
}

/**
 * A report on a version for a person: what was changed and why, how it measured, who reviewed it, and how to verify all that. The same
 * inputs give the same page.
 */
export function reportHtml(inputs: ReportInputs): string {
  const { record, files, format, app, time, key, claim } = inputs;
  const { imported, version, tags, parts, remarks, measured, head } = record;
  const name = imported.body.model.name;
  const ofVersion = measured
    .filter((one) => one.ofVersion)
    .flatMap(({ entry, suite, checks }) => checks.map((check) => ({ from: `entry ${entry}, ${suite}`, check })));
  return page(
    `${name}: ${tags[0] ?? shortId(version.id)}`,
    html`<h1>${name}</h1>
      <p class="dim">
        Version ${tags.length > 0 ? `${tags.join(', ')} (${shortId(version.id)})` : shortId(version.id)},
        ${parts.length === 0 ? 'without changes' : `with ${parts.length} ${parts.length === 1 ? 'change' : 'changes'}`}. Report by Emend
        ${app}, ${time}.
      </p>
      ${facts([
        ['Imported', `${imported.time} by ${imported.author}`],
        ['Form of the export', format],
        ['The policy asked for', claim && askedWords(claim.asked).join('; ')],
        ['Other graphs that went along', claim?.others && `${claim.others.join(', ')}: they do not hold the change and answer as before`],
        ['Left out by choice', claim?.leftOut?.join(', ')],
        ['It was let out by', claim && letOutWords(claim.letOut).join('; ')],
        ['Version', code(version.id)],
        ['Base model', code(version.model)],
      ])}
      <h2>What was changed</h2>
      ${parts.length === 0 ? html`<p class="none">Nothing: this is the model as it was imported.</p>` : parts.map(part)}
      <h2>Checks of this version</h2>
      ${checksTable(ofVersion)}
      <h2>Reviews and notes</h2>
      ${table(
        ['When', 'Who', 'What', 'Words'],
        remarks.map((one) => [one.time, one.author, remark(one.kind), one.reason]),
      )}
      ${
        files === undefined
          ? undefined
          : html`<h2>Files</h2>
              ${table(
                ['File', 'Bytes', 'SHA-256'],
                files.map((file) => [file.path, file.bytes, code(file.sha256)]),
              )}`
      }
      <h2>How to verify</h2>
      ${facts([
        ['Entries in the record', head.seq],
        ['Hash of the last one', code(head.hash)],
        ['Key that signs', key === undefined ? undefined : code(key)],
      ])}
      ${files === undefined ? ALONE : WITH_FILES}`,
  );
}

const ALONE = html`<p>Verify the ledger in Emend, and compare its last hash with the one above.</p>`;
const WITH_FILES = html`<p>
  Every file here is listed in <code>model.sig</code>, and the record of the changes is <code>emend/ledger.jsonl</code>. Emend's
  verification of an export checks both and needs nothing but this folder and the public key of whoever made it. Take the key from them, not
  from this folder.
</p>`;

function remark(kind: RemarkKind): Html | string {
  const { label, said = '', verdict: judged } = kindInfo(kind);
  return judged === undefined ? label.toLowerCase() : verdict(judged === 'approve', said);
}

function part(entry: VersionRecord['parts'][number]): Html {
  const { body } = entry;
  const { facts: written } = toldBy(entry);
  return html`<h3>Entry ${entry.seq}: ${kindInfo(entry.kind).label} by ${body.method}</h3>
    ${facts([
      ['When', entry.time],
      ['Who', entry.author],
      ['Why', entry.reason],
      ['Hash', code(entry.hash)],
    ])}
    ${
      written &&
      table(
        ['Subject', 'Prompt', 'Before', 'After'],
        written.map((fact) => [fact.subject, fact.prompt, fact.previousTarget ?? html`<span class="dim">not recorded</span>`, fact.target]),
      )
    }
    <p class="dim">Measured when it was made:</p>
    ${checksTable(body.checks.map((check) => ({ from: '', check })))}
    ${kindInfo(entry.kind).report === 'edit' ? checkedBy(body.details) : undefined}
    <p class="dim">Weights changed:</p>
    ${table(
      ['Tensor', 'Measures', 'SHA-256 before', 'SHA-256 after'],
      body.changed.map(({ tensor, measures, before, after }) => [
        tensor,
        Object.entries(measures ?? {})
          .map(([name, value]) => `${name} ${short(value)}`)
          .join(', '),
        code(before),
        code(after),
      ]),
    )}`;
}

const TellsCheckedBy = v.looseObject({ checkedBy: v.array(CheckedBySchema) });

/** How well it was checked: by what, how much of it, and where that is from. */
function checkedBy(details: VersionRecord['parts'][number]['body']['details']): Html {
  // Entries of earlier releases have it in their report alone, if at all.
  if (!v.is(TellsCheckedBy, details))
    return html`<p class="dim">The entry does not tell by what it was checked; its report in the record may.</p>`;
  return html`<p class="dim">How well it was checked:</p>
    ${table(
      ['Checked by', 'How many', 'From'],
      materialRows(details.checkedBy).map(({ what, count, from, isMissing }) => [
        what,
        isMissing ? html`<span class="dim">${count}</span>` : count,
        isMissing ? html`<span class="bad">${from}</span>` : from,
      ]),
    )}`;
}
