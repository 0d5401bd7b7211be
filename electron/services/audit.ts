import { join } from 'node:path';
import type { EntryView, Row as RowView, Verification } from '../../shared/contract/audit.ts';
import { EmendError } from '../../shared/errors.ts';
import type { RemarkKind } from '../../shared/kinds.ts';
import { shortId } from '../../shared/ids.ts';
import { blobsIn, BlobRefSchema, type BlobRef } from '../ledger/bodies.ts';
import { readCheckpoint, type Checkpoint } from '../ledger/checkpoints.ts';
import { writeDurably } from '../storage/durable.ts';
import { isRemark, type Entry } from '../ledger/entries.ts';
import { explained } from '../storage/file-errors.ts';
import { disk } from '../storage/files.ts';
import { hashPieces } from '../storage/hash.ts';
import { toldBy } from '../ledger/kinds/index.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Row } from '../ledger/log-index.ts';
import type { Version } from '../ledger/versions.ts';
import * as v from 'valibot';
import type { Services, Surroundings } from './surroundings.ts';
import { FILES, FOLDER as ATTESTATIONS } from './attest/bundle.ts';
import { listFolder } from '../storage/folders.ts';
import { logCsv } from './attest/log-csv.ts';
import { logHtml, type LogTable } from './attest/log-html.ts';
import { Estimator } from './eta.ts';
import { misstated } from './findings.ts';
import type { JobControl } from './job-list.ts';
import type { LibraryModel } from './library-model.ts';
import { version as appVersion } from './models.ts';
import { given } from '../../shared/given.ts';

type Part = Pick<
  Services,
  | 'audit.list'
  | 'audit.facets'
  | 'audit.entry'
  | 'audit.evidence'
  | 'audit.note'
  | 'audit.approve'
  | 'audit.reject'
  | 'audit.verify'
  | 'audit.export'
>;

/** Longest evidence that is shown as text (bytes). */
const SHOWN = 4_000_000;

/** Reading, reviewing and verifying the record. */
export function auditService({ models, preferences, jobs, grants, print, tell }: Surroundings): Part {
  const remark =
    (kind: RemarkKind) =>
    async ({ model: name, version, entry, comment }: { model: string; version: string; entry?: number | undefined; comment: string }) => {
      const model = await models.recorded(name);
      model.mustWrite();
      const about = entry === undefined ? model.ledger.history.find(version).id : versionAbout(model.ledger.entry(entry), model);
      const made = await model.append(kind, { version: about, ...given({ entry }) }, preferences.by(comment));
      tell({ type: 'ledger', model: model.id });
      tell({ type: 'library' });
      return { entry: made.seq };
    };
  return {
    'audit.list': async ({ model: name, filter, offset, limit }) => {
      const { ledger } = await models.recorded(name);
      const { total, rows } = ledger.list({ ...filter, offset, limit });
      return { total, rows: rows.map((row) => rowView(row, ledger)) };
    },
    'audit.facets': async ({ model: name }) => {
      const { rows } = (await models.recorded(name)).ledger.list();
      const distinct = <T>(of: (row: Row) => readonly T[]) => [...new Set(rows.flatMap(of))].sort();
      return {
        authors: distinct((row) => [row.author]),
        methods: distinct((row) => (row.method === undefined ? [] : [row.method])),
        relations: distinct((row) => row.relations),
        kinds: distinct((row) => [row.kind]),
      };
    },
    'audit.entry': async ({ model: name, seq }) => entryView(await models.recorded(name), seq),
    'audit.evidence': async ({ model: name, seq, role }) => {
      const model = await models.recorded(name);
      const ref = evidenceOf(model.ledger.entry(seq)).get(role);
      if (!ref)
        throw new EmendError('not-found', `Entry ${seq} has no evidence ${JSON.stringify(role)}.`, 'Choose one that the entry lists.');
      if (!/^(text\/|application\/json)/.test(ref.type) || ref.bytes > SHOWN) return { type: ref.type, bytes: ref.bytes };
      return { type: ref.type, bytes: ref.bytes, text: Buffer.from(await model.ledger.blobs.read(ref)).toString('utf8') };
    },
    'audit.note': remark('note'),
    'audit.approve': remark('approve'),
    'audit.reject': remark('reject'),
    'audit.verify': async ({ model: name, record, against: handle }) => {
      const model = await models.recorded(name);
      const against = handle === undefined ? undefined : await exportedEnd(grants.path(handle));
      return {
        job: jobs.start('audit.verify', `Verify ${model.name}`, model.id, async (control) => {
          const found = await verify(model, control, against);
          if (record && model.heldBy === undefined && !model.ledger.readOnly && model.ledger.damage.length === 0 && found.head) {
            const problems = found.problems.map(({ entry, what, message }) => ({ ...given({ entry }), what, message }));
            await model.append(
              'verify',
              {
                upTo: found.head.seq,
                head: found.head.hash,
                ok: found.ok,
                problems,
                details: {
                  checkpoints: found.checkpoints,
                  blobs: found.blobs,
                  files: found.files,
                  tensors: found.tensors,
                  ...(against ? { against: { seq: against.checkpoint.seq, head: against.checkpoint.head } } : {}),
                },
              },
              preferences.by(''),
            );
            tell({ type: 'ledger', model: model.id });
          }
          return found;
        }),
      };
    },
    'audit.export': async ({ model: name, format, filter, destination }) => {
      const model = await models.recorded(name);
      const path = grants.target(destination);
      if (format === 'pdf' && !print)
        throw new EmendError('unsupported', 'This host cannot print a PDF.', 'Export HTML and print it, or use the desktop application.');
      return {
        job: jobs.start('audit.export', `Export the log of ${model.name}`, model.id, async (control) => {
          const { rows } = model.ledger.list({ ...filter, order: filter.order ?? 'oldest' });
          const entries = rows.map((row) => model.ledger.entry(row.seq));
          const html = () =>
            logHtml(logTable(rows, entries), {
              model: model.name,
              ...(Object.keys(filter).length === 0 ? {} : { filter: JSON.stringify(filter) }),
              head: model.ledger.head,
              app: appVersion(),
              time: new Date().toISOString(),
            });
          const content =
            format === 'csv'
              ? logCsv(logTable(rows, entries))
              : format === 'json'
                ? `${JSON.stringify(entries, null, 2)}\n`
                : format === 'html'
                  ? html()
                  : await print!(html());
          const bytes = typeof content === 'string' ? Buffer.from(content) : content;
          control.check();
          await writeDurably(explained(disk), path, bytes);
          return { path, handle: destination, rows: rows.length, bytes: bytes.length };
        }),
      };
    },
  };
}

/** The version that an entry made or is about; for a verification the current one. */
function versionAbout({ body }: Entry, model: LibraryModel): string {
  return 'version' in body ? body.version : model.ledger.history.current.id;
}

function rowView({ words: _, subjects, relations, ...row }: Row, ledger: Ledger): RowView {
  const { about } = toldBy(ledger.entry(row.seq));
  return { ...row, subjects: [...subjects], relations: [...relations], ...(about === undefined ? {} : { about: about.join(' → ') }) };
}

/** Every blob that an entry names, under a name for people: its field, or its role among the evidence. */
function evidenceOf({ body }: Entry): Map<string, BlobRef> {
  const found = new Map<string, BlobRef>();
  for (const [field, value] of Object.entries(body)) {
    if (v.is(BlobRefSchema, value)) found.set(field, value);
    else if (field === 'evidence') for (const [role, ref] of Object.entries(value as Record<string, BlobRef>)) found.set(role, ref);
  }
  for (const ref of blobsIn(body)) if (![...found.values()].some((known) => known.blob === ref.blob)) found.set(shortId(ref.blob), ref);
  return found;
}

async function entryView(model: LibraryModel, seq: number): Promise<EntryView> {
  const entry = model.ledger.entry(seq);
  const evidence = await Promise.all(
    [...evidenceOf(entry)].map(async ([role, ref]) => ({ role, ...ref, present: await model.ledger.blobs.has(ref) })),
  );
  const version = 'version' in entry.body ? entry.body.version : undefined;
  const remarks = model.ledger.entries
    .filter(isRemark)
    .filter((one) => one.seq !== seq)
    .filter((one) => one.body.entry === seq || (one.body.entry === undefined && one.body.version === version))
    .map((one) => ({ entry: one.seq, kind: one.kind, time: one.time, author: one.author, comment: one.reason }));
  const { prev, hash, kind, time, author, reason, app, engine, body } = entry;
  return { seq, prev, hash, kind, time, author, reason, app, engine, body: { ...body }, evidence, remarks };
}

/** What an export says of the record's end when it was made. It lies elsewhere, so nobody can cut it off together with the journal. */
interface ExportedEnd {
  readonly path: string;
  readonly checkpoint: Checkpoint;
}

/** @param folder of an export @throws EmendError 'not-found', 'bad-file' */
async function exportedEnd(folder: string): Promise<ExportedEnd> {
  const path = join(folder, ATTESTATIONS, FILES.checkpoint);
  if ((await disk.stat(path)) === undefined)
    throw new EmendError(
      'not-found',
      `${folder} is no export of Emend: there is no ${path}.`,
      'Choose the folder of an export of this model.',
      { path },
    );
  return { path: folder, checkpoint: await readCheckpoint(explained(disk), path) };
}

/** Reads everything anew: the ledger by itself, then the imported files, then every version's tensors, rebuilt from the import. */
async function verify(model: LibraryModel, control: JobControl, against: ExportedEnd | undefined): Promise<Verification> {
  const estimator = new Estimator();
  const follow = (phase: string) => ({
    progress: (done: number, total: number) => control.onProgress(estimator.next({ phase, done, total })),
    check: () => control.check(),
  });
  const ledger = await model.ledger.verify(against ? { checkpoints: [against.checkpoint] } : {}, follow('ledger'));
  const problems: Verification['problems'] = ledger.entries.flatMap((entry) =>
    entry.problems.map(({ what, message }) => ({ entry: entry.seq, what, message })),
  );
  for (const { entry, message } of await misstated(model.ledger)) problems.push({ entry, what: 'blob', message });
  const [first] = model.ledger.entries;
  const files = first?.kind === 'import' ? first.body.model.files : [];
  const progress = follow('imported files');
  for (const [done, file] of files.entries()) {
    progress.check();
    progress.progress(done, files.length);
    const path = join(model.places.files, file.path);
    const found = (await disk.stat(path)) === undefined ? undefined : await hashPieces(disk.pieces(path));
    if (!found) problems.push({ entry: 1, what: 'file', message: `The imported file ${file.path} is missing.` });
    else if (found.sha256 !== file.sha256)
      problems.push({
        entry: 1,
        what: 'file',
        message:
          `The imported file ${file.path} changed: it hashes to ${found.sha256} (${found.bytes} bytes); ` +
          `the import recorded ${file.sha256} (${file.bytes} bytes).`,
      });
  }
  const recorded = new Set(files.map((file) => file.path));
  // then every file is missing, which was told
  const { files: there, others } = await listFolder(model.places.files, { links: 'apart' }).catch(() => ({ files: [], others: [] }));
  for (const path of [...there, ...others])
    if (first?.kind === 'import' && !recorded.has(path))
      problems.push({ entry: 1, what: 'file', message: `The file ${path} lies among the imported ones and was not imported.` });
  progress.progress(files.length, files.length);
  const tensors = problems.length > 0 ? 0 : await verifyVersions(model, problems, control);
  const head = ledger.head && { seq: ledger.head.seq, hash: ledger.head.hash };
  problems.sort((a, b) => (a.entry ?? 0) - (b.entry ?? 0));
  return {
    ok: problems.length === 0,
    time: new Date().toISOString(),
    ...given({ head }),
    entries: ledger.entries.map(({ seq, kind, hash }) => ({
      seq,
      ...given({ kind, hash }),
      problems: problems.filter((one) => one.entry === seq).map((one) => one.message),
    })),
    ...(problems[0] ? { first: problems[0] } : {}),
    ...(against ? { against: { path: against.path, seq: against.checkpoint.seq, time: against.checkpoint.time } } : {}),
    problems,
    checkpoints: ledger.checkpoints,
    blobs: ledger.blobs.named,
    files: files.length,
    tensors,
  };
}

/** Rebuilds every version there was, each once. @returns how many tensors were hashed */
async function verifyVersions(model: LibraryModel, problems: Verification['problems'], control: JobControl): Promise<number> {
  const versions = new Map<string, { version: Version; entry: number }>();
  for (const { version, entry } of model.ledger.history.moments)
    if (!versions.has(version.id)) versions.set(version.id, { version, entry });
  let tensors = 0;
  for (const [done, { version, entry }] of [...versions.values()].entries()) {
    control.check();
    control.onProgress({ phase: 'rebuilt versions', done, total: versions.size, secondsLeft: undefined });
    try {
      const proof = await model.proveAnew(version, { signal: control.signal });
      tensors += proof.tensors;
      if (proof.wasDamaged)
        problems.push({
          entry,
          what: 'tensors',
          message:
            `The kept tensors of version ${shortId(version.id)} were damaged; ` +
            'they were rebuilt from the import and its edits, and are right again.',
        });
    } catch (error) {
      if (!(error instanceof EmendError) || error.code === 'cancelled' || error.code === 'crashed') throw error;
      problems.push({ entry, what: 'tensors', message: error.message });
    }
  }
  control.onProgress({ phase: 'rebuilt versions', done: versions.size, total: versions.size, secondsLeft: undefined });
  return tensors;
}

/** The log as a table: one row an entry, one column a field that people ask for. */
function logTable(rows: readonly Row[], entries: readonly Entry[]): LogTable {
  const columns = [
    'entry',
    'time',
    'author',
    'kind',
    'reason',
    'version',
    'method',
    'about',
    'facts',
    'checks',
    'result',
    'changed tensors',
    'app',
    'engine',
    'previous hash',
    'hash',
  ];
  return {
    columns,
    rows: rows.map((row, at) => {
      const entry = entries[at]!;
      const { body, prev, app, engine } = entry;
      const facts =
        'facts' in body
          ? body.facts.map(
              (fact) =>
                `${fact.prompt.replace('{}', fact.subject)} ` +
                `${fact.previousTarget === undefined ? '' : `${fact.previousTarget} → `}${fact.target}`,
            )
          : [];
      const checks = 'checks' in body ? body.checks.map((check) => `${check.name} ${Number(check.value.toPrecision(4))}`) : [];
      const changed = 'changed' in body ? body.changed.map((one) => `${one.tensor} ${one.after}`) : [];
      return [
        String(row.seq),
        row.time,
        row.author,
        row.kind,
        row.reason,
        row.version ?? '',
        row.method ?? '',
        toldBy(entry).about?.join(' → ') ?? '',
        facts.join('; '),
        checks.join('; '),
        row.verdict === 'none' ? '' : row.verdict,
        changed.join('; '),
        app,
        engine,
        prev,
        row.hash,
      ];
    }),
  };
}
