import { basename, join, resolve } from 'node:path';
import { EmendError } from '../../../shared/errors.ts';
import type { BlobRef, FileRecord } from '../../ledger/bodies.ts';
import { written, type Checkpoint } from '../../ledger/checkpoints.ts';
import { ensureFolder, writeDurably } from '../../storage/durable.ts';
import { explained } from '../../storage/file-errors.ts';
import { disk } from '../../storage/files.ts';
import { sha256 } from '../../storage/hash.ts';
import type { SigningKey } from '../../ledger/keys.ts';
import { documentsOf } from './documents.ts';
import { envelopeLine, type Envelope } from './dsse.ts';
import type { ExportClaim } from './export-claim.ts';
import { FILES, FOLDER } from './files.ts';
import { hashFiles, listFolder } from '../../storage/folders.ts';
import { vouchFor } from './model-key.ts';
import { SIGNATURE_FILE, signModel } from './model-signing.ts';
import { readme } from './readme.ts';
import { signStatement } from './statement.ts';
import type { Steps } from '../../../shared/progress.ts';
import { versionRecord, type VersionRecord } from './version-record.ts';

/** What the attestations of an export are made from. */
export interface AttestationInputs {
  /** The whole journal, as `Ledger.journal()` gives it. */
  readonly journal: Uint8Array;
  /** Of the journal's last entry, as `Ledger.checkpoint()` gives it. */
  readonly checkpoint: Checkpoint;
  /** Id of the version that was exported. */
  readonly version: string;
  /** Such as folder, tensors, lora. */
  readonly format: string;
  /** The ledger's key. */
  readonly key: SigningKey;
  /** Signs model.sig; see model-key.ts. */
  readonly modelKey: SigningKey;
  /** Version of the application. */
  readonly app: string;
  /** When it is exported, RFC 3339. */
  readonly time: string;
  /** Who exports it. */
  readonly author: string;
  /** How it leaves. */
  readonly claim?: ExportClaim;
  /** Blobs to go along, such as fact sets and reports; deltas only where asked for. */
  readonly blobs?: readonly { readonly ref: BlobRef; readonly bytes: Uint8Array }[];
  /** Holds the exported files against the record before anything of them is signed; throws when they are not what it says. */
  readonly hold?: (files: readonly FileRecord[], record: VersionRecord) => Promise<void>;
  readonly report?: Steps;
}

/** What was written. */
export interface Attestations {
  /** The files of the export as they were found, without the attestations. */
  readonly files: readonly FileRecord[];
  /** Paths of what was written, relative to the folder. */
  readonly written: readonly string[];
}

/**
 * Writes beside an exported model what explains and proves it: a subfolder `emend/` and, last, `model.sig`, which lists every file.
 * Each file is synced before the call returns. All but model.sig follow from the inputs byte by byte.
 * @param folder a finished export that nothing writes to any more
 * @throws EmendError 'bad-input' when the folder has attestations already, is empty, holds a link, or the checkpoint is not of the
 *   journal's end; 'failed' when the disk refuses
 */
export async function writeAttestations(folder: string, inputs: AttestationInputs): Promise<Attestations> {
  const { journal, checkpoint, version, format, key, modelKey, app, time, author, claim } = inputs;
  const record = versionRecord(journal, version);
  if (checkpoint.head !== record.head.hash)
    throw new EmendError(
      'bad-input',
      `The checkpoint is of an entry with hash ${checkpoint.head}; the journal ends with ${record.head.hash}.`,
      'Make a checkpoint after the last entry.',
    );
  const files = await exported(folder, inputs.report);
  await inputs.hold?.(files, record);
  const documents = documentsOf({ record, journal, files, format, app, time, author, key: key.id, claim });
  const line = (envelope: Envelope) => `${envelopeLine(envelope)}\n`;
  const content = new Map<string, string | Uint8Array>([
    [FILES.ledger, journal],
    [FILES.checkpoint, written(checkpoint)],
    ...[...documents.statements].map(([name, claim]) => [name, line(signStatement(key, claim))] as const),
    ...documents.texts,
    [FILES.publicKey, key.pem],
    [FILES.modelKey, modelKey.pem],
    [FILES.voucher, line(vouchFor(modelKey, key))],
    ...(inputs.blobs ?? []).map(({ ref, bytes }) => [`${FILES.blobs}/${ref.blob}`, bytes] as const),
  ]);
  content.set(FILES.readme, readme([...content.keys()], key.id));
  return { files, written: await writeAll(folder, content, files, modelKey) };
}

/** The files that an export wrote, hashed. */
async function exported(folder: string, report: Steps | undefined): Promise<FileRecord[]> {
  const { files, others } = await listFolder(folder, { links: 'apart' });
  const old = files.find((path) => path === SIGNATURE_FILE || path.startsWith(`${FOLDER}/`));
  if (old !== undefined)
    throw new EmendError('bad-input', `${folder} has attestations already: ${old}.`, 'Export into a new folder.', { path: old });
  if (others.length > 0)
    throw new EmendError(
      'bad-input',
      `${join(folder, others[0]!)} is a link or no plain file, and cannot be signed.`,
      'Put the file itself in its place.',
      { path: others[0] },
    );
  if (files.length === 0) throw new EmendError('bad-input', `${folder} holds no file.`, 'Export the model first.');
  return hashFiles(disk, folder, files, report);
}

async function writeAll(
  folder: string,
  content: ReadonlyMap<string, string | Uint8Array>,
  exportedFiles: readonly FileRecord[],
  modelKey: SigningKey,
): Promise<string[]> {
  const io = explained(disk);
  const made: { path: string; sha256: string }[] = [];
  for (const [name, value] of content) {
    const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
    await ensureFolder(io, join(folder, FOLDER, name, '..'));
    await writeDurably(io, join(folder, FOLDER, name), bytes);
    made.push({ path: `${FOLDER}/${name}`, sha256: sha256(bytes) });
  }
  await writeDurably(
    io,
    join(folder, SIGNATURE_FILE),
    Buffer.from(signModel(modelKey, basename(resolve(folder)), [...exportedFiles, ...made])),
  );
  return [...made.map((file) => file.path), SIGNATURE_FILE];
}
