import { readFile, stat } from 'node:fs/promises';
import { EmendError } from '../../shared/errors.ts';

/** A text that is read whole is no longer than this. */
const LONGEST = 64 * 1024 ** 2;

/**
 * A file that is about to be read: a regular one, so that reading it ends.
 * @param what it is called, as in "The texts"
 * @param hint what to do where it cannot be read
 * @returns its bytes
 * @throws EmendError 'not-found'
 */
export async function mustBeFile(file: string, what: string, hint: string): Promise<number> {
  const found = await stat(file).catch((error: NodeJS.ErrnoException) =>
    error.code === 'ENOENT' ? 'there is no such file' : error.message,
  );
  if (typeof found !== 'string' && found.isFile()) return found.size;
  const reason = typeof found === 'string' ? found : found.isDirectory() ? 'it is a folder' : 'it is not a regular file';
  throw new EmendError('not-found', `${what} ${file} cannot be read: ${reason}.`, hint);
}

/**
 * A file that is read whole, and is not too long for that.
 * @param what it is called, as in "The texts"
 * @param hint what to do where it cannot be read
 * @throws EmendError 'not-found' when it cannot be read; 'bad-input' when it is too long
 */
export async function readWhole(file: string, what: string, hint: string): Promise<Buffer> {
  const size = await mustBeFile(file, what, hint);
  if (size > LONGEST)
    throw new EmendError(
      'bad-input',
      `${what} ${file} cannot be read: it is ${(size / 1e6).toFixed(0)} MB long, and at most ${(LONGEST / 1e6).toFixed(0)} MB of such a ` +
        'file are read.',
      'Take a part of it.',
    );
  return readFile(file).catch((error: Error) => {
    throw new EmendError('not-found', `${what} ${file} cannot be read: ${error.message}.`, hint);
  });
}

/** As {@link readWhole}, in UTF-8. */
export async function readWholeText(file: string, what: string, hint: string): Promise<string> {
  return (await readWhole(file, what, hint)).toString('utf8');
}
