import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { EmendError } from '../../shared/errors.ts';
import type { FileRecord } from '../ledger/bodies.ts';
import { disk } from '../storage/files.ts';
import { hashPieces } from '../storage/hash.ts';
import { openStore } from '../storage/store.ts';

/** What the system says of a file whose content was hashed; when any of it differs, the file is hashed again. */
const StampSchema = v.strictObject({ bytes: v.number(), modified: v.number(), changed: v.number(), node: v.number() });
const StampsSchema = v.object({ files: v.record(v.string(), StampSchema) });
type Stamp = v.InferOutput<typeof StampSchema>;
type Stamps = v.InferOutput<typeof StampsSchema>;

/**
 * Notices when an imported file changed, without reading all of it each time. Nothing secret: it tells rot and accidents. What leaves the
 * library, and what is verified, is hashed in any case.
 */
export class FileStamps {
  readonly #folder: string;
  readonly #path: string;
  readonly #readOnly: boolean;
  #known: Map<string, Stamp> | undefined;
  #looking: Promise<void> = Promise.resolve();

  /** @param folder of the imported files @param path where the stamps are kept */
  constructor(folder: string, path: string, readOnly: boolean) {
    this.#folder = folder;
    this.#path = path;
    this.#readOnly = readOnly;
  }

  /**
   * Makes sure that files are as they were imported.
   * @param check throws to stop
   * @throws EmendError 'bad-file' naming the first that is not, or is missing
   */
  mustFit(files: readonly FileRecord[], check: () => void = () => undefined): Promise<void> {
    const done = this.#looking.then(() => this.#mustFit(files, check));
    this.#looking = done.catch(() => undefined);
    return done;
  }

  /** Remembers files as they are: they were just copied and hashed. */
  async remember(files: readonly FileRecord[]): Promise<void> {
    const stamps = await Promise.all(files.map(async ({ path }) => [path, await stampOf(join(this.#folder, path))] as const));
    await this.#keep(new Map(stamps.flatMap(([path, stamp]) => (stamp ? [[path, stamp] as const] : []))));
  }

  async #mustFit(files: readonly FileRecord[], check: () => void): Promise<void> {
    const known = (this.#known ??= new Map(Object.entries((await this.#open(true)).db.data.files)));
    let isNew = false;
    for (const file of files) {
      const path = join(this.#folder, file.path);
      const now = await stampOf(path);
      if (now && isSame(known.get(file.path), now)) continue;
      check();
      const found = now && (await hashPieces(disk.pieces(path)));
      if (found?.sha256 !== file.sha256) throw changed(file, path, found?.sha256);
      known.set(file.path, now!);
      isNew = true;
    }
    if (isNew && !this.#readOnly) await this.#keep(known);
  }

  async #keep(known: ReadonlyMap<string, Stamp>): Promise<void> {
    const { db } = await this.#open(false);
    db.data = { files: Object.fromEntries(known) };
    await db.write().catch(() => undefined); // then the files are hashed again the next time
  }

  #open(readOnly: boolean) {
    return openStore<Stamps>(this.#path, StampsSchema, { files: {} }, { readOnly });
  }
}

async function stampOf(path: string): Promise<Stamp | undefined> {
  const found = await stat(path).catch(() => undefined); // what cannot be looked at is read, and then told
  return found && { bytes: found.size, modified: found.mtimeMs, changed: found.ctimeMs, node: found.ino };
}

function isSame(one: Stamp | undefined, other: Stamp): boolean {
  return one?.bytes === other.bytes && one.modified === other.modified && one.changed === other.changed && one.node === other.node;
}

function changed({ path, sha256 }: FileRecord, file: string, found: string | undefined): EmendError {
  return new EmendError(
    'bad-file',
    found === undefined
      ? `The imported file ${path} is missing: there is no ${file}.`
      : `The imported file ${path} changed since it was imported: it hashes to ${found}; the import recorded ${sha256}.`,
    'Verify the model, and bring the file back from a backup, or from where it was imported.',
    { path },
  );
}
