import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, extname, join, relative, sep } from 'node:path';
import { ensureFolder } from '../storage/durable.ts';
import { explained } from '../storage/file-errors.ts';
import { disk } from '../storage/files.ts';
import { takeLock, type Lock } from '../storage/lock.ts';
import { unpackZip } from '../storage/zip.ts';
import { Estimator } from './eta.ts';
import type { JobControl } from './job-list.ts';
import { ledgerIdentity } from './library-model.ts';
import { removeUnfinished } from './staging.ts';

/**
 * Archives that people brought, unpacked for as long as the application is open or until what was in them is imported. They lie in a folder
 * of this process, which is locked: one whose process has ended is cleared away by the next.
 */
export class Unpacked {
  readonly #above: string;
  #beginning: Promise<Own> | undefined;
  #own: Own | undefined;

  /** @param above where such folders lie */
  constructor(above: string) {
    this.#above = above;
  }

  /**
   * Unpacks an archive.
   * @returns where what it holds begins: passing by folders that hold nothing but one folder, and of a file alone that file
   * @throws what unpacking throws; nothing is left behind then
   */
  async open(archive: string, control: JobControl): Promise<string> {
    const { folder: own } = await (this.#beginning ??= this.#begin());
    const place = join(own, randomUUID());
    const folder = join(place, basename(archive, extname(archive)));
    const estimator = new Estimator();
    try {
      await ensureFolder(explained(disk), folder);
      await unpackZip(archive, folder, {
        check: () => control.check(),
        progress: (done, total) => control.onProgress({ ...estimator.next({ phase: 'unpacking', done, total }), unit: 'bytes' }),
      });
      return beginning(folder);
    } catch (error) {
      await rm(place, { recursive: true, force: true }).catch(() => undefined); // goes with the folder at the end
      throw error;
    }
  }

  /** Whether a path lies in what was unpacked. */
  holds(path: string): boolean {
    return this.#own !== undefined && path.startsWith(this.#own.folder + sep);
  }

  /** Removes what a path that was unpacked lies in; any other path stays. */
  async remove(path: string): Promise<void> {
    if (!this.#own || !this.holds(path)) return;
    const [place] = relative(this.#own.folder, path).split(sep);
    await rm(join(this.#own.folder, place!), { recursive: true, force: true });
  }

  async close(): Promise<void> {
    if (!this.#own) return;
    const { folder, lock } = this.#own;
    this.#own = this.#beginning = undefined;
    await lock.release().catch(() => undefined); // it goes with the folder
    await rm(folder, { recursive: true, force: true }).catch(() => undefined); // the next one clears it away
  }

  async #begin(): Promise<Own> {
    try {
      await removeUnfinished(this.#above, '');
      const folder = join(this.#above, randomUUID());
      await ensureFolder(explained(disk), folder);
      return (this.#own = { folder, lock: await takeLock(explained(disk), folder, ledgerIdentity().app, new Date()) });
    } catch (error) {
      this.#beginning = undefined; // the next may have room again
      throw error;
    }
  }
}

interface Own {
  readonly folder: string;
  readonly lock: Lock;
}

function beginning(folder: string): string {
  const inside = readdirSync(folder, { withFileTypes: true });
  const [only] = inside;
  if (inside.length !== 1) return folder;
  const path = join(folder, only!.name);
  return only!.isDirectory() ? beginning(path) : path;
}
