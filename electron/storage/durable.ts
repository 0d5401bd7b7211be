import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { EmendError } from '../../shared/errors.ts';
import { errnoOf, retell } from './file-errors.ts';
import type { Files } from './files.ts';

/** Makes a folder and those above it that are missing, such that they last. */
export async function ensureFolder(files: Files, folder: string): Promise<void> {
  const above = dirname(folder);
  if ((await files.stat(folder)) === undefined) {
    await ensureFolder(files, above);
    try {
      await files.makeFolder(folder);
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error; // another process made it in the meantime
    }
  }
  if (above === folder) return;
  try {
    // Also when it was there: whoever made it may have been stopped before this.
    await files.syncFolder(above);
  } catch (error) {
    // A folder above that we may not open is not one that we made something in.
    if (!['EACCES', 'EPERM'].includes(errnoOf(error) ?? '')) throw error;
  }
}

/**
 * As {@link ensureFolder}, but below a folder that must be there: one that went away, as a drive does, is not made anew in its place.
 * @throws EmendError 'not-found'
 */
export async function ensureFolderBelow(files: Files, root: string, folder: string): Promise<void> {
  if ((await files.stat(root)) === undefined)
    throw new EmendError(
      'not-found',
      `There is no ${root} any more.`,
      'Bring it back: a drive may have been taken away, or a folder moved.',
    );
  await ensureFolder(files, folder);
}

/** A name for a file that is not finished; {@link isTemporary} knows it again. */
export function temporaryName(path: string): string {
  return `${path}.${randomBytes(6).toString('hex')}.tmp`;
}

/** Whether a name is that of an unfinished file, left by a process that was stopped. */
export function isTemporary(name: string): boolean {
  return /\.[0-9a-f]{12}\.tmp$/.test(name);
}

/** How often a file is written whose unfinished copy another program cleared away. */
const ATTEMPTS = 5;

/**
 * Replaces a file such that after any failure the old or the new content is there, whole.
 * With `backup` the old file stays under that path; between two renames only the backup may be there, so readers must look for it.
 */
export async function writeDurably(
  files: Files,
  path: string,
  bytes: Uint8Array,
  options: { backup?: string; mode?: number } = {},
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const temporary = temporaryName(path);
    let isWritten = false;
    try {
      const file = await files.open(temporary, 'new', options.mode);
      try {
        await file.write(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      isWritten = true;
      if (options.backup !== undefined && (await files.stat(path)) !== undefined) await files.rename(path, options.backup);
      await files.rename(temporary, path);
      await files.syncFolder(dirname(path));
      return;
    } catch (error) {
      // Another program that began just now took the file for one that was left behind: once more.
      const isTaken = isWritten && errnoOf(error) === 'ENOENT' && attempt < ATTEMPTS;
      if (isTaken) continue;
      await removeIfThere(files, temporary);
      throw retell(error, 'write', path);
    }
  }
}

/** Removes a file that may not be there; a failure is left for the next opening to clean up. */
export async function removeIfThere(files: Files, path: string): Promise<void> {
  try {
    if ((await files.stat(path)) !== undefined) await files.remove(path);
  } catch {
    // The caller reports the failure that led here; an unfinished file harms nobody.
  }
}

/** Removes files that were never finished from a folder. Returns their names. */
export async function removeTemporaries(files: Files, folder: string): Promise<string[]> {
  const names = (await files.list(folder)).filter(isTemporary);
  for (const name of names) await removeIfThere(files, join(folder, name));
  return names;
}
