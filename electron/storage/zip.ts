import { createWriteStream } from 'node:fs';
import { mkdir, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32 } from 'node:zlib';
import { openPromise, type Entry, type ZipFile } from 'yauzl';
import { EmendError } from '../../shared/errors.ts';
import { explain } from './file-errors.ts';
import { errno } from './files.ts';
import { FILE_MANAGER_FILES } from './system-files.ts';

/** A file of an archive: its path in it, and how long it is unpacked. */
export interface ZippedFile {
  readonly path: string;
  readonly bytes: number;
}

/** How unpacking goes on: bytes that were written, of all. */
export interface Unpacking {
  check(): void;
  progress(done: number, total: number): void;
}

/** No folder of a model or of facts has more. */
const MOST = 5_000;
/** Unix file types, in the upper half of an entry's attributes. */
const TYPE = 0o170000;
const LINK = 0o120000;
/** What file managers add to archives. */
const LEFT_OUT = new Set(['__MACOSX', ...FILE_MANAGER_FILES]);

/**
 * The files of a zip archive, sorted.
 * @throws EmendError 'bad-file' for what is no zip, was cut off, or holds a file that must not be written; 'unsupported' for one that is
 *   encrypted or packed in a way that is not read
 */
export async function zippedFiles(archive: string): Promise<readonly ZippedFile[]> {
  return using(archive, async (zip) => {
    const entries = await entriesOf(archive, zip);
    return entries
      .map(({ path, entry: { uncompressedSize } }) => ({ path, bytes: uncompressedSize }))
      .sort((a, b) => (a.path < b.path ? -1 : 1));
  });
}

/**
 * Unpacks a zip archive into a folder that is there.
 * @throws EmendError as {@link zippedFiles}; 'bad-file' where a file is not as long as its archive says, or its checksum differs; 'failed'
 *   where the disk has no room for it; what `check` throws
 */
export async function unpackZip(archive: string, folder: string, { check, progress }: Unpacking): Promise<void> {
  await using(archive, async (zip) => {
    const entries = await entriesOf(archive, zip);
    const total = entries.reduce((sum, { entry: { uncompressedSize } }) => sum + uncompressedSize, 0);
    await needRoom(archive, folder, total);
    let done = 0;
    progress(done, total);
    for (const { path, entry } of entries) {
      const to = join(folder, path);
      await mkdir(dirname(to), { recursive: true });
      let found = 0;
      const pass = new Transform({
        transform(piece: Buffer, _, next) {
          try {
            check();
            found = crc32(piece, found);
            progress((done += piece.length), total);
            next(null, piece);
          } catch (error) {
            next(error as Error);
          }
        },
      });
      await pipeline(await zip.openReadStreamPromise(entry), pass, createWriteStream(to, { flags: 'wx' }));
      if (found !== entry.crc32) throw damaged(archive, `the checksum of ${path} is not the one that it names`);
    }
  });
}

/** @throws EmendError for what goes wrong in the archive, in words */
async function using<T>(archive: string, act: (zip: ZipFile) => Promise<T>): Promise<T> {
  let zip: ZipFile | undefined;
  try {
    zip = await openPromise(archive, { autoClose: false });
    return await act(zip);
  } catch (error) {
    // What the disk says has a code of the system; what the archive is found to be has none, or one of zlib.
    if (error instanceof EmendError) throw error;
    if (/^E[A-Z]+$/.test(errno(error) ?? '')) throw explain(error, 'unpack', archive);
    throw damaged(archive, error instanceof Error ? error.message : String(error));
  } finally {
    zip?.close();
  }
}

/** A file in an archive, and where it is written below a folder: its name without what names no folder, as in ./a and a//b. */
interface Packed {
  readonly path: string;
  readonly entry: Entry;
}

async function entriesOf(archive: string, zip: ZipFile): Promise<Packed[]> {
  if (zip.entryCount > MOST)
    throw new EmendError(
      'unsupported',
      `The archive ${archive} has ${zip.entryCount} entries; at most ${MOST} are unpacked.`,
      'Unpack it, and choose the folder of one model.',
    );
  const entries: Packed[] = [];
  const seen = new Set<string>();
  for await (const entry of zip.eachEntry()) {
    const { fileName } = entry;
    const parts = fileName.split('/').filter((part) => part !== '' && part !== '.');
    if (fileName.endsWith('/') || parts.some((part) => LEFT_OUT.has(part))) continue;
    if (parts.length === 0) throw damaged(archive, `${JSON.stringify(fileName)} is no name of a file`);
    const path = parts.join('/');
    if (((entry.externalFileAttributes >>> 16) & TYPE) === LINK)
      throw new EmendError('unsupported', `${fileName} in the archive ${archive} is a link.`, 'Unpack it, and choose what is in it.');
    if (entry.isEncrypted())
      throw new EmendError('unsupported', `The archive ${archive} is encrypted.`, 'Unpack it with its password, and bring what is in it.');
    if (!entry.canDecodeFileData())
      throw new EmendError(
        'unsupported',
        `${fileName} in the archive ${archive} is packed by method ${entry.compressionMethod}; expected 0 (stored) or 8 (deflate).`,
        'Unpack it, and bring what is in it.',
      );
    // On disks that do not tell cases apart the second would take the place of the first.
    if (seen.has(folded(path))) throw damaged(archive, `it holds ${path} twice`);
    seen.add(folded(path));
    entries.push({ path, entry });
  }
  const folders = new Set(entries.flatMap(({ path }) => foldersOf(folded(path))));
  const both = entries.find(({ path }) => folders.has(folded(path)));
  if (both) throw damaged(archive, `it holds ${both.path} as a file and as a folder`);
  return entries;
}

/** A name as disks have it that do not tell cases apart. */
function folded(path: string): string {
  return path.normalize('NFC').toLowerCase();
}

/** Every folder above a file: a, a/b of a/b/c. */
function foldersOf(path: string): string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, at) => parts.slice(0, at + 1).join('/'));
}

async function needRoom(archive: string, folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (bytes <= free) return;
  const inGb = (n: number) => (n / 1e9).toFixed(1);
  throw new EmendError(
    'failed',
    `Unpacked, ${archive} takes ${inGb(bytes)} GB; the disk of the data folder has ${inGb(free)} GB free.`,
    'Free some space, or choose another data folder in the settings.',
  );
}

function damaged(archive: string, found: string): EmendError {
  return new EmendError(
    'bad-file',
    `The archive ${archive} cannot be unpacked: ${found}.`,
    'Take another copy of it, or unpack it with another program and bring what is in it.',
  );
}
