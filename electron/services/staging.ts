import { randomUUID } from 'node:crypto';
import { readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { EmendError } from '../../shared/errors.ts';
import { ensureFolder } from '../storage/durable.ts';
import { explained } from '../storage/file-errors.ts';
import { disk } from '../storage/files.ts';
import { takeLock } from '../storage/lock.ts';
import { ledgerIdentity } from './library-model.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Lets something grow in a folder of its own beside where it is to be, and removes that folder at the end, whatever happened.
 * The folder is locked, so that {@link removeUnfinished} of another process can tell it from one left behind.
 * @param prefix of the folder's name
 * @throws what `act` throws; EmendError when the disk refuses
 */
export async function inStaging<T>(above: string, prefix: string, act: (folder: string) => Promise<T>): Promise<T> {
  const folder = join(above, `${prefix}${randomUUID()}`);
  const files = explained(disk);
  try {
    await ensureFolder(files, folder);
    const lock = await takeLock(files, folder, ledgerIdentity().app, new Date());
    try {
      return await act(folder);
    } finally {
      await lock.release().catch(() => undefined); // it goes with the folder
    }
  } finally {
    await rm(folder, { recursive: true, force: true }).catch(() => undefined); // the next one clears it away
  }
}

/** Removes staging folders whose process ended before it was done. */
export async function removeUnfinished(above: string, prefix: string): Promise<void> {
  for (const name of await readdir(above).catch(() => [])) {
    if (!name.startsWith(prefix) || !UUID.test(name.slice(prefix.length))) continue;
    const folder = join(above, name);
    try {
      await takeLock(explained(disk), folder, ledgerIdentity().app, new Date());
      await rm(folder, { recursive: true, force: true });
    } catch {
      // Held by a process that runs, or not ours to remove; it harms nobody.
    }
  }
}

/**
 * Moves what has grown to its place, does what else makes it count, and takes it back where that fails.
 * @param act once the new name lasts; on failure nothing lies at `to`
 * @throws EmendError 'failed' where it could not even be taken back
 */
export async function putInPlace<T>(staged: string, to: string, act: () => Promise<T>): Promise<T> {
  await rename(staged, to);
  try {
    await explained(disk).syncFolder(dirname(to));
    return await act();
  } catch (error) {
    await rename(to, staged).catch((refused: unknown) => {
      const said = (why: unknown) => (why instanceof Error ? why.message : String(why));
      throw new EmendError(
        'failed',
        `${to} is in its place and could not be taken back: ${said(refused)}. It does not count yet: ${said(error)}`,
        'Look whether the disk is connected and sound, and start Emend again.',
        { path: to },
      );
    });
    throw error;
  }
}
