import { dirname, join } from 'node:path';
import { EmendError } from '../../shared/errors.ts';
import { removeIfThere } from '../storage/durable.ts';
import { errnoOf } from '../storage/file-errors.ts';
import type { Files, OpenFile } from '../storage/files.ts';
import { parseLine, type Entry } from './entries.ts';
import { LINE_END, type Scan } from './scan.ts';

export const JOURNAL = 'journal.jsonl';

/** The bytes of a ledger's journal. @throws EmendError 'not-found' when the folder has none */
export async function readJournal(files: Files, folder: string): Promise<Uint8Array> {
  try {
    return await files.read(join(folder, JOURNAL));
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    throw noLedger(folder);
  }
}

/** The first entry of a ledger, without reading on; undefined where there is none or it is not whole. */
export async function readFirst(files: Files, folder: string): Promise<Entry | undefined> {
  const pieces: Uint8Array[] = [];
  try {
    for await (const piece of files.pieces(join(folder, JOURNAL))) {
      const end = piece.indexOf(LINE_END);
      pieces.push(end < 0 ? piece : piece.subarray(0, end));
      if (end < 0) continue;
      const line = parseLine(Buffer.concat(pieces).toString('utf8'));
      return 'entry' in line ? line.entry : undefined;
    }
  } catch {
    return undefined; // whoever opens the ledger is told why
  }
  return undefined;
}

/** How many lines a journal has that were finished; 0 where it cannot be read. */
export async function countEntries(files: Files, folder: string): Promise<number> {
  let lines = 0;
  try {
    for await (const piece of files.pieces(join(folder, JOURNAL))) for (const byte of piece) if (byte === LINE_END) lines++;
  } catch {
    return 0; // whoever opens the ledger is told why
  }
  return lines;
}

export function noLedger(folder: string): EmendError {
  return new EmendError(
    'not-found',
    `There is no ledger in ${folder}: it has no ${JOURNAL}.`,
    'Choose the folder of an imported model, or import one.',
    { folder },
  );
}

/**
 * Moves an unfinished last line out of the journal into a file of its own, so that the journal ends with a whole entry again.
 * The bytes are safe in the side file before the journal is shortened. Returns the side file's name.
 */
export async function setAsideTorn(files: Files, folder: string, bytes: Uint8Array, scan: Scan, now: Date): Promise<string> {
  const stamp = now.toISOString().replaceAll(/[-:.]/g, '');
  let name = `journal.torn-${stamp}`;
  for (let again = 2; (await files.stat(join(folder, name))) !== undefined; again++) name = `journal.torn-${stamp}-${again}`;
  const side = join(folder, name);
  try {
    await writing(files, side, 'new', async (file) => {
      await file.write(bytes.subarray(scan.length));
      await file.sync();
    });
    await files.syncFolder(folder);
  } catch (error) {
    await removeIfThere(files, side);
    throw error;
  }
  await writing(files, join(folder, JOURNAL), 'append', async (file) => {
    await file.truncate(scan.length);
    await file.sync();
  });
  return name;
}

async function writing(files: Files, path: string, how: 'append' | 'new', act: (file: OpenFile) => Promise<void>): Promise<void> {
  const file = await files.open(path, how);
  try {
    await act(file);
  } finally {
    await file.close();
  }
}

/** The journal open for appending. One writer at a time; the lock sees to that. */
export class Journal {
  readonly #path: string;
  readonly #file: OpenFile;
  #length: number;
  /** Why nothing more can be appended. */
  #stopped: EmendError | undefined;

  private constructor(path: string, file: OpenFile, length: number) {
    this.#path = path;
    this.#file = file;
    this.#length = length;
  }

  /** @param length what the journal was found to hold, in bytes */
  static async open(files: Files, folder: string, length: number): Promise<Journal> {
    const path = join(folder, JOURNAL);
    const file = await files.open(path, 'append');
    try {
      await files.syncFolder(dirname(path));
    } catch (error) {
      await file.close();
      throw error;
    }
    return new Journal(path, file, length);
  }

  /**
   * Appends a line. When this returns, the line lasts; when it throws, the line is taken back,
   * or, where the disk does not even let it be taken back, nothing more is appended until the ledger is opened anew.
   * @throws EmendError 'failed' on a full or failing disk, or when another program wrote to the file
   */
  async append(line: string): Promise<void> {
    if (this.#stopped) throw this.#stopped;
    const bytes = Buffer.from(`${line}\n`, 'utf8');
    await this.#unchanged();
    try {
      await this.#file.write(bytes);
    } catch (error) {
      await this.#takeBack();
      throw error;
    }
    try {
      await this.#file.sync();
    } catch (error) {
      await this.#takeBack();
      // After a failed sync the system may have dropped what it could not write; only a fresh look at the file can be trusted.
      this.#stop('the disk did not confirm the last entry');
      throw error;
    }
    this.#length += bytes.length;
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async #unchanged(): Promise<void> {
    const size = await this.#file.size();
    if (size === this.#length) return;
    this.#stop(`it has ${size} bytes where this program left ${this.#length}; another program wrote to it`);
    throw this.#stopped!;
  }

  async #takeBack(): Promise<void> {
    try {
      await this.#file.truncate(this.#length);
      await this.#file.sync();
    } catch {
      this.#stop('part of an entry was written and could not be taken back');
    }
  }

  #stop(why: string): void {
    this.#stopped ??= new EmendError(
      'failed',
      `Nothing more can be appended to ${this.#path}: ${why}.`,
      'Close the model and open it again; what was recorded before is kept.',
      { path: this.#path },
    );
  }
}
