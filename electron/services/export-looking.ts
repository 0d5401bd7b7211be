import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { EmendError } from '../../shared/errors.ts';
import type { BlobRef, FileRecord } from '../ledger/bodies.ts';
import { parseCheckpoint } from '../ledger/checkpoints.ts';
import { Sha256Schema } from '../storage/hash.ts';
import { isLeftBehind, leftBehindWords } from '../storage/system-files.ts';
import { parsePublicKey, type VerifyKey } from '../ledger/keys.ts';
import { verifyJournal } from '../ledger/verify.ts';
import { parseEnvelope, parseJson } from './attest/dsse.ts';
import { EXPORT, type ExportClaim, ExportClaimSchema } from './attest/export-claim.ts';
import { FILES, FOLDER } from './attest/files.ts';
import { checkVoucher, parseModelKey } from './attest/model-key.ts';
import { isIgnored, openModelSignature, SIGNATURE_FILE, type SignedFile } from './attest/model-signing.ts';
import { openStatement } from './attest/statement.ts';

/** Something of an export that was looked at. */
export interface VerifiedItem {
  readonly what: 'key' | 'signature' | 'file' | 'ledger' | 'checkpoint' | 'checks' | 'edit' | 'bom' | 'content' | 'document' | 'export';
  /** The file that it is about, relative to the folder. */
  readonly path: string;
  /** 'unsure': nothing contradicts it, and nothing from outside proves it. */
  readonly state: 'ok' | 'unsure' | 'problem';
  /** For people: what was found. */
  readonly message: string;
}

/** What the verifier reads of a BOM. */
export const BomSchema = v.object({
  metadata: v.object({
    timestamp: v.optional(v.string()),
    authors: v.optional(v.array(v.object({ name: v.string() }))),
    tools: v.optional(v.object({ components: v.array(v.object({ version: v.optional(v.string()) })) })),
    component: v.object({ properties: v.array(v.object({ name: v.string(), value: v.string() })) }),
  }),
  components: v.array(v.object({ name: v.string(), hashes: v.tuple([v.object({ alg: v.literal('SHA-256'), content: Sha256Schema })]) })),
});

/** The record that lies in an export. */
export interface FoundRecord {
  readonly bytes: Uint8Array;
  /** Number and hash of its last entry. */
  readonly head: { readonly seq: number; readonly hash: string } | undefined;
  /** When its end was signed, if that fits. */
  readonly signed: string | undefined;
}

/** How a version left, and what its files were. */
export interface Claimed {
  readonly claim: ExportClaim;
  readonly files: ReadonlyMap<string, string>;
}

/** One look at a folder; gathers what it finds. */
export class Looking {
  readonly items: VerifiedItem[] = [];
  readonly folder: string;
  readonly found: ReadonlyMap<string, FileRecord>;
  /** What was left there since it was signed, and is no part of it. */
  readonly #beside = new Set<string>();

  constructor(folder: string, found: readonly FileRecord[]) {
    this.folder = folder;
    this.found = new Map(found.map((file) => [file.path, file]));
  }

  problem(what: VerifiedItem['what'], path: string, message: string): void {
    this.items.push({ what, path, state: 'problem', message });
  }

  /** Nothing contradicts it, and nothing proves it. */
  unsure(what: VerifiedItem['what'], path: string, message: string): void {
    this.items.push({ what, path, state: 'unsure', message });
  }

  /** The exported model's own files. */
  get exported(): FileRecord[] {
    return [...this.found.values()].filter(
      ({ path }) => path !== SIGNATURE_FILE && !path.startsWith(`${FOLDER}/`) && !this.#beside.has(path),
    );
  }

  /** The path of a blob that went along; undefined when it did not, or is another. */
  blob({ blob }: BlobRef): string | undefined {
    const path = inside(`${FILES.blobs}/${blob}`);
    return this.found.get(path)?.sha256 === blob ? join(this.folder, path) : undefined;
  }

  /** The folder's own key. */
  own(): Promise<VerifyKey | undefined> {
    const path = inside(FILES.publicKey);
    return this.attempt('key', path, async () => parsePublicKey(await this.text(path), path));
  }

  keySource(given: VerifyKey | undefined): void {
    const path = inside(FILES.publicKey);
    if (given) this.good('key', path, `The key ${given.id} was given; the folder's own was not relied on.`);
    else if (this.found.has(path))
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
    return this.attempt('signature', SIGNATURE_FILE, async () => {
      const pem = await this.text(inside(FILES.modelKey));
      const voucher = parseEnvelope(await this.text(inside(FILES.voucher)), inside(FILES.voucher));
      checkVoucher(voucher, Buffer.from(pem), key, inside(FILES.voucher), inside(FILES.modelKey));
      const files = openModelSignature(await this.text(SIGNATURE_FILE), parseModelKey(pem, inside(FILES.modelKey)));
      this.good('signature', SIGNATURE_FILE, `The signature fits; it lists ${files.length} files.`);
      return files;
    });
  }

  /** Holds what is there against what was signed. What Model Signing leaves out, the bill of materials lists, which is signed. */
  async files(signed: readonly SignedFile[]): Promise<void> {
    const bom = (await this.readBom())?.components.map(({ name, hashes }) => ({ path: name, sha256: hashes[0].content })) ?? [];
    const expected = new Map([...signed, ...bom.filter((file) => isIgnored(file.path))].map((file) => [file.path, file.sha256]));
    for (const [path, sha256] of expected) {
      const there = this.found.get(path);
      if (!there) this.problem('file', path, `${path} is missing.`);
      else if (there.sha256 !== sha256)
        this.problem('file', path, `${path} was changed: its SHA-256 is ${there.sha256}, signed was ${sha256}.`);
      else this.good('file', path, 'As it was signed.');
    }
    for (const path of this.found.keys())
      if (expected.has(path) || path === SIGNATURE_FILE) continue;
      else if (isLeftBehind(path)) {
        this.#beside.add(path);
        this.unsure('file', path, leftBehindWords(path));
      } else this.problem('file', path, `${path} was not there when the export was signed.`);
  }

  /** The chain, and that its end is the one that was signed. @returns it, and when its end was signed if that fits */
  async ledger(key: VerifyKey): Promise<FoundRecord | undefined> {
    const [ledger, checkpointFile] = [inside(FILES.ledger), inside(FILES.checkpoint)];
    const checkpoint = await this.attempt('checkpoint', checkpointFile, async () =>
      parseCheckpoint(await this.text(checkpointFile), checkpointFile),
    );
    const bytes = await this.attempt('ledger', ledger, () => this.bytes(ledger));
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
      this.good('ledger', ledger, `${head.seq} entries, each fits the one before.`);
      this.good('checkpoint', checkpointFile, `Signed at ${checkpoint.time}: the record ends where it should, with entry ${head.seq}.`);
    }
    return { bytes, head, signed: problems.length === 0 && checkpoint?.head === head?.hash ? checkpoint?.time : undefined };
  }

  /** Signed statements about the exported files; a version without changes or checks has none. */
  async statements(what: 'checks' | 'edit' | 'export', name: string, key: VerifyKey): Promise<void> {
    const path = inside(name);
    if (!this.found.has(path)) return;
    await this.attempt(what, path, async () => {
      const lines = (await this.text(path)).split('\n').filter((line) => line !== '');
      for (const { subject } of lines.map((line) => openStatement(parseEnvelope(line, path), key, path))) {
        for (const { name: file, digest } of subject) {
          const there = this.found.get(file)?.sha256;
          if (there !== digest.sha256)
            throw new EmendError(
              'bad-file',
              `${path} is about ${file} with SHA-256 ${digest.sha256}; ` +
                `${there === undefined ? 'there is no such file' : `it has ${there}`}.`,
            );
        }
      }
      this.good(what, path, `Signed, and about these files: ${lines.length === 1 ? '1 statement' : `${lines.length} statements`}.`);
    });
  }

  /** How the version left, as it was signed; undefined where nothing says, or where that is not to be believed. */
  async claim(key: VerifyKey): Promise<Claimed | undefined> {
    const path = inside(FILES.export);
    if (!this.found.has(path)) return undefined; // earlier builds wrote none; one that was taken away is missed by model.sig
    return this.attempt('export', path, async () => {
      const { subject, predicateType, predicate } = openStatement(parseEnvelope((await this.text(path)).trimEnd(), path), key, path);
      if (predicateType !== EXPORT)
        throw new EmendError('bad-file', `${path} is a statement of type ${predicateType}; expected ${EXPORT}.`);
      const claim = parseJson(ExportClaimSchema, JSON.stringify(predicate), path);
      return { claim, files: new Map(subject.map(({ name, digest }) => [name, digest.sha256])) };
    });
  }

  async bom(head: string | undefined): Promise<void> {
    const path = inside(FILES.bom);
    const bom = await this.attempt('bom', path, () => this.#parseBom());
    if (!bom) return;
    const before = this.items.length;
    for (const { name, hashes } of bom.components) {
      const there = this.found.get(name)?.sha256;
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
    if (this.items.length === before) this.good('bom', path, `Agrees with the ${bom.components.length} files and the record.`);
  }

  /** The BOM, where it can be read; what is wrong with it is told by bom. */
  readBom(): Promise<v.InferOutput<typeof BomSchema> | undefined> {
    return this.#parseBom().catch(() => undefined); // bom() tells why
  }

  async #parseBom(): Promise<v.InferOutput<typeof BomSchema>> {
    return parseJson(BomSchema, await this.text(inside(FILES.bom)), inside(FILES.bom));
  }

  good(what: VerifiedItem['what'], path: string, message: string): void {
    this.items.push({ what, path, state: 'ok', message });
  }

  /** Does something that may find a file missing or wrong; then that is an item, and the result undefined. */
  async attempt<T>(what: VerifiedItem['what'], path: string, act: () => Promise<T>): Promise<T | undefined> {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof EmendError)) throw error;
      this.items.push({ what, path, state: 'problem', message: error.message });
      return undefined;
    }
  }

  async text(path: string): Promise<string> {
    const bytes = await this.bytes(path);
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      throw new EmendError('bad-file', `${path} is not UTF-8 text.`);
    }
  }

  async bytes(path: string): Promise<Uint8Array> {
    if (!this.found.has(path)) throw new EmendError('not-found', `${path} is missing.`);
    return readFile(join(this.folder, path));
  }
}

/** The path of one of the attestations. */
export function inside(name: string): string {
  return `${FOLDER}/${name}`;
}
