import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { EmendError } from '../../shared/errors.ts';
import type { BlobRef } from './bodies.ts';
import { ensureFolderBelow, removeIfThere, removeTemporaries, temporaryName } from '../storage/durable.ts';
import type { Files } from '../storage/files.ts';
import { hashPieces, sha256 } from '../storage/hash.ts';

/** Where a blob lies in its ledger's folder, as messages say it: they are recorded, and where the library lies is nobody's business. */
function shown(blob: string): string {
  return `blobs/sha256/${blob.slice(0, 2)}/${blob.slice(2)}`;
}

/** Content-addressed files of a ledger: `blobs/sha256/ab/cdef…`. A blob lasts before any entry names it, and never changes. */
export class Blobs {
  readonly #files: Files;
  readonly #ledgerFolder: string;
  readonly #folder: string;
  readonly #writable: boolean;
  /** Folders that this process made last. */
  readonly #lasting = new Set<string>();

  constructor(files: Files, ledgerFolder: string, writable: boolean) {
    this.#files = files;
    this.#ledgerFolder = ledgerFolder;
    this.#folder = join(ledgerFolder, 'blobs', 'sha256');
    this.#writable = writable;
  }

  /** Where a blob's file lies, for readers that want a file. */
  path(blob: string): string {
    return join(this.#folder, blob.slice(0, 2), blob.slice(2));
  }

  /**
   * Keeps content and returns its reference; when this returns, it lasts. The same content is kept once.
   * @param type media type, such as application/json
   * @throws EmendError 'failed' on a full disk, 'bad-file' when a damaged blob stands in its place, 'bad-input' on a ledger opened for
   *   reading
   */
  async put(content: Uint8Array | AsyncIterable<Uint8Array>, type: string): Promise<BlobRef> {
    if (!this.#writable)
      throw new EmendError('bad-input', 'This ledger was opened for reading only; nothing can be added.', 'Open it for writing.');
    await this.#makeLast(this.#folder);
    const temporary = temporaryName(join(this.#folder, 'new'));
    try {
      const { hash, bytes } = await this.#write(temporary, content instanceof Uint8Array ? [content] : content);
      await this.#settle(temporary, hash);
      return { blob: hash, bytes, type };
    } catch (error) {
      await removeIfThere(this.#files, temporary);
      throw error;
    }
  }

  /** A blob's bytes. @throws EmendError 'not-found' or 'bad-file' when it is missing or damaged */
  async read(ref: BlobRef): Promise<Uint8Array> {
    const hint = 'Bring the file back from a backup of the library, or from an export that contains it.';
    if ((await this.#files.stat(this.path(ref.blob))) === undefined)
      throw new EmendError('not-found', this.#missing(ref), hint, { blob: ref.blob });
    const bytes = await this.#files.read(this.path(ref.blob));
    const actual = sha256(bytes);
    if (actual !== ref.blob) throw new EmendError('bad-file', this.#damaged(ref, bytes.length, actual), hint, { blob: ref.blob });
    return bytes;
  }

  /** Whether a blob is there in its full length; reads nothing. */
  async has(ref: BlobRef): Promise<boolean> {
    return (await this.#files.stat(this.path(ref.blob)))?.size === ref.bytes;
  }

  /** What is wrong with a blob, having read all of it piece by piece; undefined when nothing is. */
  async problem(ref: BlobRef): Promise<string | undefined> {
    const found = await this.#files.stat(this.path(ref.blob));
    if (found === undefined || found.folder) return this.#missing(ref);
    const actual = await hashPieces(this.#files.pieces(this.path(ref.blob)));
    return actual.sha256 === ref.blob && actual.bytes === ref.bytes ? undefined : this.#damaged(ref, actual.bytes, actual.sha256);
  }

  /** Hashes of all blobs that lie there, and names of files that are not blobs. */
  async list(): Promise<{ readonly blobs: string[]; readonly strays: string[] }> {
    const blobs: string[] = [];
    const strays: string[] = [];
    if ((await this.#files.stat(this.#folder)) === undefined) return { blobs, strays };
    for (const shard of (await this.#files.list(this.#folder)).sort()) {
      if (!/^[0-9a-f]{2}$/.test(shard)) strays.push(shard);
      else {
        for (const name of (await this.#files.list(join(this.#folder, shard))).sort()) {
          if (/^[0-9a-f]{62}$/.test(name)) blobs.push(shard + name);
          else strays.push(`${shard}/${name}`);
        }
      }
    }
    return { blobs, strays };
  }

  /** Removes files of a `put` that a stopped process never finished. */
  async removeUnfinished(): Promise<void> {
    if ((await this.#files.stat(this.#folder)) !== undefined) await removeTemporaries(this.#files, this.#folder);
  }

  #missing(ref: BlobRef): string {
    return `Blob ${ref.blob} (${ref.type}, ${ref.bytes} bytes) is missing: there is no file ${shown(ref.blob)}.`;
  }

  #damaged(ref: BlobRef, bytes: number, actual: string): string {
    return (
      `Blob ${ref.blob} is damaged: expected ${ref.bytes} bytes with that SHA-256, found ${bytes} bytes with ${actual} in ` +
      `${shown(ref.blob)}.`
    );
  }

  async #write(path: string, pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<{ hash: string; bytes: number }> {
    const hash = createHash('sha256');
    let bytes = 0;
    const file = await this.#files.open(path, 'new');
    try {
      for await (const piece of pieces) {
        await file.write(piece);
        hash.update(piece);
        bytes += piece.length;
      }
      await file.sync();
    } finally {
      await file.close();
    }
    return { hash: hash.digest('hex'), bytes };
  }

  /** Gives a finished file the name of its hash. */
  async #settle(temporary: string, hash: string): Promise<void> {
    const path = this.path(hash);
    const shard = join(this.#folder, hash.slice(0, 2));
    await this.#makeLast(shard);
    if ((await this.#files.stat(path)) === undefined) {
      await this.#files.rename(temporary, path);
    } else {
      const there = await hashPieces(this.#files.pieces(path));
      if (there.sha256 !== hash)
        throw new EmendError(
          'bad-file',
          `The blob file ${path} is damaged: its content hashes to ${there.sha256}.`,
          'Move that file away and do this again; verify the ledger afterwards.',
          { path },
        );
      await this.#files.remove(temporary);
    }
    await this.#files.syncFolder(shard);
  }

  async #makeLast(folder: string): Promise<void> {
    if (this.#lasting.has(folder)) return;
    await ensureFolderBelow(this.#files, this.#ledgerFolder, folder);
    this.#lasting.add(folder);
  }
}
