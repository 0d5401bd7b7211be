import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { EmendError } from '../../../shared/errors.ts';

const WINDOW = 256 * 1024;

/** Reads a file of any size byte by byte or in ranges, holding one small window of it in memory. */
export class FileWindow {
  readonly size: number;
  private readonly fd: number;
  private readonly file: string;
  private readonly window: Buffer;
  private start = 0;
  private end = 0;

  /** @throws EmendError `not-found` or `bad-file` when there is no regular file to read */
  constructor(file: string) {
    this.file = file;
    this.fd = openFile(file);
    this.size = fstatSync(this.fd).size;
    this.window = Buffer.allocUnsafe(Math.min(WINDOW, Math.max(1, this.size)));
  }

  /** The byte at a position below {@link size}. */
  byte(position: number): number {
    if (position < this.start || position >= this.end) this.fill(position);
    return this.window[position - this.start]!;
  }

  /** A copy of the bytes from `from` up to `to`, both within the file. */
  bytes(from: number, to: number): Uint8Array<ArrayBuffer> {
    if (from < 0 || to < from || to > this.size) throw this.cut(to);
    const out = new Uint8Array(to - from);
    if (from >= this.start && to <= this.end) out.set(this.window.subarray(from - this.start, to - this.start));
    else if (out.length <= this.window.length) {
      if (out.length > 0) {
        this.fill(from);
        if (to > this.end) throw this.cut(to);
        out.set(this.window.subarray(0, to - from));
      }
    } else if (this.read(out, from) !== out.length) throw this.cut(to);
    return out;
  }

  close(): void {
    closeSync(this.fd);
  }

  private fill(position: number): void {
    this.start = position;
    this.end = position + this.read(this.window, position);
    if (this.end === position) throw this.cut(position + 1);
  }

  /** Fills `out` from a position and returns how many bytes there were. */
  private read(out: Uint8Array, position: number): number {
    let done = 0;
    try {
      while (done < out.length) {
        // one call reads at most 2 GiB - 1
        const got = readSync(this.fd, out, done, Math.min(out.length - done, 2 ** 30), position + done);
        if (got === 0) break;
        done += got;
      }
    } catch (error) {
      throw new EmendError(
        'bad-file',
        `${this.file} cannot be read at byte ${position + done} (${(error as Error).message})`,
        'Check the disk, or copy the model to another one.',
      );
    }
    return done;
  }

  private cut(wanted: number): EmendError {
    return new EmendError(
      'bad-file',
      `${this.file} ends before byte ${wanted}; it became shorter while being read`,
      'Copy the model again, then open the copy.',
    );
  }
}

/** Opens for reading. @throws EmendError `not-found` or `bad-file` */
function openFile(file: string): number {
  try {
    // asked first, because opening a pipe would wait for its writer
    if (statSync(file).isFile()) return openSync(file, 'r');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw new EmendError('not-found', `There is no file ${file}`, 'Check the path, or download the model again.');
    throw new EmendError('bad-file', `${file} cannot be opened (${code ?? String(error)})`, 'Check that it is a file that you may read.');
  }
  throw new EmendError('bad-file', `${file} is not a regular file`, 'Give the path of a file.');
}
