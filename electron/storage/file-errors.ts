import { EmendError, type ErrorCode } from '../../shared/errors.ts';
import { errno, type Files, type OpenFile } from './files.ts';

/**
 * The same files with every error told as people need it: what was done with which file, why it failed, what to do. `details.errno` keeps
 * Node's code.
 */
export function explained(files: Files): Files {
  const guard = async <T>(doing: string, path: string, act: () => Promise<T>): Promise<T> => {
    try {
      return await act();
    } catch (error) {
      throw explain(error, doing, path);
    }
  };
  const opened = (file: OpenFile, path: string): OpenFile => ({
    write: (bytes) => guard('write to', path, () => file.write(bytes)),
    size: () => guard('measure', path, () => file.size()),
    truncate: (size) => guard('shorten', path, () => file.truncate(size)),
    sync: () => guard('write to', path, () => file.sync()),
    close: () => guard('close', path, () => file.close()),
  });
  return {
    read: (path) => guard('read', path, () => files.read(path)),
    async *pieces(path) {
      try {
        yield* files.pieces(path);
      } catch (error) {
        throw explain(error, 'read', path);
      }
    },
    stat: (path) => guard('look at', path, () => files.stat(path)),
    list: (folder) => guard('list', folder, () => files.list(folder)),
    open: (path, how, mode) => guard(how === 'new' ? 'create' : 'open', path, async () => opened(await files.open(path, how, mode), path)),
    makeFolder: (path) => guard('create', path, () => files.makeFolder(path)),
    rename: (from, to) => guard('rename', from, () => files.rename(from, to)),
    remove: (path) => guard('remove', path, () => files.remove(path)),
    syncFolder: (path) => guard('write to', path, () => files.syncFolder(path)),
  };
}

/** Node's code of an error from {@link explained} files. */
export function errnoOf(error: unknown): string | undefined {
  const code = error instanceof EmendError ? error.details['errno'] : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** What Node said of a file as people need it; an EmendError as it is. @param doing such as "read" */
export function explain(error: unknown, doing: string, path: string): EmendError {
  if (error instanceof EmendError) return error;
  const code = errno(error);
  const { kind, why, hint } = CAUSES[code ?? ''] ?? {
    kind: 'failed' as const,
    why: error instanceof Error ? error.message : String(error),
    hint: 'Look whether the disk is connected and sound.',
  };
  return new EmendError(kind, `Could not ${doing} ${path}: ${why}.`, hint, { path, errno: code ?? null });
}

/**
 * What {@link explained} files said of a part of some work, told of the whole: a person knows the file, not its temporary name. Anything
 * else as it is.
 */
export function retell(error: unknown, doing: string, path: string): unknown {
  const code = errnoOf(error);
  return code === undefined || CAUSES[code] === undefined ? error : explain(Object.assign(new Error(), { code }), doing, path);
}

const CAUSES: Readonly<Record<string, { kind: ErrorCode; why: string; hint: string }>> = {
  ENOENT: { kind: 'not-found', why: 'there is no such file or folder', hint: 'Look whether it was moved or removed.' },
  EEXIST: { kind: 'bad-input', why: 'it exists already', hint: 'Choose another name.' },
  ENOSPC: { kind: 'failed', why: 'the disk is full', hint: 'Free some space and try again; what was recorded before is kept.' },
  EDQUOT: {
    kind: 'failed',
    why: 'your share of the disk is used up',
    hint: 'Free some space and try again; what was recorded before is kept.',
  },
  EACCES: {
    kind: 'failed',
    why: 'permission was refused',
    hint: 'Give yourself the right to read and write it, or choose another folder.',
  },
  EPERM: { kind: 'failed', why: 'permission was refused', hint: 'Give yourself the right to read and write it, or choose another folder.' },
  EROFS: { kind: 'failed', why: 'the disk is read-only', hint: 'Open it for reading only, or move it to a disk that can be written.' },
  EIO: { kind: 'failed', why: 'the disk reported an error', hint: 'Save a copy of the folder on another disk before going on.' },
  EMFILE: { kind: 'failed', why: 'too many files are open', hint: 'Close other programs and try again.' },
  EISDIR: { kind: 'bad-file', why: 'it is a folder', hint: 'Move the folder away.' },
  ENOTDIR: { kind: 'bad-file', why: 'part of the path is a file, not a folder', hint: 'Move that file away.' },
};
