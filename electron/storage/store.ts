import { basename, dirname, join } from 'node:path';
import { Low, type Adapter } from 'lowdb';
import * as v from 'valibot';
import { EmendError } from '../../shared/errors.ts';
import { ensureFolder, isTemporary, removeIfThere, writeDurably } from './durable.ts';
import { errnoOf, explained } from './file-errors.ts';
import { disk, type Files } from './files.ts';
import type { Notice } from './notice.ts';

/**
 * Reads and writes one JSON file for lowdb such that what was written lasts, what is damaged is reported, and nothing is reset unsaid: the
 * state before is kept as a backup, a damaged file is set aside.
 */
export class DurableJson<T> implements Adapter<T> {
  readonly notices: Notice[] = [];
  readonly #files: Files;
  readonly #path: string;
  readonly #schema: v.GenericSchema<unknown, T>;
  readonly #readOnly: boolean;
  #last: Promise<void> = Promise.resolve();

  constructor(files: Files, path: string, schema: v.GenericSchema<unknown, T>, readOnly = false) {
    this.#files = files;
    this.#path = path;
    this.#schema = schema;
    this.#readOnly = readOnly;
  }

  /** What the file holds; null when there is none, or none that can be used (`notices` says so then). */
  async read(): Promise<T | null> {
    const found = await this.#load(this.#path);
    if (found.state === 'good') return found.data;
    const backup = await this.#load(this.#backup);
    if (found.state === 'missing' && backup.state === 'missing') return null;
    const kept = found.state === 'bad' ? await this.#setAside() : undefined;
    const what = found.state === 'bad' ? `${this.#path} is damaged: ${found.why}; it is kept as ${kept}` : `${this.#path} is missing`;
    if (backup.state === 'good') {
      this.#notice(`${what}. The state before the last change was taken from its backup.`, 'Look whether the last change is still there.');
      return backup.data;
    }
    this.#notice(
      `${what}, and there is no good backup. It begins anew.`,
      'Set again what you had set, or bring the file back from a backup.',
    );
    return null;
  }

  /** Writes one after the other, each whole and synced. @throws EmendError; the file is then as it was */
  write(data: T): Promise<void> {
    const text = `${JSON.stringify(data, null, 2)}\n`;
    const written = this.#last.then(() => this.#write(text));
    this.#last = written.catch(() => undefined);
    return written;
  }

  async #write(text: string): Promise<void> {
    if (this.#readOnly) throw new EmendError('bad-input', `${this.#path} was opened for reading only.`, 'Open it for writing.');
    await ensureFolder(this.#files, dirname(this.#path));
    await writeDurably(this.#files, this.#path, Buffer.from(text), { backup: this.#backup });
  }

  /** Removes what an interrupted write left. */
  async removeUnfinished(): Promise<void> {
    const folder = dirname(this.#path);
    if ((await this.#files.stat(folder)) === undefined) return;
    for (const name of await this.#files.list(folder)) {
      if (name.startsWith(`${basename(this.#path)}.`) && isTemporary(name)) await removeIfThere(this.#files, join(folder, name));
    }
  }

  get #backup(): string {
    return `${this.#path}.bak`;
  }

  async #load(path: string): Promise<{ state: 'good'; data: T } | { state: 'missing' } | { state: 'bad'; why: string }> {
    let text: string;
    try {
      text = Buffer.from(await this.#files.read(path)).toString('utf8');
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return { state: 'missing' };
      throw error;
    }
    try {
      const value: unknown = JSON.parse(text);
      const result = v.safeParse(this.#schema, value, { abortEarly: true });
      if (result.success) return { state: 'good', data: result.output };
      return { state: 'bad', why: `${v.getDotPath(result.issues[0]) ?? 'the whole'}: ${result.issues[0].message}` };
    } catch (error) {
      return { state: 'bad', why: error instanceof Error ? error.message : String(error) };
    }
  }

  async #setAside(): Promise<string> {
    if (this.#readOnly) return this.#path;
    let aside = `${this.#path}.damaged`;
    for (let again = 2; (await this.#files.stat(aside)) !== undefined; again++) aside = `${this.#path}.damaged-${again}`;
    await this.#files.rename(this.#path, aside);
    await this.#files.syncFolder(dirname(this.#path));
    return aside;
  }

  #notice(message: string, hint: string): void {
    this.notices.push({ what: 'store', message, hint });
  }
}

/**
 * A store for what people set and use: settings, recent models.
 * @param defaults the content of a store that does not exist yet
 */
export async function openStore<T>(
  path: string,
  schema: v.GenericSchema<unknown, T>,
  defaults: T,
  options: { files?: Files; readOnly?: boolean } = {},
): Promise<{ db: Low<T>; notices: readonly Notice[] }> {
  const adapter = new DurableJson(explained(options.files ?? disk), path, schema, options.readOnly ?? false);
  if (options.readOnly !== true) await adapter.removeUnfinished();
  const db = new Low(adapter, defaults);
  await db.read();
  return { db, notices: adapter.notices };
}
