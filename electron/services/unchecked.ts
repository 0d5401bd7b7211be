import { EmendError } from '../../shared/errors.ts';
import { errnoOf } from '../storage/file-errors.ts';

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
  return error instanceof EmendError && (error.code === 'crashed' || REFUSALS.has(errnoOf(error) ?? ''));
}
