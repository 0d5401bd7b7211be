import { createReadStream, constants } from 'node:fs';
import { mkdir, open, readFile, readdir, rename, stat, unlink, type FileHandle } from 'node:fs/promises';

/**
 * The few file operations that everything durable goes through, so that tests can put a file system under it
 * that fills up or forgets what was not synced. Errors are Node's, with their `code`.
 */
export interface Files {
  /** A file's whole content. */
  read(path: string): Promise<Uint8Array>;
  /** A file's content piece by piece. */
  pieces(path: string): AsyncIterable<Uint8Array>;
  /** Size in bytes, and whether it is a folder; undefined when there is nothing. */
  stat(path: string): Promise<{ readonly size: number; readonly folder: boolean } | undefined>;
  /** Names in a folder. */
  list(folder: string): Promise<string[]>;
  /** 'append' makes the file if need be and writes at its end; 'new' refuses a file that exists (EEXIST). */
  open(path: string, how: 'append' | 'new', mode?: number): Promise<OpenFile>;
  /** Makes one folder; the one above must exist. */
  makeFolder(path: string): Promise<void>;
  /** Replaces what is at `to`. */
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Makes what was created, renamed and removed in a folder last. */
  syncFolder(path: string): Promise<void>;
}

/** A file open for writing. */
export interface OpenFile {
  /** Writes all of it, or throws having written any part. */
  write(bytes: Uint8Array): Promise<void>;
  size(): Promise<number>;
  truncate(size: number): Promise<void>;
  /** Makes content and size last (fdatasync). */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** Node's error code of what was thrown, such as ENOENT. */
export function errno(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** The real file system. */
export const disk: Files = {
  read: (path) => readFile(path),
  pieces: (path) => createReadStream(path, { highWaterMark: 1 << 20 }),
  async stat(path) {
    try {
      const found = await stat(path);
      return { size: found.size, folder: found.isDirectory() };
    } catch (error) {
      if (errno(error) === 'ENOENT') return undefined;
      throw error;
    }
  },
  list: (folder) => readdir(folder),
  async open(path, how, mode = 0o644) {
    const flags = how === 'new' ? constants.O_CREAT | constants.O_EXCL : constants.O_CREAT | constants.O_APPEND;
    return new DiskFile(await open(path, constants.O_WRONLY | flags, mode));
  },
  async makeFolder(path) {
    await mkdir(path);
  },
  rename: renamePatiently,
  remove: (path) => unlink(path),
  async syncFolder(path) {
    if (process.platform === 'win32') return; // Windows opens no folders; NTFS journals its names itself
    const folder = await open(path, constants.O_RDONLY);
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  },
};

class DiskFile implements OpenFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      done += (await this.#handle.write(bytes, done, bytes.length - done)).bytesWritten;
    }
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  truncate(size: number): Promise<void> {
    return this.#handle.truncate(size);
  }

  sync(): Promise<void> {
    return this.#handle.datasync();
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

/** On Windows a virus scanner or indexer may hold a file for a moment; a few more tries get past it. */
async function renamePatiently(from: string, to: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await rename(from, to);
    } catch (error) {
      const held = process.platform === 'win32' && ['EPERM', 'EACCES', 'EBUSY'].includes(errno(error) ?? '');
      if (!held || attempt === 10) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20 * attempt));
    }
  }
}
