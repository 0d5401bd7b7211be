import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import { EmendError } from '../../shared/errors.ts';
import { addsPart, kindNames } from '../../shared/kinds.ts';
import { BlobRefSchema, FactBriefSchema } from './bodies.ts';
import { canonical } from '../storage/canonical.ts';
import { ensureFolderBelow, removeTemporaries, writeDurably } from '../storage/durable.ts';
import { errnoOf } from '../storage/file-errors.ts';
import type { Files } from '../storage/files.ts';
import { Sha256Schema } from '../storage/hash.ts';
import type { SigningKey, VerifyKey } from './keys.ts';
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
/** As it lies on disk. Drafts of earlier releases have no seal. */
const FileSchema = v.strictObject({
  ...DraftSchema.entries,
  seal: v.exactOptional(v.strictObject({ key: v.string(), signature: v.string() })),
});

/** A part of a version that is being worked on, such as an edit; nothing of it is in the ledger yet. */
export type DraftContent = v.InferOutput<typeof ContentSchema>;
type Unsealed = v.InferOutput<typeof DraftSchema>;
export interface Draft extends Unsealed {
  /** Whether it is as Emend kept it, by the ledger's key. What is not sealed may say anything. */
  readonly isSealed: boolean;
}

/** Keeps a signature from meaning anything else that is signed with the same key. */
const PURPOSE = 'emend draft 1\n';

/** What drafts are sealed and known by. */
export interface DraftKeys {
  readonly key: SigningKey | undefined;
  readonly trusted: readonly VerifyKey[];
}

/** Drafts of a ledger, one file each, beside the journal. Unlike entries they can be changed and thrown away; by Emend, not by others. */
export class Drafts {
  readonly #files: Files;
  readonly #folder: string;
  readonly #writable: boolean;
  readonly #keys: DraftKeys;

  constructor(files: Files, ledgerFolder: string, writable: boolean, keys: DraftKeys = { key: undefined, trusted: [] }) {
    this.#files = files;
    this.#folder = join(ledgerFolder, 'drafts');
    this.#writable = writable;
    this.#keys = keys;
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
    const { key } = this.#keys;
    const seal = key && { key: key.id, signature: Buffer.from(key.sign(sealedBytes(draft.output))).toString('base64') };
    await ensureFolderBelow(this.#files, dirname(this.#folder), this.#folder);
    await writeDurably(this.#files, this.#path(id), Buffer.from(`${canonical({ ...draft.output, ...(seal ? { seal } : {}) })}\n`));
    return { ...draft.output, isSealed: seal !== undefined };
  }

  /**
   * All drafts, the one changed last first; a file that cannot be read, or was changed by somebody else, is told in `notices` and left
   * where it is.
   */
  async list(): Promise<{ readonly drafts: readonly Draft[]; readonly notices: readonly Notice[] }> {
    const drafts: Draft[] = [];
    const notices: Notice[] = [];
    if ((await this.#files.stat(this.#folder)) === undefined) return { drafts, notices };
    for (const name of await this.#files.list(this.#folder)) {
      if (!name.endsWith('.json')) continue;
      const path = join(this.#folder, name);
      const draft = this.#parse(Buffer.from(await this.#files.read(path)).toString('utf8'), name);
      if (typeof draft === 'object') drafts.push(draft);
      else
        notices.push({ what: 'draft', message: `The draft ${path} ${draft}.`, hint: 'Bring the file back from a backup, or remove it.' });
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

  /** The draft in a file's text, or what is wrong with it. */
  #parse(text: string, name: string): Draft | string {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return 'is damaged and cannot be shown';
    }
    const result = v.safeParse(FileSchema, value);
    if (!result.success) return 'is damaged and cannot be shown';
    const { seal, ...draft } = result.output;
    if (name !== `${draft.id}.json`) return `was moved: it is draft ${draft.id}`;
    if (!seal) return { ...draft, isSealed: false };
    const { key, trusted } = this.#keys;
    const sealer = [...(key ? [key] : []), ...trusted].find((one) => one.id === seal.key);
    if (sealer?.verify(sealedBytes(draft), Buffer.from(seal.signature, 'base64')) === false)
      return 'was changed after Emend kept it: its seal does not fit';
    return { ...draft, isSealed: sealer !== undefined };
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

function sealedBytes(draft: Unsealed): Uint8Array {
  return Buffer.from(PURPOSE + canonical(draft), 'utf8');
}
