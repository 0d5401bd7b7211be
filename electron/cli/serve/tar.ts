import { createReadStream } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';

const BLOCK = 512;
/** What eleven octal digits hold. */
const LARGEST_PLAIN = 8 ** 11 - 1;

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
export async function entriesOf(folder: string, path = basename(folder)): Promise<TarEntry[]> {
  const modified = async (of: string) => Math.floor((await lstat(of)).mtimeMs / 1000);
  const entries: TarEntry[] = [{ path, file: undefined, bytes: 0, modified: await modified(folder) }];
  const inside = await readdir(folder, { withFileTypes: true });
  for (const entry of inside.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const full = join(folder, entry.name);
    if (entry.isDirectory()) entries.push(...(await entriesOf(full, `${path}/${entry.name}`)));
    else if (entry.isFile())
      entries.push({ path: `${path}/${entry.name}`, file: full, bytes: (await lstat(full)).size, modified: await modified(full) });
  }
  return entries;
}

/** Bytes of the archive that {@link tar} writes. */
export function tarSize(entries: readonly TarEntry[]): number {
  return entries.reduce((sum, entry) => sum + head(entry).length + padded(entry.bytes), 0) + 2 * BLOCK;
}

/** An uncompressed archive (POSIX ustar; pax headers where a path or size needs them). @throws when a file has become shorter */
export async function* tar(entries: readonly TarEntry[]): AsyncGenerator<Buffer> {
  for (const entry of entries) {
    yield head(entry);
    if (entry.file === undefined || entry.bytes === 0) continue;
    let bytes = 0;
    for await (const piece of createReadStream(entry.file, { end: entry.bytes - 1 }) as AsyncIterable<Buffer>) {
      bytes += piece.length;
      yield piece;
    }
    if (bytes !== entry.bytes) throw new Error(`${entry.file} changed while it was read.`);
    yield Buffer.alloc(padded(bytes) - bytes);
  }
  yield Buffer.alloc(2 * BLOCK);
}

/** What stands before the content of an entry. */
function head({ path, file, bytes, modified }: TarEntry): Buffer {
  const name = file === undefined ? `${path}/` : path;
  const [prefix, rest] = split(name) ?? [];
  const extra = [...(rest === undefined ? [record('path', name)] : []), ...(bytes > LARGEST_PLAIN ? [record('size', String(bytes))] : [])];
  const own = header(rest ?? name, prefix ?? '', bytes > LARGEST_PLAIN ? 0 : bytes, modified, file === undefined ? '5' : '0');
  if (extra.length === 0) return own;
  const records = Buffer.concat(extra);
  const body = Buffer.alloc(padded(records.length));
  records.copy(body);
  return Buffer.concat([header('pax', '', records.length, modified, 'x'), body, own]);
}

/** A name in the two fields that a header has for it, 155 and 100 bytes; undefined when it does not fit or is not plain ASCII. */
function split(name: string): [prefix: string, rest: string] | undefined {
  if (!/^[ -~]*$/.test(name)) return undefined;
  if (name.length <= 100) return ['', name];
  for (let at = name.indexOf('/', name.length - 101); at !== -1 && at < name.length - 1; at = name.indexOf('/', at + 1))
    if (at <= 155) return [name.slice(0, at), name.slice(at + 1)];
  return undefined;
}

/** A pax record says its own length, the digits of that included. */
function record(key: string, value: string): Buffer {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  if (String(length).length > String(rest).length) length = rest + String(length).length;
  return Buffer.from(`${length} ${key}=${value}\n`);
}

function header(name: string, prefix: string, bytes: number, modified: number, type: '0' | '5' | 'x'): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, width: number) => block.write(value.toString(8).padStart(width - 1, '0'), at);
  block.write(name, 0, 100);
  octal(type === '5' ? 0o755 : 0o644, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(bytes, 124, 12);
  octal(Math.max(0, modified), 136, 12);
  block.write('        ', 148); // the checksum counts as spaces while it is summed
  block.write(type, 156);
  block.write('ustar\0' + '00', 257);
  block.write(prefix, 345, 155);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

function padded(bytes: number): number {
  return Math.ceil(bytes / BLOCK) * BLOCK;
}
