import { createHash, randomUUID } from 'node:crypto';
import { constants, existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, open, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { EmendError } from '../../shared/errors.ts';
import type { Answer, Inspection, Jobs } from '../engine/jobs.ts';
import { readAnchor, settleAnchor } from '../ledger/anchor.ts';
import type { FileRecord } from '../ledger/bodies.ts';
import { canonical } from '../storage/canonical.ts';
import { ensureFolder } from '../storage/durable.ts';
import { explained } from '../storage/file-errors.ts';
import { disk, errno } from '../storage/files.ts';
import { syncTree } from '../storage/folders.ts';
import type { SigningKey } from '../ledger/keys.ts';
import type { By } from '../ledger/ledger.ts';
import { openLedger } from '../ledger/open.ts';
import { modelId } from '../ledger/versions.ts';
import { Estimator } from './eta.ts';
import type { JobControl } from './job-list.ts';
import type { Engine, JobRunner } from './jobs.ts';
import { layoutOf, type Layout } from './layout.ts';
import { ledgerIdentity } from './library-model.ts';
import type { Source } from './look.ts';
import { plain } from './plain.ts';
import { ModelPlaces, type Places } from './places.ts';
import { FileStamps } from './stamps.ts';
import { inStaging, putInPlace } from './staging.ts';
import type { Removed } from '../../shared/contract/library.ts';
import { given } from '../../shared/given.ts';
import { trialLimit, trialMemory, withinTime } from './trial-run.ts';

/** What an import needs. */
export interface ImportRequest {
  readonly source: Source;
  /** What to call it; asked once it is known to be another model than those that are there. */
  readonly name: () => Promise<string>;
  readonly places: Places;
  readonly engine: Engine;
  readonly key: SigningKey | undefined;
  /** Begin a new record although the anchor of an earlier one is there, whose record is gone. */
  readonly anew: boolean;
  readonly by: By;
  /** Records of the same model that were taken out of the library, the longest first. */
  readonly removedOf: (id: string) => readonly Removed[];
  /** Models that are there already, by the sizes of their files: only then is it worth hashing before copying. */
  readonly isKnown: (id: string) => boolean;
  readonly mayBeKnown: boolean;
}

/** What the trial run asks. */
const TRIAL = 'The';
const PIECE = 1 << 20;

/**
 * Copies a model into the library and begins its ledger. Everything grows in a folder of its own; the rename at the end is the moment it is
 * there.
 * @returns the new model's folder, or the id of the same model that is there already
 * @throws EmendError 'cancelled' having left nothing behind; 'failed' when the disk refuses
 */
export async function importModel(
  request: ImportRequest,
  control: JobControl,
): Promise<{ folder: string; id: string } | { known: string }> {
  const { source, places, engine } = request;
  try {
    if (request.mayBeKnown) {
      const id = modelId(await hashAll(source, control));
      if (request.isKnown(id)) return { known: id };
      mustNotBeRemoved(request, id);
    }
    const name = await request.name();
    return await inStaging(places.incoming, '', async (incoming) => {
      const staged = new ModelPlaces(join(incoming, 'new'));
      const records = await copyAll(source, staged.files, control);
      const id = modelId(records);
      if (request.isKnown(id)) return { known: id };
      mustNotBeRemoved(request, id);
      const folder = join(places.models, id.slice(0, 16));
      if (existsSync(folder) || (await passLostRecord(request, folder)) === 'arrived') return { known: id };
      const bytes = records.reduce((sum, { bytes: its }) => sum + its, 0);
      const { anatomy, trial, ranges } = await engine.apart({ memory: trialMemory(bytes) }, (apart) =>
        withinTime(trialLimit(bytes), control.signal, (signal) => tryModel(apart, staged.files, { ...control, signal })),
      );
      const layout = await layoutOf(staged.files, ranges, () => control.check());
      control.check();
      await beginLedger(staged, { ...request, name }, id, records, { anatomy, trial, layout });
      await new FileStamps(staged.files, staged.stamps, false).remember(records);
      await ensureFolder(explained(disk), places.models);
      control.check();
      return await putInPlace(staged.folder, folder, async () => {
        if (request.key) await settleAnchor(explained(disk), new ModelPlaces(folder).ledger, places.anchor(basename(folder)), request.key);
        return { folder, id };
      }).catch((error: unknown) => {
        if (isOccupied(error)) return { known: id }; // another process imported it in the meantime
        throw error;
      });
    });
  } catch (error) {
    throw spoken(error, source.root);
  }
}

/** What a model is, and what it says: it may be made to do harm when it is opened. */
async function tryModel(
  engine: JobRunner,
  folder: string,
  { signal, onProgress }: Pick<JobControl, 'signal' | 'onProgress'>,
): Promise<{ anatomy: Inspection; trial: Answer; ranges: Jobs['ranges']['result']['files'] }> {
  const model = { folder };
  onProgress({ phase: 'examining', done: 0, total: 2, secondsLeft: undefined });
  const anatomy = await engine.run('inspect', { model }, { signal });
  onProgress({ phase: 'trial run', done: 1, total: 2, secondsLeft: undefined });
  const sampling = { temperature: 0, topK: 0, topP: 1, repetitionPenalty: 1, seed: 0 };
  const trial = await engine.run('ask', { model, prompt: TRIAL, top: 5, maxTokens: 5, sampling }, { signal });
  refuseNonsense(trial);
  const { files: ranges } = await engine.run('ranges', { model }, { signal });
  return { anatomy, trial, ranges };
}

/** @throws EmendError 'unsupported' when the trial run's probabilities are no numbers */
function refuseNonsense({ next }: Answer): void {
  if (next.every(({ probability }) => Number.isFinite(probability))) return;
  throw new EmendError(
    'unsupported',
    `The model was read, but its trial run on "${TRIAL}" gives no numbers.`,
    'Its weights may be damaged, or it is put together otherwise than it seems. Take another copy, or an ONNX export of it.',
  );
}

/** @throws EmendError 'bad-input' that names the record that was removed, unless the person asked for a new one */
function mustNotBeRemoved({ removedOf, anew }: ImportRequest, id: string): void {
  const [longest, ...others] = anew ? [] : removedOf(id);
  if (!longest) return;
  const { name, entries, imported, removed } = longest;
  throw new EmendError(
    'bad-input',
    `This model was in the library as ${name} and was removed; its record of ${entries} ${entries === 1 ? 'entry' : 'entries'}` +
      `${imported === undefined ? '' : `, begun ${imported.slice(0, 10)},`} is kept` +
      `${others.length > 0 ? `, and ${others.length} other of it` : ''}.`,
    `Bring it back: in the library under “Removed”, or emend restore ${removed}. To begin a new record instead: ` +
      'emend import --new-record.',
    { removed },
  );
}

/**
 * An anchor without its record: somebody took the record away. It is not begun anew unless the person says so; the old anchor is kept.
 * @param folder where the record would lie
 * @returns 'arrived' when another process has put it there since: an anchor is written after its record is in place
 * @throws EmendError 'bad-input'
 */
async function passLostRecord({ places, anew }: ImportRequest, folder: string): Promise<'arrived' | undefined> {
  const files = explained(disk);
  const name = basename(folder);
  const path = places.anchor(name);
  const anchor = await readAnchor(files, path);
  if (!anchor?.last) return undefined;
  if (existsSync(folder)) return 'arrived';
  const { seq, head } = anchor.last;
  if (!anew)
    throw new EmendError(
      'bad-input',
      `There was a record of this model with ${seq} ${seq === 1 ? 'entry' : 'entries'} until ${anchor.time}, and it is not in the ` +
        `library any more: there is no ${folder}.`,
      'Bring that folder back from a backup. To begin a new record instead: emend import --new-record.',
      { entries: seq, head },
    );
  const aside = join(places.removedAnchors, `lost-${name}-${randomUUID().slice(0, 8)}.json`);
  await ensureFolder(files, dirname(aside));
  await files.rename(path, aside);
  await files.syncFolder(dirname(path));
  return undefined;
}

async function beginLedger(
  staged: ModelPlaces,
  { key, by, name, places }: Omit<ImportRequest, 'name'> & { readonly name: string },
  id: string,
  records: readonly FileRecord[],
  { anatomy, trial, layout }: { anatomy: Inspection; trial: Answer; layout: Layout },
): Promise<void> {
  const folder = id.slice(0, 16);
  const anchor = { file: places.anchor(folder), id: folder, isStaged: true };
  const ledger = await openLedger(staged.ledger, { ...ledgerIdentity(), create: true, anchor, ...given({ key }) });
  try {
    const parts = await ledger.blobs.put(Buffer.from(canonical(layout)), 'application/json');
    // Where it lay during the import says nothing about the model.
    await ledger.append(
      'import',
      {
        model: { id, name, files: [...records] },
        anatomy: plain({ ...anatomy, folder: undefined, layout: parts }),
        trial: plain({ prompt: trial.prompt, next: trial.next, text: trial.text }),
      },
      by,
    );
  } finally {
    await ledger.close();
  }
}

async function hashAll(source: Source, control: JobControl): Promise<FileRecord[]> {
  const told = teller('hashing', source.bytes, control);
  const records: FileRecord[] = [];
  for (const { path } of source.files) records.push({ path, ...(await readThrough(join(source.root, path), undefined, told, control)) });
  return records;
}

/** Copies every file, hashing what is read on the way; a file system that can share blocks gets a clone, which is hashed afterwards. */
async function copyAll(source: Source, target: string, control: JobControl): Promise<FileRecord[]> {
  const told = teller('copying', source.bytes, control);
  const records: FileRecord[] = [];
  for (const { path } of source.files) {
    control.check();
    const [from, to] = [join(source.root, path), join(target, path)];
    await mkdir(dirname(to), { recursive: true });
    const isClone = await copyFile(from, to, constants.COPYFILE_FICLONE_FORCE).then(
      () => true,
      () => false,
    );
    records.push({ path, ...(await readThrough(isClone ? to : from, isClone ? undefined : to, told, control)) });
    await chmod(to, 0o444);
  }
  await syncTree(disk, target);
  return records;
}

/** Reads a file once: hashes it, and writes what was read to `to`. */
async function readThrough(
  from: string,
  to: string | undefined,
  told: (bytes: number) => void,
  control: JobControl,
): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  const source = await open(from, 'r');
  let sink: FileHandle | undefined;
  let bytes = 0;
  try {
    if (to !== undefined) sink = await open(to, 'wx', 0o644);
    const piece = Buffer.allocUnsafe(PIECE);
    for (;;) {
      control.check();
      const { bytesRead } = await source.read(piece, 0, piece.length);
      if (bytesRead === 0) break;
      const part = piece.subarray(0, bytesRead);
      hash.update(part);
      await sink?.writeFile(part);
      bytes += bytesRead;
      told(bytesRead);
    }
    await sink?.sync();
  } finally {
    await source.close();
    await sink?.close();
  }
  return { bytes, sha256: hash.digest('hex') };
}

/** Tells how far reading is, in bytes of all files. */
function teller(phase: string, total: number, control: JobControl): (bytes: number) => void {
  const estimator = new Estimator();
  let done = 0;
  control.onProgress({ ...estimator.next({ phase, done, total }), unit: 'bytes' });
  return (bytes) => {
    done += bytes;
    control.onProgress({ ...estimator.next({ phase, done, total }), unit: 'bytes' });
  };
}

/** Whether a folder with something in it lies where one was to be moved. */
function isOccupied(error: unknown): boolean {
  return ['ENOTEMPTY', 'EEXIST'].includes(errno(error) ?? '');
}

/** What the system says of a disk, in words. */
function spoken(error: unknown, what: string): unknown {
  if (error instanceof EmendError || !(error instanceof Error) || !('code' in error)) return error;
  const hints: Record<string, string> = {
    ENOSPC: 'The disk is full: free some space, or choose another data folder in the settings.',
    EACCES: 'Check that you may read the model and write to the data folder.',
    EPERM: 'Check that you may read the model and write to the data folder.',
  };
  return new EmendError(
    'failed',
    `Importing ${what} failed: ${error.message}. Nothing was changed.`,
    hints[String(error.code)] ?? 'Check the disk, then try again.',
  );
}
