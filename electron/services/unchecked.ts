import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmendError } from '../../shared/errors.ts';
import { errnoOf, explain } from '../storage/file-errors.ts';

/** What a disk or system says when it lets nobody look, as against what it says of what lies there. */
const REFUSALS = new Set([
  'ENOSPC',
  'EDQUOT',
  'EROFS',
  'EACCES',
  'EPERM',
  'EIO',
  'EMFILE',
  'ENFILE',
  'EBUSY',
  'ETIMEDOUT',
  'ESTALE',
  'ENODEV',
]);

/** Whether an error says that something could not be looked at, and nothing about how it is. */
export function couldNotLook(error: unknown): error is EmendError {
  return (
    error instanceof EmendError &&
    (error.code === 'crashed' || error.details['isPlaceMissing'] === true || REFUSALS.has(errnoOf(error) ?? ''))
  );
}

/**
 * A temporary folder to look at something in.
 * @throws EmendError for which {@link couldNotLook} holds, where none can be made
 */
export async function temporaryFolder(name: string): Promise<string> {
  return mkdtemp(join(tmpdir(), name)).catch((error: unknown) => {
    const { code, message, hint, details } = explain(error, 'make a folder in', tmpdir());
    throw new EmendError(code, message, `${hint} Another temporary folder can be named in TMPDIR.`, { ...details, isPlaceMissing: true });
  });
}
