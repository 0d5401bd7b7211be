import { join } from 'node:path';
import * as v from 'valibot';
import { EmendError } from '../../shared/errors.ts';
import { canonical } from '../storage/canonical.ts';
import { ensureFolderBelow, removeTemporaries, writeDurably } from '../storage/durable.ts';
import type { Files } from '../storage/files.ts';
import { sha256, Sha256Schema } from '../storage/hash.ts';
import type { SigningKey, VerifyKey } from './keys.ts';
import type { Damage } from './scan.ts';

const Seq = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const statement = {
  seq: Seq,
  head: Sha256Schema,
  model: Sha256Schema,
  time: v.string(),
  /** Id of the key. */
  key: v.string(),
};
/** Ed25519 in base64 over {@link signedBytes}. */
const signature = v.string();

/** As the first release signed: each for itself, so that one that is taken away is not missed. */
const SingleSchema = v.strictObject({ ...statement, signature });
/** One of a chain. */
const LinkedSchema = v.strictObject({
  format: v.literal(2),
  ...statement,
  /** The entry from which on the record is anchored: its checkpoint begins the chain. */
  since: Seq,
  /** SHA-256 of the text of the checkpoint before; null for the first of the chain. */
  previous: v.nullable(Sha256Schema),
  signature,
});

/** A signed statement that the journal of a model had this entry at its end. A hash chain alone cannot tell that its end was cut off. */
const CheckpointSchema = v.union([LinkedSchema, SingleSchema]);
export type Checkpoint = v.InferOutput<typeof CheckpointSchema>;
export type LinkedCheckpoint = v.InferOutput<typeof LinkedSchema>;
type Unsigned = Omit<LinkedCheckpoint, 'signature'> | Omit<v.InferOutput<typeof SingleSchema>, 'signature'>;

const FOLDER = 'checkpoints';
/** Keeps a signature from meaning anything else that is signed with the same key. */
const PURPOSE = { 1: 'emend checkpoint 1\n', 2: 'emend checkpoint 2\n' } as const;

/**
 * Signs that `seq` entries, the last with hash `head`, are the journal of `model`.
 * @param link how it hangs together with the one before; left out for one that stands for itself
 */
export function signCheckpoint(
  key: SigningKey,
  state: { readonly seq: number; readonly head: string; readonly model: string; readonly time: string },
  link?: { readonly since: number; readonly previous: string | null },
): Checkpoint {
  const { seq, head, model, time } = state;
  const single = { seq, head, model, time, key: key.id };
  const unsigned: Unsigned = link === undefined ? single : { format: 2, ...single, since: link.since, previous: link.previous };
  return { ...unsigned, signature: Buffer.from(key.sign(signedBytes(unsigned))).toString('base64') } as Checkpoint;
}

/** Whether a checkpoint names the one before it. */
export function isLinked(checkpoint: Checkpoint): checkpoint is LinkedCheckpoint {
  return 'format' in checkpoint;
}

/** What the next checkpoint names this one by. */
export function checkpointHash(checkpoint: Checkpoint): string {
  return sha256(written(checkpoint));
}

/** Reads a checkpoint. @param from where the text is from, for the message @throws EmendError 'bad-file' */
export function parseCheckpoint(text: string, from: string): Checkpoint {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new EmendError(
      'bad-file',
      `The checkpoint ${from} is not JSON (${error instanceof Error ? error.message : String(error)}).`,
      'Bring the file back from a backup.',
      { path: from },
    );
  }
  const result = v.safeParse(CheckpointSchema, value);
  if (result.success && text === written(result.output)) return result.output;
  if (result.success)
    throw new EmendError(
      'bad-file',
      `The checkpoint ${from} is not written as it was signed: bytes were added, left out or replaced that change nothing of what it says.`,
      'Bring the file back from a backup.',
      { path: from },
    );
  throw new EmendError(
    'bad-file',
    `The checkpoint ${from} is malformed: ${v.getDotPath(result.issues[0]) ?? 'the whole'}: ${result.issues[0].message}.`,
    'Bring the file back from a backup.',
    { path: from },
  );
}

/** An entry by number and hash. */
interface Hashed {
  readonly seq: number;
  readonly hash: string;
}

/**
 * Holds a checkpoint against the entries that are there.
 * @param keys the keys that are trusted; a checkpoint of another key proves nothing and is reported as such
 * @returns what does not fit, or undefined
 */
export function checkpointProblem(
  checkpoint: Checkpoint,
  entries: readonly Hashed[],
  model: string | undefined,
  keys: readonly VerifyKey[],
): Damage | undefined {
  const { signature, ...signed } = checkpoint;
  const { seq, head, time } = signed;
  const problem = (message: string, what: Damage['what'] = 'checkpoint'): Damage => ({ seq, offset: undefined, what, message });
  const key = keys.find((one) => one.id === signed.key);
  if (!key) return problem(`The checkpoint at entry ${seq} was signed with key ${signed.key}, which is not one of yours.`);
  const bytes = Buffer.from(signature, 'base64');
  if (bytes.toString('base64') !== signature || !key.verify(signedBytes(signed), bytes))
    return problem(`The signature of the checkpoint at entry ${seq} does not fit its content.`);
  if (model !== undefined && signed.model !== model)
    return problem(`The checkpoint at entry ${seq} is for model ${signed.model}, this ledger is for ${model}.`);
  return pointProblem({ seq, head }, entries, `a checkpoint of ${time} signs`);
}

/**
 * Holds an entry's number and hash, known from elsewhere, against the entries that are there.
 * @param says whose word it is, as in "a checkpoint of 2026 signs"
 */
export function pointProblem(
  { seq, head }: { readonly seq: number; readonly head: string },
  entries: readonly Hashed[],
  says: string,
): Damage | undefined {
  const last = entries.at(-1)?.seq ?? 0;
  if (seq > last)
    return {
      seq: last + 1,
      offset: undefined,
      what: 'missing',
      message: `The journal was cut off: it has ${last} entries, and ${says} that it had ${seq}.`,
    };
  const there = entries[seq - 1]?.seq === seq ? entries[seq - 1] : entries.find((entry) => entry.seq === seq);
  if (there && there.hash !== head)
    return {
      seq,
      offset: undefined,
      what: 'chain',
      message: `Entry ${seq} was rewritten: its hash is ${there.hash}, and ${says} ${head}.`,
    };
  return undefined;
}

/** Keeps a checkpoint in a ledger's folder. Returns its path. */
export async function saveCheckpoint(files: Files, ledgerFolder: string, checkpoint: Checkpoint): Promise<string> {
  const folder = join(ledgerFolder, FOLDER);
  await ensureFolderBelow(files, ledgerFolder, folder);
  const path = join(folder, `${String(checkpoint.seq).padStart(9, '0')}.json`);
  await writeDurably(files, path, Buffer.from(written(checkpoint)));
  return path;
}

/** Removes what interrupted saves left. */
export async function removeUnfinishedCheckpoints(files: Files, ledgerFolder: string): Promise<void> {
  const folder = join(ledgerFolder, FOLDER);
  if ((await files.stat(folder)) !== undefined) await removeTemporaries(files, folder);
}

/** Paths of a ledger's checkpoints, oldest first. */
export async function listCheckpoints(files: Files, ledgerFolder: string): Promise<string[]> {
  const folder = join(ledgerFolder, FOLDER);
  if ((await files.stat(folder)) === undefined) return [];
  return (await files.list(folder))
    .filter((name) => /^\d{9}\.json$/.test(name))
    .sort()
    .map((name) => join(folder, name));
}

/** The number of the entry that the checkpoint in a file is for. */
export function checkpointSeq(path: string): number {
  return Number(/(\d{9})\.json$/.exec(path)?.[1]);
}

function checkpointPath(path: string): string | undefined {
  return /[\\/](checkpoints[\\/]\d{9}\.json)$/.exec(path)?.[1];
}

/** @throws EmendError 'bad-file' */
export async function readCheckpoint(files: Files, path: string): Promise<Checkpoint> {
  // What is wrong with one of a ledger's is recorded, and where the library lies is nobody's business.
  const shown = checkpointPath(path) ?? path;
  return parseCheckpoint(Buffer.from(await files.read(path)).toString('utf8'), shown);
}

/** The one text of a checkpoint, so that no byte of its file can change unnoticed. */
export function written(checkpoint: Checkpoint): string {
  return `${canonical(checkpoint)}\n`;
}

function signedBytes(unsigned: Unsigned): Uint8Array {
  return Buffer.from(PURPOSE['format' in unsigned ? 2 : 1] + canonical(unsigned), 'utf8');
}
