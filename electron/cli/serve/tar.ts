import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pack, type Header, type Pack } from 'tar-stream';
import { listFolder } from '../../storage/folders.ts';

const BLOCK = 512;
/** The latest time that tar-stream writes, in seconds. */
const LATEST = 2 ** 31 - 1;

/** One file or folder of an archive. */
export interface TarEntry {
  /** With forward slashes, beginning with the name of the archived folder. */
  readonly path: string;
  /** Where it lies; undefined for a folder, which has no content. */
  readonly file: string | undefined;
  readonly bytes: number;
  /** Seconds since 1970. */
  readonly modified: number;
}

/** Everything in a folder, the folder itself first. Links and devices are left out. */
export async function entriesOf(folder: string): Promise<TarEntry[]> {
  const { files, folders } = await listFolder(folder, { links: 'apart' });
  const entry = async (path: string, isFile: boolean): Promise<TarEntry> => {
    const status = await lstat(join(folder, path));
    return {
      path: path === '' ? basename(folder) : `${basename(folder)}/${path}`,
      file: isFile ? join(folder, path) : undefined,
      bytes: isFile ? status.size : 0,
      modified: Math.floor(status.mtimeMs / 1000),
    };
  };
  const found = await Promise.all([...['', ...folders].map((path) => entry(path, false)), ...files.map((path) => entry(path, true))]);
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Bytes of the archive that {@link tar} writes: of one with the same names and no content, and the content. */
export async function tarSize(entries: readonly TarEntry[]): Promise<number> {
  let heads = 0;
  for await (const piece of tar(entries.map((entry) => ({ ...entry, bytes: 0 })))) heads += piece.length;
  return heads + entries.reduce((sum, { bytes }) => sum + Math.ceil(bytes / BLOCK) * BLOCK, 0);
}

/** An uncompressed archive. @throws when a file has become shorter */
export async function* tar(entries: readonly TarEntry[]): AsyncGenerator<Buffer> {
  const archive = pack();
  const filled = fill(archive, entries).catch((error: unknown) => archive.destroy(error as Error));
  yield* archive as AsyncIterable<Buffer>;
  await filled;
}

async function fill(archive: Pack, entries: readonly TarEntry[]): Promise<void> {
  for (const entry of entries) {
    const sink = archive.entry(headersOf(entry));
    if (entry.file === undefined) continue;
    const closed = once(sink, 'close');
    closed.catch(() => undefined); // seen below
    let bytes = 0;
    if (entry.bytes > 0)
      for await (const piece of createReadStream(entry.file, { end: entry.bytes - 1 }) as AsyncIterable<Buffer>) {
        bytes += piece.length;
        if (!sink.write(piece)) await Promise.race([once(sink, 'drain'), closed]);
        if (sink.destroyed) return; // nobody reads any more
      }
    if (bytes !== entry.bytes) throw new Error(`${entry.file} changed while it was read.`);
    sink.end(undefined);
    await closed;
  }
  archive.finalize();
}

function headersOf({ path, file, bytes, modified }: TarEntry): Partial<Header> & { name: string } {
  const mtime = new Date(Math.min(Math.max(0, modified), LATEST) * 1000);
  return { name: file === undefined ? `${path}/` : path, size: bytes, type: file === undefined ? 'directory' : 'file', mtime };
}
