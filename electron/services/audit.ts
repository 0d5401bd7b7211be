import type { EntryView, Filter, Row as RowView, SealView } from '../../shared/contract/audit.ts';
import { EmendError } from '../../shared/errors.ts';
import type { RemarkKind } from '../../shared/kinds.ts';
import { written } from '../ledger/checkpoints.ts';
import { canonical } from '../storage/canonical.ts';
import { writeDurably } from '../storage/durable.ts';
import { isRemark, type Entry } from '../ledger/entries.ts';
import { readSigningKey } from '../ledger/keys.ts';
import { keyOf, sealerOf, sealRemark } from '../ledger/seals.ts';
import { explained } from '../storage/file-errors.ts';
import { disk } from '../storage/files.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Row } from '../ledger/log-index.ts';
import { given as known } from '../../shared/given.ts';
import type { Services, Surroundings } from './surroundings.ts';
import { logCsv } from './attest/log-csv.ts';
import { logHtml } from './attest/log-html.ts';
import { logTable } from './attest/log-table.ts';
import { aboutOf, evidenceOf, filterWords, loggedEntries, reviewOf, titleOf } from './logged.ts';
import { layoutsIn } from './attest/version-record.ts';
import { readGiven } from './given.ts';
import type { LibraryModel } from './library-model.ts';
import { version as appVersion } from './models.ts';
import { newFile } from './outputs.ts';
import { askedIn } from './policy.ts';
import type { Preferences } from './preferences.ts';
import { recordOf, verifyModel } from './verify-model.ts';

type Part = Pick<
  Services,
  | 'audit.list'
  | 'audit.facets'
  | 'audit.entry'
  | 'audit.evidence'
  | 'audit.open'
  | 'audit.note'
  | 'audit.approve'
  | 'audit.reject'
  | 'audit.verify'
  | 'audit.anchor'
  | 'audit.checkpoint'
  | 'audit.export'
>;

interface RemarkAsked {
  readonly model: string;
  readonly version: string;
  readonly entry?: number | undefined;
  readonly comment: string;
  /** The file of a key of its author's own. */
  readonly key?: string | undefined;
  readonly passphrase?: string | undefined;
}

const RESTORE = 'Verify it, and bring what is damaged back from a backup.';

/** Longest evidence that is shown as text (bytes). */
const SHOWN = 4_000_000;

/** Reading, reviewing and verifying the record. */
export function auditService({ models, engine, preferences, jobs, grants, print, tell }: Surroundings): Part {
  const remark =
    (kind: RemarkKind) =>
    async ({ model: name, version, entry, comment, key: handle, passphrase }: RemarkAsked) => {
      const model = await models.recorded(name);
      model.mustWrite();
      const about = entry === undefined ? model.ledger.history.find(version).id : versionAbout(model.ledger.entry(entry), model);
      const by = preferences.by(comment);
      const key = handle === undefined ? undefined : await readSigningKey(explained(disk), grants.path(handle), passphrase);
      const { seq, hash: head } = model.ledger.head;
      const seal = key && sealRemark(key, { kind, ...by, version: about, entry }, { seq, head });
      const made = await model.append(kind, { version: about, ...known({ entry, seal }) }, by);
      tell({ type: 'ledger', model: model.id });
      tell({ type: 'library' });
      return { entry: made.seq };
    };
  return {
    'audit.list': async ({ model: name, filter, offset, limit }) => {
      const { ledger } = await models.recorded(name);
      const { total, rows } = ledger.list({ ...withReview(filter, ledger), offset, limit });
      return { total, rows: rows.map((row) => rowView(row, ledger, preferences)) };
    },
    'audit.facets': async ({ model: name }) => {
      const { ledger } = await models.recorded(name);
      const { rows } = ledger.list();
      const waiting = rows.filter((row) => reviewOf(row, ledger) === 'none');
      const distinct = <T>(of: (row: Row) => readonly T[]) => [...new Set(rows.flatMap(of))].sort();
      return {
        authors: distinct((row) => [row.author]),
        methods: distinct((row) => (row.method === undefined ? [] : [row.method])),
        relations: distinct((row) => row.relations),
        kinds: distinct((row) => [row.kind]),
        waiting: waiting.length,
        unopened: waiting.filter((row) => !preferences.hasOpened(row.hash)).length,
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
    'audit.open': async ({ model: name, seq }) => {
      const { ledger } = await models.recorded(name);
      const entry = ledger.entry(seq);
      const version = 'version' in entry.body ? entry.body.version : undefined;
      if (reviewOf({ kind: entry.kind, ...known({ version }) }, ledger) !== undefined) await preferences.openEntry(entry.hash);
      return { opened: [...preferences.openedBy(entry.hash)] };
    },
    'audit.note': remark('note'),
    'audit.approve': remark('approve'),
    'audit.reject': remark('reject'),
    'audit.verify': async ({ model: name, record, against, digest, recompute }) => {
      const model = await models.recorded(name);
      const given = [
        ...(against === undefined ? [] : [await readGiven(grants.path(against))]),
        ...(digest === undefined ? [] : [{ from: 'the digest that was given', end: { seq: digest.seq, head: digest.hash } }]),
      ];
      return {
        job: jobs.start('audit.verify', `Verify ${model.name}`, model.id, async (control) => {
          const found = await verifyModel(model, control, { given, ...(recompute ? { recomputeWith: engine } : {}) });
          const { ledger } = model;
          const takesEntries = model.heldBy === undefined && !ledger.readOnly && ledger.damage.length === 0 && !ledger.newer[0];
          if (!record || !takesEntries || !found.head) return found;
          const { seq } = await model.append('verify', recordOf(found, given, model.places.folder), preferences.by(''));
          tell({ type: 'ledger', model: model.id });
          return { ...found, recorded: seq };
        }),
      };
    },
    'audit.anchor': async ({ model: name, reason }) => {
      const model = await models.recorded(name);
      model.mustWrite();
      return {
        job: jobs.start('audit.anchor', `Anchor the record of ${model.name}`, model.id, (control) =>
          model.exclusively(async () => {
            const { verdict, first } = await verifyModel(model, control);
            if (first)
              throw new EmendError('bad-file', `The record of ${model.name} is damaged, so it is not anchored. ${first.message}`, RESTORE);
            control.check();
            const isTold = model.ledger.entries.some((entry) => layoutsIn(entry).length > 0);
            const parts = isTold ? undefined : Buffer.from(canonical(await model.layout(() => control.check())));
            const layout = parts && (await model.ledger.blobs.put(parts, 'application/json'));
            const details = { provenBefore: verdict.upTo, ...(layout ? { layout } : {}) };
            const entry = await model.ledger.anchor(preferences.by(reason), details);
            tell({ type: 'ledger', model: model.id });
            tell({ type: 'library' });
            return { entry: entry.seq, verdict: (await verifyModel(model, control)).verdict };
          }),
        ),
      };
    },
    'audit.checkpoint': async ({ model: name, destination }) => {
      const model = await models.recorded(name);
      model.mustWrite();
      const checkpoint = await model.ledger.checkpoint();
      const { seq, head: hash, time } = checkpoint;
      if (destination === undefined) return { seq, hash, time };
      const path = newFile(grants.target(destination), true);
      await writeDurably(explained(disk), path, Buffer.from(written(checkpoint)));
      return { seq, hash, time, path };
    },
    'audit.export': async ({ model: name, format, filter, destination }) => {
      const model = await models.recorded(name);
      const path = grants.target(destination);
      if (format === 'pdf' && !print)
        throw new EmendError('unsupported', 'This host cannot print a PDF.', 'Export HTML and print it, or use the desktop application.');
      return {
        job: jobs.start('audit.export', `Export the log of ${model.name}`, model.id, async (control) => {
          const { rows } = model.ledger.list({ ...withReview(filter, model.ledger), order: filter.order ?? 'oldest' });
          const logged = loggedEntries(model.ledger, rows);
          const html = () =>
            logHtml(logged, {
              model: model.name,
              ...(filterWords(filter) === '' ? {} : { filter: filterWords(filter) }),
              head: model.ledger.head,
              app: appVersion(),
              time: new Date().toISOString(),
            });
          const content =
            format === 'csv'
              ? logCsv(logTable(logged))
              : format === 'json'
                ? `${JSON.stringify(
                    logged.map(({ entry }) => entry),
                    null,
                    2,
                  )}\n`
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

function rowView({ words: _, subjects, relations, ...row }: Row, ledger: Ledger, preferences: Preferences): RowView {
  const review = reviewOf(row, ledger);
  return {
    ...row,
    subjects: [...subjects],
    relations: [...relations],
    about: aboutOf(ledger.entry(row.seq), ledger),
    ...(review === undefined ? {} : { review, opened: [...preferences.openedBy(row.hash)] }),
  };
}

/** How a version was reviewed is no part of its entry, but of what came after. */
function withReview({ review, ...filter }: Filter, ledger: Ledger) {
  return review === undefined ? filter : { ...filter, also: (row: Row) => reviewOf(row, ledger) === review };
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
    .map((one) => ({
      entry: one.seq,
      kind: one.kind,
      time: one.time,
      author: one.author,
      comment: one.reason,
      ...sealView(one, model.ledger),
    }));
  const { prev, hash, kind, time, author, reason, app, engine, body } = entry;
  return {
    seq,
    prev,
    hash,
    kind,
    time,
    author,
    reason,
    app,
    engine,
    title: titleOf(entry),
    body: { ...body },
    evidence,
    remarks,
    ...sealView(entry, model.ledger),
  };
}

/** Whose signature a remark has, by the policies that the record knows. */
function sealView(entry: Entry, ledger: Ledger): { seal?: SealView } {
  if (!isRemark(entry) || !('seal' in entry.body) || !entry.body.seal) return {};
  const { kind, author, reason } = entry;
  const { seal, version, entry: about } = entry.body;
  const key = keyOf(seal);
  if (key === undefined) return {};
  const owner = askedIn(ledger).keys?.[key] ?? askedIn(ledger, entry.seq).keys?.[key];
  return { seal: { key, ...known({ owner }), fits: sealerOf({ kind, author, reason, version, entry: about }, seal) !== undefined } };
}
