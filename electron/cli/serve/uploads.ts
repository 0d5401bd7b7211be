import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rm, statfs } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { dirname, join, relative } from 'node:path';
import type { Picked } from '../../../shared/contract/host.ts';
import { explained } from '../../storage/file-errors.ts';
import { disk } from '../../storage/files.ts';
import { type Lock, takeLock } from '../../storage/lock.ts';
import type { Grants } from '../../services/grants.ts';
import { version } from '../../services/models.ts';
import { Refusal } from './refusal.ts';
import { uploadPath } from './upload-path.ts';

/** Left on the disk for everything else (bytes). */
const RESERVE = 256 * 1024 * 1024;
const ID = /^[\w-]{8,64}$/;

/**
 * Files that the browser sends because a page cannot name them. They lie in a folder of this server until they are imported, or it ends.
 */
export class Uploads {
  readonly #folder: string;
  readonly #lock: Lock;
  readonly #grants: Grants;
  /** Folders of uploads that are under way, by the id that the page gave them. */
  readonly #open = new Map<string, string>();

  private constructor(folder: string, lock: Lock, grants: Grants) {
    this.#folder = folder;
    this.#lock = lock;
    this.#grants = grants;
  }

  /** Makes the folder, and clears away those of servers that ended without doing so. @param root holds the folders of all servers */
  static async open(root: string, grants: Grants): Promise<Uploads> {
    for (const name of await readdir(root).catch(() => [])) await clear(join(root, name));
    const folder = join(root, randomUUID());
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return new Uploads(folder, await lock(folder), grants);
  }

  /** Takes one file. @throws Refusal for a path or size that is not taken, or when it does not arrive whole */
  async receive(request: IncomingMessage): Promise<void> {
    const id = request.headers['x-emend-upload'];
    if (typeof id !== 'string' || !ID.test(id))
      throw new Refusal(400, 'bad-input', 'The upload has no id.', 'Reload the page, then drop the files again.');
    const names = uploadPath(request.headers['x-emend-path']);
    const bytes = Number(request.headers['content-length']);
    if (request.headers['content-length'] === undefined)
      throw new Refusal(411, 'bad-input', 'The size of the file that was sent is not known.', 'Send it with Content-Length.');
    const { bavail, bsize } = await statfs(this.#folder);
    if (bytes + RESERVE > bavail * bsize)
      throw new Refusal(
        413,
        'failed',
        `${names.join('/')} has ${inMegabytes(bytes)}, and ${this.#folder} has room for ` +
          `${inMegabytes(Math.max(0, bavail * bsize - RESERVE))}.`,
        'Free some space on the serving machine, or copy the model there and choose its folder.',
      );
    let folder = this.#open.get(id);
    if (folder === undefined) this.#open.set(id, (folder = join(this.#folder, randomUUID())));
    await keep(request, join(folder, ...names), names.join('/'));
  }

  /** Ends an upload. @returns what lies in it at the top, chosen now. @throws Refusal when nothing was sent under this id */
  async finish(id: string): Promise<Picked[]> {
    const folder = this.#open.get(id);
    if (folder === undefined)
      throw new Refusal(404, 'not-found', 'Nothing was sent in this upload.', 'Drop a file or a folder with files in it.');
    this.#open.delete(id);
    return (await readdir(folder)).sort().map((name) => this.#grants.grant(join(folder, name)));
  }

  /** Removes what was uploaded and is not needed any more; leaves alone what lies elsewhere. */
  async remove(path: string): Promise<void> {
    const inside = relative(this.#folder, path);
    if (/^[\da-f-]{36}[/\\][^/\\]+$/.test(inside)) await rm(path, { recursive: true, force: true });
  }

  async close(): Promise<void> {
    await this.#lock.release();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Writes a body to a new file; nothing stays of one that did not arrive whole. */
async function keep(request: IncomingMessage, path: string, name: string): Promise<void> {
  const file = await create(path, name);
  try {
    // An error must not destroy the request: the answer is still to be sent on its connection.
    for await (const piece of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) await file.writeFile(piece);
    await file.close();
  } catch (error) {
    await file.close();
    await rm(path, { force: true });
    throw new Refusal(
      500,
      'failed',
      `${name} did not arrive: ${(error as Error).message}.`,
      'Check the room on the disk of the serving machine, then drop it again.',
    );
  }
}

async function create(path: string, name: string): Promise<FileHandle> {
  try {
    await mkdir(dirname(path), { recursive: true });
    return await open(path, 'wx', 0o600);
  } catch (error) {
    if (['EEXIST', 'ENOTDIR', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? ''))
      throw new Refusal(409, 'bad-input', `${name} was sent twice.`, 'Reload the page, then drop the files again.');
    throw new Refusal(
      500,
      'failed',
      `${name} cannot be written: ${(error as Error).message}.`,
      'Check the data folder of the serving machine.',
    );
  }
}

function lock(folder: string): Promise<Lock> {
  return takeLock(explained(disk), folder, `Emend ${version()}`, new Date());
}

/** Removes a folder unless a running server holds it. */
async function clear(folder: string): Promise<void> {
  try {
    await lock(folder);
    await rm(folder, { recursive: true, force: true });
  } catch {
    // Held by another server, or not ours to remove; it harms nobody.
  }
}

function inMegabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6)} MB`;
}
