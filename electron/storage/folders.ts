import { readdirSync, realpathSync } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path';
import { EmendError } from '../../shared/errors.ts';
import { errno, type Files } from './files.ts';
import { hashPieces } from './hash.ts';
import { given } from '../../shared/given.ts';
import type { Steps } from '../../shared/progress.ts';

/** What lies in a folder: every file, every folder, and what is neither. Paths are relative to it, with forward slashes, sorted. */
export interface FolderContent {
  readonly files: readonly string[];
  readonly folders: readonly string[];
  readonly others: readonly string[];
}

/** How {@link listFolder} walks. */
export interface Walking {
  /**
   * 'follow': a link counts as what it leads to (a dead one is neither file nor folder); 'apart': no link is followed, all are among the
   * others.
   */
  readonly links: 'follow' | 'apart';
  /** Names that are passed over, wherever they lie. */
  readonly leaveOut?: ReadonlySet<string>;
}

/** So many files and folders are walked where links are followed: a few links can make more ways than there are atoms. */
const MOST = 5_000;

/**
 * Lists a folder with all below it.
 * @throws Node's error when a folder cannot be read, or links lead in a circle; EmendError 'unsupported' where links lead to too many files
 */
export async function listFolder(folder: string, { links, leaveOut }: Walking): Promise<FolderContent> {
  const files: string[] = [];
  const folders: string[] = [];
  const others: string[] = [];
  let walked = 0;
  const walk = async (below: string): Promise<void> => {
    for (const entry of await readdir(join(folder, below), { withFileTypes: true })) {
      if (leaveOut?.has(entry.name) === true) continue;
      if (links === 'follow' && ++walked > MOST) throw tooMany(folder);
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      const found = links === 'follow' && entry.isSymbolicLink() ? await ledTo(join(folder, path)) : entry;
      if (found?.isDirectory() === true) {
        folders.push(path);
        await walk(path);
      } else (found?.isFile() === true ? files : others).push(path);
    }
  };
  await walk('');
  return { files: files.sort(), folders: folders.sort(), others: others.sort() };
}

function tooMany(folder: string): EmendError {
  return new EmendError(
    'unsupported',
    `${folder} holds, or its links lead to, more than ${MOST} files and folders.`,
    'Choose the folder of one model, without links from folder to folder.',
  );
}

/**
 * Refuses files that are links to somewhere outside of their folder: they may be anybody's. The blobs of the Hugging Face cache, which
 * lie in `../../blobs`, are part of the model.
 * @param files relative to the folder
 * @throws EmendError 'unsupported' naming the first, and where it leads
 */
export async function refuseLinksOut(folder: string, files: readonly string[]): Promise<void> {
  const home = await realpath(folder);
  const blobs = join(dirname(dirname(home)), 'blobs');
  for (const file of files) {
    const to = await realpath(join(folder, file));
    if (isWithin(home, to) || isWithin(blobs, to)) continue;
    throw new EmendError(
      'unsupported',
      `${file} is a link to ${to}, which lies outside of the model's folder.`,
      'Copy the file to the place of the link if it belongs to the model, or remove the link: what is imported goes out with exports.',
      { path: file },
    );
  }
}

async function ledTo(link: string) {
  return stat(link).catch((error: unknown) => {
    if (errno(error) === 'ENOENT') return undefined; // a dead link
    throw error;
  });
}

/**
 * Every file of a model folder, links followed.
 * @throws EmendError 'unsupported' for what is neither a file nor a folder, such as a dead link
 */
export async function filesBelow(folder: string, leaveOut?: ReadonlySet<string>): Promise<readonly string[]> {
  const { files, others } = await listFolder(folder, { links: 'follow', ...given({ leaveOut }) });
  if (others.length > 0)
    throw new EmendError(
      'unsupported',
      `${join(folder, others[0]!)} is neither a file nor a plain folder.`,
      'Remove it from the model folder.',
    );
  return files;
}

/** One file of a folder: its path below it, its size, its SHA-256. */
export interface HashedFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Reads files of a folder piece by piece and hashes them. @param report counts files, and ends the work by throwing from `check` */
export async function hashFiles(files: Files, folder: string, paths: readonly string[], report?: Steps): Promise<HashedFile[]> {
  const records: HashedFile[] = [];
  for (const path of paths) {
    report?.check();
    records.push({ path, ...(await hashPieces(files.pieces(join(folder, path)))) });
    report?.progress(records.length, paths.length);
  }
  return records;
}

/** Makes every name below a folder last; the files themselves were synced when they were written. */
export async function syncTree(files: Files, folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true }))
    if (entry.isDirectory()) await syncTree(files, join(folder, entry.name));
  await files.syncFolder(folder);
}

/** @throws EmendError 'bad-input' unless there is nothing at the path, or a folder with nothing in it */
export function refuseOccupied(folder: string): void {
  let inside: readonly string[];
  try {
    inside = readdirSync(folder);
  } catch (error) {
    const code = errno(error);
    if (code === 'ENOENT') return;
    if (code === 'ENOTDIR') throw new EmendError('bad-input', `${folder} is a file; expected a folder to make.`, 'Choose another name.');
    throw new EmendError('bad-input', `${folder} cannot be used as a folder (${code ?? String(error)}).`, 'Choose another folder.');
  }
  if (inside.length > 0) throw new EmendError('bad-input', `The folder ${folder} is not empty.`, 'Choose a folder that is not there yet.');
}

/** Whether a path lies in a folder, or is it. On Windows another drive makes the way between them absolute. */
export function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way.split(sep)[0] !== '..' && !isAbsolute(way);
}

/** The same by where the paths really lead, links followed; of a path that is still to be made, where it would lie. */
export function isReallyWithin(folder: string, path: string): boolean {
  return isWithin(realOf(folder), realOf(path));
}

function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const above = dirname(path);
    return above === path ? path : join(realOf(above), basename(path));
  }
}

/** A relative path with forward slashes, as records and contracts hold it on every system. */
export function slashes(path: string): string {
  return path.split(sep).join('/');
}
