import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import type { Exported } from '../../shared/contract/exports.ts';
import { EmendError } from '../../shared/errors.ts';
import type { Proof, Verdict } from '../../shared/verdict.ts';
import type { FileRecord } from '../ledger/bodies.ts';
import { parseCheckpoint } from '../ledger/checkpoints.ts';
import { disk } from '../storage/files.ts';
import { hashFiles, listFolder } from '../storage/folders.ts';
import { Sha256Schema } from '../storage/hash.ts';
import { parsePublicKey, type VerifyKey } from '../ledger/keys.ts';
import { verifyJournal } from '../ledger/verify.ts';
import { FILES, FOLDER } from './attest/bundle.ts';
import { parseEnvelope, parseJson } from './attest/dsse.ts';
import { checkVoucher, parseModelKey } from './attest/model-key.ts';
import { isIgnored, openModelSignature, SIGNATURE_FILE, type SignedFile } from './attest/model-signing.ts';
import { openStatement } from './attest/statement.ts';
import type { Steps } from '../../shared/progress.ts';
import { versionRecord } from './attest/version-record.ts';

/** What verifying an export found. */
export interface ExportVerification {
  /** Nothing is wrong. When the key is the folder's own, that proves only that the folder agrees with itself. */
  readonly ok: boolean;
  readonly verdict: Verdict;
  /** What it says that it is; undefined where its record cannot be read. */
  readonly about: Exported | undefined;
  /** Whether the key was given from elsewhere, or taken from the folder that it should prove. */
  readonly key: { readonly id: string | undefined; readonly from: 'given' | 'folder' };
  readonly items: readonly VerifiedItem[];
  /** Number and hash of the record's last entry, to compare with one known from elsewhere. */
  readonly head: { readonly seq: number; readonly hash: string } | undefined;
}

export interface VerifiedItem {
  readonly what: 'key' | 'signature' | 'file' | 'ledger' | 'checkpoint' | 'checks' | 'edit' | 'bom';
  /** The file that it is about, relative to the folder. */
  readonly path: string;
  /** 'unsure': nothing contradicts it, and nothing from outside proves it. */
  readonly state: 'ok' | 'unsure' | 'problem';
  /** For people: what was found. */
  readonly message: string;
}

export interface VerifyExportOptions {
  /** PEM text of the Ed25519 key of whoever made the export, had from them. */
  readonly publicKey?: string;
  readonly report?: Steps;
}

/**
 * Verifies an export by nothing but its folder and a public key: the signature, every file, the record and its end, the statements.
 * Changes nothing.
 * @throws EmendError 'not-found' when there is no such folder, 'bad-file' for a public key that is none; what is wrong with the export is
 *   in the result
 */
export async function verifyExport(folder: string, options: VerifyExportOptions = {}): Promise<ExportVerification> {
  const given = options.publicKey === undefined ? undefined : parsePublicKey(options.publicKey, 'The public key');
  const content = await listFolder(folder, { links: 'apart' }).catch((error: NodeJS.ErrnoException) => {
    throw new EmendError(
      'not-found',
      `The folder ${folder} cannot be read (${error.code ?? error.message}).`,
      'Choose the folder of an exported model.',
      { folder },
    );
  });
  const found = await hashFiles(disk, folder, content.files, options.report);
  const looking = new Looking(folder, found);
  for (const path of content.others) looking.problem('file', path, `${path} is a link or no plain file; an export holds none.`);
  const key = given ?? (await looking.own());
  looking.keySource(given);
  const signed = key && (await looking.signature(key));
  if (signed) await looking.files(signed);
  const record = key && (await looking.ledger(key));
  const head = record?.head;
  if (key) {
    await looking.statements('checks', FILES.checks, key);
    await looking.statements('edit', FILES.edit, key);
  }
  await looking.bom(head?.hash);
  const problems = looking.items.filter((item) => item.state === 'problem').length;
  return {
    ok: problems === 0,
    verdict: { ...provenBy(given, head?.seq, record?.signed), entries: head?.seq ?? 0, problems, unchecked: [] },
    about: await looking.about(record?.bytes),
    key: { id: key?.id, from: given ? 'given' : 'folder' },
    items: looking.items,
    head,
  };
}

const UNPROVEN = 'who made it is unproven, since the key was taken from the folder itself; get the public key from its maker';

/** Only a key from elsewhere proves: whoever changed the folder could have changed the key in it too. */
function provenBy(given: VerifyKey | undefined, end: number | undefined, time: string | undefined): Proof {
  if (!given) return { upTo: 0, end: false, why: UNPROVEN };
  if (end === undefined || time === undefined) return { upTo: 0, end: false };
  return { upTo: end, by: { what: 'key', key: given.id, time }, end: true };
}

/** What the verifier reads of a BOM. */
const BomSchema = v.object({
  metadata: v.object({
    timestamp: v.optional(v.string()),
    authors: v.optional(v.array(v.object({ name: v.string() }))),
    component: v.object({ properties: v.array(v.object({ name: v.string(), value: v.string() })) }),
  }),
  components: v.array(v.object({ name: v.string(), hashes: v.tuple([v.object({ alg: v.literal('SHA-256'), content: Sha256Schema })]) })),
});

/** One look at a folder; gathers what it finds. */
class Looking {
  readonly items: VerifiedItem[] = [];
  readonly #folder: string;
  readonly #found: ReadonlyMap<string, FileRecord>;

  constructor(folder: string, found: readonly FileRecord[]) {
    this.#folder = folder;
    this.#found = new Map(found.map((file) => [file.path, file]));
  }

  problem(what: VerifiedItem['what'], path: string, message: string): void {
    this.items.push({ what, path, state: 'problem', message });
  }

  /** The folder's own key. */
  own(): Promise<VerifyKey | undefined> {
    const path = inside(FILES.publicKey);
    return this.#attempt('key', path, async () => parsePublicKey(await this.#text(path), path));
  }

  keySource(given: VerifyKey | undefined): void {
    const path = inside(FILES.publicKey);
    if (given) this.#good('key', path, `The key ${given.id} was given; the folder's own was not relied on.`);
    else if (this.#found.has(path))
      this.items.push({
        what: 'key',
        path,
        state: 'unsure',
        message:
          'The key was taken from the folder itself. Whoever changed the model could have changed the key too: ' +
          'compare it with one from the maker.',
      });
  }

  /** The list of files that model.sig proves. */
  signature(key: VerifyKey): Promise<readonly SignedFile[] | undefined> {
    return this.#attempt('signature', SIGNATURE_FILE, async () => {
      const pem = await this.#text(inside(FILES.modelKey));
      const voucher = parseEnvelope(await this.#text(inside(FILES.voucher)), inside(FILES.voucher));
      checkVoucher(voucher, Buffer.from(pem), key, inside(FILES.voucher), inside(FILES.modelKey));
      const files = openModelSignature(await this.#text(SIGNATURE_FILE), parseModelKey(pem, inside(FILES.modelKey)));
      this.#good('signature', SIGNATURE_FILE, `The signature fits; it lists ${files.length} files.`);
      return files;
    });
  }

  /** Holds what is there against what was signed. What Model Signing leaves out, the bill of materials lists, which is signed. */
  async files(signed: readonly SignedFile[]): Promise<void> {
    const bom = (await this.#readBom())?.components.map(({ name, hashes }) => ({ path: name, sha256: hashes[0].content })) ?? [];
    const expected = new Map([...signed, ...bom.filter((file) => isIgnored(file.path))].map((file) => [file.path, file.sha256]));
    for (const [path, sha256] of expected) {
      const there = this.#found.get(path);
      if (!there) this.problem('file', path, `${path} is missing.`);
      else if (there.sha256 !== sha256)
        this.problem('file', path, `${path} was changed: its SHA-256 is ${there.sha256}, signed was ${sha256}.`);
      else this.#good('file', path, 'As it was signed.');
    }
    for (const path of this.#found.keys())
      if (!expected.has(path) && path !== SIGNATURE_FILE) this.problem('file', path, `${path} was not there when the export was signed.`);
  }

  /** The chain, and that its end is the one that was signed. @returns it, and when its end was signed if that fits */
  async ledger(key: VerifyKey): Promise<{ bytes: Uint8Array; head: ExportVerification['head']; signed: string | undefined } | undefined> {
    const [ledger, checkpointFile] = [inside(FILES.ledger), inside(FILES.checkpoint)];
    const checkpoint = await this.#attempt('checkpoint', checkpointFile, async () =>
      parseCheckpoint(await this.#text(checkpointFile), checkpointFile),
    );
    const bytes = await this.#attempt('ledger', ledger, () => this.#bytes(ledger));
    if (!bytes) return undefined;
    const { entries, head } = verifyJournal(bytes, checkpoint ? { keys: [key], given: [{ from: checkpointFile, end: checkpoint }] } : {});
    const problems = entries.flatMap((entry) => entry.problems);
    for (const damage of problems)
      this.problem(
        damage.what === 'checkpoint' || damage.what === 'missing' ? 'checkpoint' : 'ledger',
        damage.what === 'checkpoint' ? checkpointFile : ledger,
        damage.message,
      );
    if (!head) this.problem('ledger', ledger, `${ledger} holds no entry.`);
    else if (checkpoint && checkpoint.seq < head.seq)
      this.problem(
        'checkpoint',
        checkpointFile,
        `The checkpoint signs ${checkpoint.seq} entries; the record has ${head.seq}, so the last are not signed.`,
      );
    else if (problems.length === 0 && checkpoint) {
      this.#good('ledger', ledger, `${head.seq} entries, each fits the one before.`);
      this.#good('checkpoint', checkpointFile, `Signed at ${checkpoint.time}: the record ends where it should, with entry ${head.seq}.`);
    }
    return { bytes, head, signed: problems.length === 0 && checkpoint?.head === head?.hash ? checkpoint?.time : undefined };
  }

  /** What the folder says that it is. */
  async about(journal: Uint8Array | undefined): Promise<Exported | undefined> {
    const bom = await this.#readBom();
    const told = new Map(bom?.metadata.component.properties.map(({ name, value }) => [name, value]));
    const version = told.get('emend:version');
    if (!journal || version === undefined) return undefined;
    try {
      const record = versionRecord(journal, version);
      const { name, id } = record.imported.body.model;
      const [format, time, author] = [told.get('emend:format'), bom?.metadata.timestamp, bom?.metadata.authors?.[0]?.name];
      return {
        model: name,
        modelId: id,
        version: record.version.id,
        tags: [...record.tags],
        edits: record.parts.filter(({ kind }) => kind === 'edit').length,
        steerings: record.parts.filter(({ kind }) => kind === 'steer').length,
        ...(format === undefined ? {} : { format }),
        ...(time === undefined ? {} : { time }),
        ...(author === undefined ? {} : { author }),
        entries: record.head.seq,
      };
    } catch (error) {
      if (error instanceof EmendError) return undefined; // what is wrong with the record is told already
      throw error;
    }
  }

  /** Signed statements about the exported files; a version without changes or checks has none. */
  async statements(what: 'checks' | 'edit', name: string, key: VerifyKey): Promise<void> {
    const path = inside(name);
    if (!this.#found.has(path)) return;
    await this.#attempt(what, path, async () => {
      const lines = (await this.#text(path)).split('\n').filter((line) => line !== '');
      for (const { subject } of lines.map((line) => openStatement(parseEnvelope(line, path), key, path))) {
        for (const { name: file, digest } of subject) {
          const there = this.#found.get(file)?.sha256;
          if (there !== digest.sha256)
            throw new EmendError(
              'bad-file',
              `${path} is about ${file} with SHA-256 ${digest.sha256}; ` +
                `${there === undefined ? 'there is no such file' : `it has ${there}`}.`,
            );
        }
      }
      this.#good(what, path, `Signed, and about these files: ${lines.length === 1 ? '1 statement' : `${lines.length} statements`}.`);
    });
  }

  async bom(head: string | undefined): Promise<void> {
    const path = inside(FILES.bom);
    const bom = await this.#attempt('bom', path, () => this.#parseBom());
    if (!bom) return;
    const before = this.items.length;
    for (const { name, hashes } of bom.components) {
      const there = this.#found.get(name)?.sha256;
      if (there !== hashes[0].content)
        this.problem(
          'bom',
          path,
          `${path} lists ${name} with SHA-256 ${hashes[0].content}; ${there === undefined ? 'there is no such file' : `it has ${there}`}.`,
        );
    }
    const told = bom.metadata.component.properties.find((property) => property.name === 'emend:ledger:head')?.value;
    if (told !== head)
      this.problem('bom', path, `${path} names ${told ?? 'no entry'} as the end of the record; it is ${head ?? 'unknown'}.`);
    if (this.items.length === before) this.#good('bom', path, `Agrees with the ${bom.components.length} files and the record.`);
  }

  #readBom(): Promise<v.InferOutput<typeof BomSchema> | undefined> {
    return this.#parseBom().catch(() => undefined); // bom() tells why
  }

  async #parseBom(): Promise<v.InferOutput<typeof BomSchema>> {
    return parseJson(BomSchema, await this.#text(inside(FILES.bom)), inside(FILES.bom));
  }

  #good(what: VerifiedItem['what'], path: string, message: string): void {
    this.items.push({ what, path, state: 'ok', message });
  }

  /** Does something that may find a file missing or wrong; then that is an item, and the result undefined. */
  async #attempt<T>(what: VerifiedItem['what'], path: string, act: () => Promise<T>): Promise<T | undefined> {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof EmendError)) throw error;
      this.items.push({ what, path, state: 'problem', message: error.message });
      return undefined;
    }
  }

  async #text(path: string): Promise<string> {
    const bytes = await this.#bytes(path);
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      throw new EmendError('bad-file', `${path} is not UTF-8 text.`);
    }
  }

  async #bytes(path: string): Promise<Uint8Array> {
    if (!this.#found.has(path)) throw new EmendError('not-found', `${path} is missing.`);
    return readFile(join(this.#folder, path));
  }
}

function inside(name: string): string {
  return `${FOLDER}/${name}`;
}
