import * as v from 'valibot';
import type { EntryView } from '../../../shared/contract/audit.ts';
import { type Check, CheckSchema } from '../../../shared/contract/edits.ts';
import type { Version } from '../../../shared/contract/versions.ts';
import { EmendError } from '../../../shared/errors.ts';
import { kindInfo } from '../../../shared/kinds.ts';
import { defineCommand } from '../command.ts';
import { draftCalled } from '../drafts.ts';
import { counted, minute, short, shortDraft } from '../format/ids.ts';
import { size } from '../format/numbers.ts';
import type { Printer } from '../format/printer.ts';
import { shorten } from '../format/table.ts';
import { oneLine } from '../format/text.ts';
import { entryNumber, type InLibrary, LIBRARY_MODEL, libraryModel } from '../named.ts';
import { showChecks } from '../show/checks.ts';
import { type FactInForce, factLine } from '../show/facts.ts';
import { showChecked } from '../show/checked.ts';
import { showReport } from '../show/report.ts';
import { showFinding } from '../show/finding.ts';
import { findVersion } from '../versions.ts';
import { given } from '../../../shared/given.ts';
import { sealWords } from '../../../shared/reviews.ts';

const VALUE_WIDTH = 100;

export const show = defineCommand({
  name: 'show',
  summary: 'Show an entry of the record, a version or a draft in full',
  positionals: [LIBRARY_MODEL, { name: 'what', help: 'Number of an entry; a version ("current", "base", a tag, an id); or a draft’s id' }],
  options: {},
  examples: [
    ['emend show atlas 3', 'Entry 3, with the report of the edit'],
    ['emend show atlas current', 'The current version, and what is in force in it'],
  ],
  async run(_, [name, what], context) {
    const found = await libraryModel(context, name!, { readOnly: true });
    const { app, model } = found;
    if (isEntry(what!, model.entries)) return showEntry(context.out, found, entryNumber(what!));
    const listed = await app.call('versions.list', { model: model.id });
    const version = findVersion(listed, what!);
    if (version) return showVersion(context.out, version, listed.current, factsOf(version, listed.timeline));
    const { drafts } = await app.call('edits.drafts', { model: model.id });
    if (!drafts.some(({ id }) => id.startsWith(what!.toLowerCase()))) {
      const versions = listed.versions.map(({ id, tags }) => [short(id), ...tags].join(' = '));
      throw new EmendError(
        'not-found',
        `${model.name} has no entry, version or draft ${JSON.stringify(what)}. Its entries are 1 to ${model.entries}; ` +
          `its versions: ${versions.slice(-8).join(', ')}.`,
        `See: emend log ${model.name}, emend drafts ${model.name}`,
      );
    }
    const draft = draftCalled(drafts, what!);
    const report = await app.call('edits.report', { model: model.id, draft: draft.id });
    context.out.line(
      `Draft ${shortDraft(draft.id)} of ${minute(draft.changed)} ` +
        `UTC${draft.stale ? ', for a version that is no longer the current one' : ''}`,
    );
    showReport(context.out, report);
    return { draft, report };
  },
});

/** A long number may also be the beginning of an id; it is an entry when there is one. */
function isEntry(what: string, entries: number): boolean {
  return /^\d+$/.test(what) && (what.length < 6 || Number(what) <= entries);
}

async function showEntry(out: Printer, { app, model }: InLibrary, seq: number): Promise<unknown> {
  const entry = await app.call('audit.entry', { model: model.id, seq });
  const of = entry.evidence.some(({ role }) => role === 'report') ? kindInfo(entry.kind).report : undefined;
  const report = of === 'edit' ? await app.call('edits.report', { model: model.id, entry: seq }) : undefined;
  const checked = of === 'check' ? await app.call('checks.report', { model: model.id, entry: seq }) : undefined;
  out.line(out.style.bold(`Entry ${entry.seq}: ${entry.kind}`));
  out.table([
    ['Time', `${minute(entry.time)} UTC`],
    ['Author', oneLine(entry.author)],
    ...(entry.seal ? [['Signed with', sealWords(entry.seal)]] : []),
    ...(entry.reason === '' ? [] : [['Reason', oneLine(entry.reason)]]),
    ['Recorded by', `${entry.app}; ${entry.engine}`],
    ['Hash', entry.hash],
    ['Entry before', entry.prev],
  ]);
  if (report) showReport(out, report);
  else showBody(out, entry);
  if (checked) showChecked(out, checked);
  const finding = 'look' in entry.body ? await showFinding(out, app, model.id, seq) : undefined;
  showEvidence(out, entry);
  for (const remark of entry.remarks)
    out.line(
      `Entry ${remark.entry}, ${minute(remark.time)}, ${oneLine(remark.author)}: ` +
        `${remark.kind}${remark.comment === '' ? '' : `: ${oneLine(remark.comment)}`}` +
        (remark.seal ? `; signed with ${sealWords(remark.seal)}` : ''),
    );
  return { ...entry, ...given({ report: report ?? checked, finding }) };
}

/** What a kind of entry holds, as recorded; checks as a table. */
function showBody(out: Printer, { body }: EntryView): void {
  out.heading('Recorded');
  const checks = v.safeParse(v.array(CheckSchema), body['checks']);
  const shown: readonly Check[] = checks.success ? checks.output : [];
  const rest = Object.entries(body).filter(([name]) => !(name === 'checks' && shown.length > 0));
  out.table(rest.flatMap(([name, value]) => fields(name, value)));
  if (shown.length > 0) {
    out.heading('Checks');
    showChecks(out, shown);
  }
}

/** Rows of a value as recorded: objects by their fields, long lists by their length. --json has all of it. */
function fields(name: string, value: unknown): string[][] {
  if (Array.isArray(value)) {
    const plain = value.every((one) => typeof one !== 'object' || one === null);
    return [[name, value.length === 0 ? 'none' : plain ? shorten(oneLine(value.join(', ')), VALUE_WIDTH) : counted(value.length, 'item')]];
  }
  if (typeof value === 'object' && value !== null) {
    if ('blob' in value) return []; // stands among the files
    return Object.entries(value).flatMap(([key, part]) => fields(`${name}.${key}`, part));
  }
  return [[name, shorten(oneLine(String(value)), VALUE_WIDTH)]];
}

function showEvidence(out: Printer, { evidence }: EntryView): void {
  if (evidence.length === 0) return;
  out.heading('Files beside the record');
  out.table(
    [
      ['role', 'type', 'size', 'SHA-256', ''],
      ...evidence.map((one) => [one.role, one.type, size(one.bytes), one.blob, one.present ? '' : out.style.bad('missing')]),
    ],
    { heading: true, right: [2] },
  );
}

function showVersion(out: Printer, version: Version, current: string, facts: readonly FactInForce[]): unknown {
  out.line(out.style.bold(`Version ${short(version.id)}${version.id === current ? ', the current one' : ''}`));
  out.table([
    ['Id', version.id],
    ['First made', `entry ${version.entry}, ${minute(version.time)} UTC`],
    ...(version.tags.length === 0 ? [] : [['Tags', version.tags.join(', ')]]),
    [
      'Edits in force',
      version.parts.length === 0 ? 'none: the model as imported' : version.parts.map((entry) => `entry ${entry}`).join(', '),
    ],
  ]);
  if (facts.length > 0) {
    out.heading(`In force: ${counted(facts.length, 'fact')}`);
    out.table(facts.map((fact) => [`entry ${fact.entry}`, factLine(fact)]));
  }
  if (version.reviews.length > 0) {
    out.heading('Reviews');
    out.table(
      version.reviews.map((one) => [
        `entry ${one.entry}`,
        minute(one.time),
        oneLine(one.author),
        one.verdict === 'approve' ? out.style.good('approved') : out.style.bad('rejected'),
        oneLine(one.comment),
      ]),
    );
  }
  return { ...version, current: version.id === current, facts };
}

/** The facts of a version's edits, the first applied first. */
function factsOf(
  { parts }: Version,
  timeline: readonly {
    readonly entry: number;
    readonly facts: readonly { readonly subject: string; readonly prompt: string; readonly target: string }[];
  }[],
): FactInForce[] {
  return parts.flatMap((entry) => timeline.find((moment) => moment.entry === entry)?.facts.map((fact) => ({ entry, ...fact })) ?? []);
}
