import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EmendError } from '../../shared/errors.ts';

/** Writes a file whole or not at all, and such that it lasts. @param what for the error: "The delta" */
export async function writeWhole(file: string, bytes: Uint8Array, what: string): Promise<void> {
  const partial = `${file}.${randomUUID()}`;
  try {
    const handle = await open(partial, 'wx');
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(partial, file);
    if (process.platform !== 'win32') await syncFolder(dirname(file));
  } catch (cause) {
    await rm(partial, { force: true }).catch(() => undefined); // what failed first is what counts
    throw new EmendError(
      'failed',
      `${what} could not be written to ${file}: ${cause instanceof Error ? cause.message : String(cause)}`,
      'Choose a place with room that you may write to.',
    );
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
