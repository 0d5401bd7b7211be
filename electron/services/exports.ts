import { existsSync } from 'node:fs';
import { mkdir, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Result } from '../../shared/contract.ts';
import type { ExportFormat } from '../../shared/contract/exports.ts';
import { EmendError } from '../../shared/errors.ts';
import { shortId } from '../../shared/ids.ts';
import { disk } from '../storage/files.ts';
import { isWithin, refuseOccupied, syncTree } from '../storage/folders.ts';
import { partsOf, type Version } from '../ledger/versions.ts';
import type { Services, Surroundings } from './surroundings.ts';
import { writeAttestations } from './attest/bundle.ts';
import { loadOrCreateModelKey } from './attest/model-key.ts';
import type { JobControl } from './job-list.ts';
import type { LibraryModel } from './library-model.ts';
import { version as appVersion } from './models.ts';
import { exportHindrances, reviewed } from './policy.ts';
import { inStaging, putInPlace, removeUnfinished } from './staging.ts';
import { verifyExport } from './verify-export.ts';
import { Estimator } from './eta.ts';

type Part = Pick<Services, 'exports.allowed' | 'exports.start' | 'exports.verify'>;

/** Exports that are being written begin with this, and lie beside where they are to be. */
const STAGING = '.emend-';

/** Versions out of the library, with what proves them. */
export function exportService({ library, engine, jobs, grants, preferences, places, tell }: Surroundings): Part {
  return {
    'exports.allowed': async ({ model: name, version }) => {
      const model = await library.find(name);
      const reasons = exportHindrances(reviewed(model, model.ledger.history.find(version)), preferences.settings, preferences.author);
      return { allowed: reasons.length === 0, reasons };
    },
    'exports.start': async ({ model: name, version: asked, format, destination }) => {
      const model = await library.find(name);
      model.mustWrite();
      const version = model.ledger.history.find(asked);
      const [hindrance] = exportHindrances(reviewed(model, version), preferences.settings, preferences.author);
      if (hindrance !== undefined)
        throw new EmendError(
          'bad-input',
          `${model.name} ${shortId(version.id)} is not exported: ${hindrance}`,
          'Do what the policy asks for, or change the policy in the settings.',
          { version: version.id },
        );
      const target = grants.target(destination);
      refuseTarget(target, places.root);
      return {
        job: jobs.start('exports.start', `Export ${model.name}`, model.id, (control) =>
          model.exclusively(() => write(model, version, format, target, destination, control)),
        ),
      };
    },
    'exports.verify': ({ source, publicKey }) => {
      const folder = grants.path(source);
      return {
        job: jobs.start('exports.verify', `Verify ${basename(folder)}`, undefined, async (control) => {
          const report = follow('files', control);
          const found = await verifyExport(folder, { report, ...(publicKey === undefined ? {} : { publicKey }) });
          const items = found.items.map(({ path, state, message }) => ({ item: path, ok: state !== 'problem', message }));
          return { ok: found.ok, items, problems: items.filter((item) => !item.ok).map(({ item, message }) => ({ item, message })) };
        }),
      };
    },
  };

  /** Writes beside the target under another name, signs, and renames at the end; then records it. An export that cannot be recorded is taken back. */
  async function write(
    model: LibraryModel,
    version: Version,
    format: ExportFormat,
    target: string,
    handle: string,
    control: JobControl,
  ): Promise<Result<'exports.start'>> {
    const key = preferences.key!;
    const above = dirname(target);
    try {
      await removeUnfinished(above, STAGING);
      return await inStaging(above, STAGING, async (staging) => {
        const staged = join(staging, basename(target));
        await writeModel(model, version, format, staged, control);
        control.check();
        const { ledger } = model;
        const checkpoint = await ledger.checkpoint();
        const { files, written } = await writeAttestations(staged, {
          journal: await ledger.journal(),
          checkpoint,
          version: version.id,
          format,
          key,
          modelKey: await loadOrCreateModelKey(disk, places.keys),
          app: appVersion(),
          time: new Date().toISOString(),
          report: follow('signing', control),
        });
        await syncTree(disk, staged);
        control.check();
        if (existsSync(target)) await rmdir(target);
        const record = {
          version: version.id,
          format,
          destination: basename(target),
          files: files.map((file) => ({ ...file })),
          details: { attestations: [...written] },
        };
        const entry = await putInPlace(staged, target, () => model.append('export', record, preferences.by('')));
        tell({ type: 'ledger', model: model.id });
        const changed = [...(model.hashes.versions.get(version.id)?.keys() ?? [])].filter(
          (tensor) => model.hashes.versions.get(version.id)?.get(tensor) !== model.hashes.base.get(tensor),
        );
        return {
          entry: entry.seq,
          path: target,
          handle,
          files: files.length + written.length,
          bytes: files.reduce((sum, file) => sum + file.bytes, 0),
          changed,
        };
      });
    } catch (error) {
      throw spoken(error, target);
    }
  }

  async function writeModel(
    model: LibraryModel,
    version: Version,
    format: ExportFormat,
    target: string,
    control: JobControl,
  ): Promise<void> {
    const ref = await model.ref(version, control);
    if (format === 'folder') return void (await engine.run('export', { model: ref, target }, withBytes(control)));
    if (version.parts === 0)
      throw new EmendError(
        'bad-input',
        `Version ${shortId(version.id)} is the import itself; there is no change to write.`,
        'Choose a version with an edit, or export the whole folder.',
      );
    await mkdir(target);
    const metadata = { emend_model: model.id, emend_version: version.id };
    if (format === 'tensors') return void (await engine.run('tensorsFile', { model: ref, target, metadata }, control));
    const deltas = partsOf(version).map((part) => model.ledger.blobs.path(model.deltaOf(part).blob));
    await engine.run('adapter', { model: ref, deltas, target, metadata }, control);
  }
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

/** @throws EmendError 'bad-input' when something lies at the target, its folder is missing, or it lies in the library */
function refuseTarget(target: string, library: string): void {
  const above = dirname(target);
  if (!existsSync(above))
    throw new EmendError('bad-input', `There is no folder ${above} to export into.`, 'Make the folder first, or choose another.');
  if (isWithin(library, target))
    throw new EmendError('bad-input', `${target} lies in Emend's own data folder.`, 'Choose a folder elsewhere.');
  refuseOccupied(target);
}

function spoken(error: unknown, target: string): unknown {
  if (error instanceof EmendError || !(error instanceof Error) || !('code' in error)) return error;
  const hint =
    error.code === 'ENOSPC'
      ? 'The disk is full: free some space, or export elsewhere.'
      : 'Check that you may write there, or export elsewhere.';
  return new EmendError('failed', `Exporting to ${target} failed: ${error.message}. Nothing was changed.`, hint);
}
