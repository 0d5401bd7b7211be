import { randomUUID } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { mkdir, readdir, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Result } from '../../shared/contract.ts';
import { CHANGES_ALONE, type ExportFormat } from '../../shared/contract/exports.ts';
import { EmendError } from '../../shared/errors.ts';
import type { Jobs } from '../engine/jobs.ts';
import type { Review } from '../../shared/contract/versions.ts';
import { graphFile, otherGraphs } from '../engine/records.ts';
import { shortId } from '../../shared/ids.ts';
import { askedBy } from '../../shared/policy.ts';
import { rejectionsOf } from '../../shared/reviews.ts';
import type { BlobRef, FileRecord } from '../ledger/bodies.ts';
import type { BodyInput } from '../ledger/kinds/index.ts';
import type { By } from '../ledger/ledger.ts';
import { partsOf } from '../ledger/versions.ts';
import { disk } from '../storage/files.ts';
import { isReallyWithin, syncTree } from '../storage/folders.ts';
import { hashPieces } from '../storage/hash.ts';
import type { Services, Surroundings } from './surroundings.ts';
import { writeAttestations } from './attest/bundle.ts';
import { layoutsIn, type VersionRecord } from './attest/version-record.ts';
import { compareContents, needsDeltas } from './contents/index.ts';
import { loadOrCreateModelKey } from './attest/model-key.ts';
import type { JobControl } from './job-list.ts';
import { readLayout, type Layout } from './layout.ts';
import type { LibraryModel } from './library-model.ts';
import type { Model, ModelVersion } from './model.ts';
import { version as appVersion } from './models.ts';
import { newFolder } from './outputs.ts';
import { asPlain, plain } from './plain.ts';
import { exportHindrances, letOut, reviewed } from './policy.ts';
import { recordPolicy } from './policy-record.ts';
import { inStaging, putInPlace, removeUnfinished } from './staging.ts';
import { verifyExport } from './verify-export.ts';
import { Estimator } from './eta.ts';
import { mustBeLetOut } from './export-allowed.ts';
import { forgetPending, notePending } from './export-pending.ts';
import { given } from '../../shared/given.ts';

type Part = Pick<Services, 'exports.allowed' | 'exports.start' | 'exports.verify'>;

/** Exports that are being written begin with this, and lie beside where they are to be. */
const STAGING = '.emend-';

/** What is told of a whole folder: bytes that were replaced, and how a steering went in. */
type Written = Pick<Result<'exports.start'>, 'ranges' | 'steering' | 'others' | 'leftOut'>;

/** What is to be written, and where. */
interface Order {
  readonly format: ExportFormat;
  readonly target: string;
  /** Entries of the rejections that a person was told of. */
  readonly despite: readonly number[];
  readonly leavesOutOthers: boolean;
}

/** Versions out of Emend, and of models with a ledger what proves them. */
export function exportService({ models, engine, jobs, grants, preferences, places, tell }: Surroundings): Part {
  const hindrancesOf = (record: LibraryModel | undefined, version: string) =>
    record ? exportHindrances(reviewed(record.ledger, record.ledger.history.find(version)), preferences.settings, preferences.author) : [];
  const rejectionsFor = (record: LibraryModel | undefined, version: string): Review[] =>
    rejectionsOf(record?.ledger.history.reviews(version) ?? []).map((review) => ({ ...review }));
  return {
    'exports.allowed': async ({ model: name, version }) => {
      const model = await models.find(name);
      const [record, { id }] = [models.recordOf(model), model.at(version)];
      const reasons = hindrancesOf(record, id);
      const others = statSync(model.files).isDirectory() ? otherGraphs(graphFile(model.files)) : [];
      return { allowed: reasons.length === 0, reasons, rejections: rejectionsFor(record, id), others };
    },
    'exports.start': async ({ model: name, version: asked, format, destination, despite, leavesOutOthers }) => {
      const model = await models.find(name);
      model.mustWrite();
      const version = model.at(asked);
      const record = models.recordOf(model);
      const rejections = rejectionsFor(record, version.id);
      if (leavesOutOthers && format !== 'folder')
        throw new EmendError(
          'bad-input',
          'Other graphs can be left out of a whole folder alone; what this form writes has none.',
          'Leave the choice out, or export the whole folder.',
        );
      if (record)
        mustBeLetOut(model.name, reviewed(record.ledger, record.ledger.history.find(version.id)), preferences, rejections, despite);
      const known = rejections.map(({ entry }) => entry);
      const chosen = grants.target(destination);
      if (isReallyWithin(places.root, chosen))
        throw new EmendError('bad-input', `${chosen} lies in Emend's own data folder.`, 'Choose a folder elsewhere.');
      const target = newFolder(chosen);
      return {
        job: jobs.start('exports.start', `Export ${model.name}`, model.id, async (control) => ({
          ...(await model.exclusively(() => write(model, version, record, { format, target, despite: known, leavesOutOthers }, control))),
          handle: destination,
        })),
      };
    },
    'exports.verify': ({ source, publicKey }) => {
      const folder = grants.path(source);
      return {
        job: jobs.start('exports.verify', `Verify ${basename(folder)}`, undefined, async (control) => {
          const report = follow('files', control);
          const found = await verifyExport(folder, { report, ...given({ publicKey }) });
          const items = found.items.map(({ path, state, message }) => ({ item: path, ok: state !== 'problem', state, message }));
          return {
            ok: found.ok,
            verdict: found.verdict,
            ...(found.about ? { about: found.about } : {}),
            items,
            problems: items.filter((item) => !item.ok).map(({ item, message }) => ({ item, message })),
          };
        }),
      };
    },
  };

  /**
   * Writes beside the target under another name, attests that where there is a record, and renames at the end; then records it.
   * An export that cannot be recorded is taken back; one that lies in its place when the program is ended is recorded at the next opening.
   */
  async function write(
    model: Model,
    version: ModelVersion,
    record: LibraryModel | undefined,
    order: Order,
    control: JobControl,
  ): Promise<Omit<Result<'exports.start'>, 'handle'>> {
    const { target } = order;
    const above = dirname(target);
    try {
      await removeUnfinished(above, STAGING);
      return await inStaging(above, STAGING, async (staging) => {
        const staged = join(staging, basename(target));
        const written = await writeModel(version, order, staged, control);
        control.check();
        const attested = record && (await attest(record, version.id, order, staged, written, control));
        const { files, bytes } = attested ?? (await sizeOf(staged));
        await syncTree(disk, staged);
        control.check();
        if (existsSync(target)) await rmdir(target);
        await attested?.note();
        const entry = await putInPlace(staged, target, async () => attested?.append()).finally(() => attested?.settle());
        if (entry !== undefined) tell({ type: 'ledger', model: model.id });
        return { path: target, files, bytes, changed: [...version.changed()], ...given({ entry }), ...written };
      });
    } catch (error) {
      throw spoken(error, target);
    }
  }

  /** Lays the record and what proves it beside what was written. @returns how much there is, and what records it once it is in place */
  async function attest(
    model: LibraryModel,
    version: string,
    { format, target, despite }: Order,
    staged: string,
    { steering, others, leftOut }: Written,
    control: JobControl,
  ) {
    const { ledger } = model;
    await recordPolicy(model, preferences);
    const checkpoint = await ledger.checkpoint();
    // What was asked for when it was let out: a policy that is changed afterwards changes nothing of that.
    const { policy, thresholds } = preferences.settings;
    const asked = askedBy({ policy, thresholds });
    const one = reviewed(ledger, ledger.history.find(version), checkpoint.seq + 1);
    const rejections = rejectionsFor(model, version).filter(({ entry }) => entry <= checkpoint.seq);
    mustBeLetOut(model.name, one, { settings: { policy, thresholds }, author: preferences.author }, rejections, despite);
    const act = randomUUID();
    const claim = {
      act,
      letOut: letOut(one, { policy, thresholds }),
      ...(rejections.length > 0 ? { despite: rejections.map(({ entry }) => entry) } : {}),
      ...given({ others, leftOut }),
      ...(steering ? { steering: plain(steering) } : {}),
    };
    const evidence = await evidenceFor(model, version, format);
    const { files, written } = await writeAttestations(staged, {
      journal: await ledger.journal(),
      blobs: await Promise.all(evidence.map(async (ref) => ({ ref, bytes: await ledger.blobs.read(ref) }))),
      hold: (found, said) => mustBeRecorded(model, { format, staged, files: found, leftOut: leftOut ?? [] }, said, () => control.check()),
      checkpoint,
      version,
      format,
      key: preferences.key!,
      modelKey: await loadOrCreateModelKey(disk, places.keys),
      app: appVersion(),
      time: new Date().toISOString(),
      author: preferences.by('').author,
      claim: { ...claim, version, format, asked, ledger: { entries: checkpoint.seq, head: checkpoint.head } },
      report: follow('signing', control),
    });
    const by = preferences.by('');
    const details = { ...claim, attestations: [...written], policy: { ...policy, thresholds: { ...thresholds } }, upTo: checkpoint.seq };
    const body = { version, format, destination: basename(target), files: files.map((file) => ({ ...file })), details };
    return {
      files: files.length + written.length,
      bytes: files.reduce((sum, file) => sum + file.bytes, 0),
      note: () => notePending(model.places, preferences.key!, { act, staged, target, author: by.author, body }),
      append: () => appendExport(model, body, by),
      // One that lies in its place after a failure could not be taken back: the next opening records it.
      settle: async () => {
        const isRecorded = model.ledger.entries.some((entry) => entry.kind === 'export' && entry.body.details['act'] === act);
        if (isRecorded || !existsSync(target)) await forgetPending(model.places, act);
      },
    };
  }

  async function writeModel(
    version: ModelVersion,
    { format, leavesOutOthers }: Order,
    target: string,
    control: JobControl,
  ): Promise<Written> {
    const ref = await version.ref(control);
    if (format === 'folder') {
      const { changed, steering, others, leftOut } = await engine.run(
        'export',
        { model: ref, target, leavesOutOthers },
        withBytes(control),
      );
      return {
        ranges: [...changed],
        ...given({ steering: steering && asPlain(steering) }),
        ...(others.length > 0 && !version.isBase ? { others: [...others] } : {}),
        ...(leftOut.length > 0 ? { leftOut: [...leftOut] } : {}),
      };
    }
    if (version.isBase && CHANGES_ALONE.includes(format))
      throw new EmendError(
        'bad-input',
        `Version ${shortId(version.id)} is the import itself; there is no change to write.`,
        'Choose a version with an edit, or export the whole folder.',
      );
    if (version.isSteered && CHANGES_ALONE.includes(format))
      throw new EmendError(
        'unsupported',
        `Version ${shortId(version.id)} is steered while it runs, which its tensors alone do not say.`,
        'Export the whole folder, or save the steering by itself.',
      );
    await mkdir(target);
    const written = { model: ref, target, metadata: version.origin };
    const write: Readonly<Record<Exclude<ExportFormat, 'folder'>, () => Promise<Jobs['onnxFolder']['result']>>> = {
      onnx: () => engine.run('onnxFolder', { model: ref, target }, withBytes(control)),
      tensors: () => engine.run('tensorsFile', written, control),
      lora: () => engine.run('adapter', { ...written, deltas: version.deltas() }, control),
      gguf: () => engine.run('ggufAdapter', { ...written, deltas: version.deltas() }, control),
    };
    const { steering } = await write[format]();
    return given({ steering: steering && asPlain(steering) });
  }
}

/** Records an export. One whose entry stands although the disk did not confirm it is an export that is recorded. */
async function appendExport(model: LibraryModel, body: BodyInput<'export'>, by: By): Promise<number> {
  try {
    return (await model.append('export', body, by)).seq;
  } catch (error) {
    const stands = error instanceof EmendError ? error.details['stands'] : undefined;
    if (typeof stands !== 'number') throw error;
    model.tell({ what: 'export', message: (error as EmendError).message, hint: (error as EmendError).hint });
    return stands;
  }
}

/** The blobs that whoever gets an export needs to hold it against the record. */
async function evidenceFor(model: LibraryModel, version: string, format: ExportFormat): Promise<BlobRef[]> {
  const deltas = needsDeltas(format)
    ? partsOf(model.ledger.history.find(version)).flatMap((part) => model.contentOf(part).delta ?? [])
    : [];
  const refs = [...model.ledger.entries.flatMap(layoutsIn), ...deltas];
  return [...new Map(refs.map((ref) => [ref.blob, ref])).values()];
}

/**
 * Holds what was written against the record, before anything of it is signed.
 * @throws EmendError 'bad-file' naming the first file that is not what the record says
 */
async function mustBeRecorded(
  model: LibraryModel,
  written: {
    readonly format: ExportFormat;
    readonly staged: string;
    readonly files: readonly FileRecord[];
    readonly leftOut: readonly string[];
  },
  record: VersionRecord,
  check: () => void,
): Promise<void> {
  const deltas = partsOf(record.version).flatMap((part) => {
    const { delta } = model.contentOf(part);
    return delta ? [model.ledger.blobs.path(delta.blob)] : [];
  });
  const { format, staged, files, leftOut } = written;
  const { problems } = await compareContents(format, {
    folder: staged,
    files,
    leftOut,
    record,
    layout: () => layoutFor(model, record, check),
    deltas,
    written: undefined,
    check,
  });
  const [first] = problems;
  if (first)
    throw new EmendError(
      'bad-file',
      `This is not exported, since it is not what the record says. ${first.message}`,
      'The imported files may have changed since. Verify the model, and bring them back from a backup.',
      { problems: problems.map(({ message }) => message) },
    );
}

/** The parts of the imported files as recorded; where the record does not tell them, as they are, once known to be the import's. */
async function layoutFor(model: LibraryModel, record: VersionRecord, check: () => void): Promise<Layout> {
  const { ledger, places } = model;
  if (record.layout) return readLayout(await ledger.blobs.read(record.layout));
  const layout = await model.layout(check);
  for (const { path } of layout.files) {
    const { sha256 } = await hashPieces(disk.pieces(join(places.files, path)));
    const recorded = record.imported.body.model.files.find((file) => file.path === path)?.sha256;
    if (sha256 !== recorded)
      throw new EmendError(
        'bad-file',
        `The imported file ${path} changed: it hashes to ${sha256}; the import recorded ${recorded ?? 'no such file'}.`,
        'Verify the model, and bring the file back from a backup.',
        { path },
      );
  }
  return layout;
}

/** How many files lie in a folder, and how large they are together. */
async function sizeOf(folder: string): Promise<{ files: number; bytes: number }> {
  const entries = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const sizes = await Promise.all(entries.map(async (entry) => (await stat(join(entry.parentPath, entry.name))).size));
  return { files: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

function follow(phase: string, control: JobControl) {
  const estimator = new Estimator();
  return {
    progress: (done: number, total: number) => control.onProgress(estimator.next({ phase, done, total })),
    check: () => control.check(),
  };
}

function withBytes(control: JobControl): JobControl {
  return { ...control, onProgress: (progress) => control.onProgress({ ...progress, unit: 'bytes' }) };
}

function spoken(error: unknown, target: string): unknown {
  if (error instanceof EmendError || !(error instanceof Error) || !('code' in error)) return error;
  const hint =
    error.code === 'ENOSPC'
      ? 'The disk is full: free some space, or export elsewhere.'
      : 'Check that you may write there, or export elsewhere.';
  return new EmendError('failed', `Exporting to ${target} failed: ${error.message}. Nothing was changed.`, hint);
}
