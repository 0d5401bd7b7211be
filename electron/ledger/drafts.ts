import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import * as v from 'valibot';
import { EmendError } from '../../shared/errors.ts';
import { addsPart, kindNames } from '../../shared/kinds.ts';
import { BlobRefSchema, FactBriefSchema } from './bodies.ts';
import { canonical } from '../storage/canonical.ts';
import { ensureFolder, removeTemporaries, writeDurably } from '../storage/durable.ts';
import { errnoOf } from '../storage/file-errors.ts';
import type { Files } from '../storage/files.ts';
import { Sha256Schema } from '../storage/hash.ts';
import type { Notice } from '../storage/notice.ts';

const ContentSchema = v.strictObject({
  kind: v.picklist(kindNames().filter(addsPart)),
  /** The version that it was made for. */
  parent: Sha256Schema,
  facts: v.array(FactBriefSchema),
  /** Blobs by role; kept while the draft exists. */
  blobs: v.record(v.string(), BlobRefSchema),
  /** Whatever the form and the engine hold so far. */
  content: v.record(v.string(), v.unknown()),
});
const DraftSchema = v.strictObject({ id: v.pipe(v.string(), v.uuid()), changed: v.string(), ...ContentSchema.entries });

/** A part of a version that is being worked on, such as an edit; nothing of it is in the ledger yet. */
export type DraftContent = v.InferOutput<typeof ContentSchema>;
export type Draft = v.InferOutput<typeof DraftSchema>;

/** Drafts of a ledger, one file each, beside the journal. Unlike entries they can be changed and thrown away. */
export class Drafts {
  readonly #files: Files;
  readonly #folder: string;
  readonly #writable: boolean;

  constructor(files: Files, ledgerFolder: string, writable: boolean) {
    this.#files = files;
    this.#folder = join(ledgerFolder, 'drafts');
    this.#writable = writable;
  }

  /** Keeps a draft, new or under the id it has. @throws EmendError 'bad-input' for content that does not fit */
  async save(content: DraftContent, now: Date, id: string = randomUUID()): Promise<Draft> {
    this.#mayWrite();
    const draft = v.safeParse(DraftSchema, { ...content, id, changed: now.toISOString() });
    if (!draft.success)
      throw new EmendError(
        'bad-input',
        `The draft does not fit: ${v.getDotPath(draft.issues[0]) ?? 'the whole'}: ${draft.issues[0].message}.`,
        'Nothing was kept.',
      );
    await ensureFolder(this.#files, this.#folder);
    await writeDurably(this.#files, this.#path(id), Buffer.from(`${canonical(draft.output)}\n`));
    return draft.output;
  }

  /** All drafts, the one changed last first; a file that cannot be read is told in `notices` and left where it is. */
  async list(): Promise<{ readonly drafts: readonly Draft[]; readonly notices: readonly Notice[] }> {
    const drafts: Draft[] = [];
    const notices: Notice[] = [];
    if ((await this.#files.stat(this.#folder)) === undefined) return { drafts, notices };
    for (const name of await this.#files.list(this.#folder)) {
      if (!name.endsWith('.json')) continue;
      const path = join(this.#folder, name);
      const draft = parse(Buffer.from(await this.#files.read(path)).toString('utf8'));
      if (draft) drafts.push(draft);
      else
        notices.push({
          what: 'draft',
          message: `The draft ${path} is damaged and cannot be shown.`,
          hint: 'Bring the file back from a backup, or remove it.',
        });
    }
    drafts.sort((a, b) => (a.changed < b.changed ? 1 : -1));
    return { drafts, notices };
  }

  /** @throws EmendError 'not-found' */
  async remove(id: string): Promise<void> {
    this.#mayWrite();
    try {
      await this.#files.remove(this.#path(id));
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
      throw new EmendError('not-found', `There is no draft ${id}.`, 'It may have been committed or thrown away already.', { id });
    }
    await this.#files.syncFolder(this.#folder);
  }

  /** Removes what interrupted saves left. */
  async removeUnfinished(): Promise<void> {
    if ((await this.#files.stat(this.#folder)) !== undefined) await removeTemporaries(this.#files, this.#folder);
  }

  /** The file of an id; ids come from outside, so they must not lead elsewhere. */
  #path(id: string): string {
    if (!v.is(DraftSchema.entries.id, id))
      throw new EmendError('bad-input', `${JSON.stringify(id)} is no draft id.`, 'Take the id from the list of drafts.');
    return join(this.#folder, `${id}.json`);
  }

  #mayWrite(): void {
    if (!this.#writable)
      throw new EmendError('bad-input', 'This ledger was opened for reading only; drafts cannot be changed.', 'Open it for writing.');
  }
}

function parse(text: string): Draft | undefined {
  try {
    const result = v.safeParse(DraftSchema, JSON.parse(text));
    return result.success ? result.output : undefined;
  } catch {
    return undefined;
  }
}
