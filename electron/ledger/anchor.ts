import { basename, dirname, join } from 'node:path';
import * as v from 'valibot';
import { EmendError } from '../../shared/errors.ts';
import { canonical } from '../storage/canonical.ts';
import { ensureFolder, removeIfThere, writeDurably } from '../storage/durable.ts';
import { errnoOf } from '../storage/file-errors.ts';
import type { Files } from '../storage/files.ts';
import { Sha256Schema } from '../storage/hash.ts';
import { pointProblem } from './checkpoints.ts';
import type { SigningKey, VerifyKey } from './keys.ts';
import type { Damage } from './scan.ts';

const Seq = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const PointSchema = v.strictObject({ seq: Seq, head: Sha256Schema });
/** An entry as something outside the ledger knows it: its number and its hash. */
export type Point = v.InferOutput<typeof PointSchema>;

/**
 * What is known of a ledger outside its folder: a signed file beside the key. It is written before an act is recorded, with what is
 * to come, and again before the act is acknowledged; so a journal that lacks an acknowledged entry, or has one that Emend did not
 * write, shows.
 */
const AnchorSchema = v.strictObject({
  format: v.literal(1),
  model: Sha256Schema,
  /** The last entry that was acknowledged; null before the first. */
  last: v.nullable(PointSchema),
  /** The end of what is being recorded; null between acts. */
  next: v.nullable(PointSchema),
  /** The entry from which on the record is anchored. */
  since: Seq,
  /** The newest checkpoint of the chain, by the hash of its text. */
  checkpoint: v.nullable(v.strictObject({ seq: Seq, sha256: Sha256Schema })),
  time: v.string(),
  /** Id of the key. */
  key: v.string(),
  /** Ed25519 in base64. */
  signature: v.string(),
});
export type Anchor = v.InferOutput<typeof AnchorSchema>;
export type AnchorState = Omit<Anchor, 'format' | 'key' | 'signature'>;

/** Keeps a signature from meaning anything else that is signed with the same key. */
const PURPOSE = 'emend anchor 1\n';

export function signAnchor(key: SigningKey, state: AnchorState): Anchor {
  const unsigned = { format: 1 as const, ...state, key: key.id };
  return { ...unsigned, signature: Buffer.from(key.sign(signedBytes(unsigned))).toString('base64') };
}

/** @throws EmendError when the disk refuses */
export async function saveAnchor(files: Files, path: string, anchor: Anchor): Promise<void> {
  await ensureFolder(files, dirname(path));
  await writeDurably(files, path, Buffer.from(`${canonical(anchor)}\n`), { mode: 0o600 });
}

/** The anchor in a file; undefined where there is none. @throws EmendError 'bad-file' for a file that is none */
export async function readAnchor(files: Files, path: string): Promise<Anchor | undefined> {
  let text: string;
  try {
    text = Buffer.from(await files.read(path)).toString('utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  const bad = (found: string) =>
    new EmendError('bad-file', `The anchor ${basename(path)} cannot be read: ${found}.`, `Bring ${path} back from a backup.`, { path });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw bad(`it is not JSON (${error instanceof Error ? error.message : String(error)})`);
  }
  const result = v.safeParse(AnchorSchema, value);
  if (!result.success) throw bad(`${v.getDotPath(result.issues[0]) ?? 'the whole'}: ${result.issues[0].message}`);
  if (text !== `${canonical(result.output)}\n`) throw bad('it is not written as it was signed');
  return result.output;
}

/** How a journal stands to its anchor. */
export type Standing =
  /**
   * There is no anchor: a record of an earlier release, or one whose anchor was lost. `isBegun`: its anchoring was ended before the entry
   * that says so was recorded, so what lies there counts for nothing.
   */
  | { readonly state: 'none'; readonly isBegun?: boolean }
  /** There is one that says nothing: unreadable, or not signed by a key that counts. */
  | { readonly state: 'unusable'; readonly message: string; readonly isForeign: boolean }
  /** The journal lacks what the anchor knows, or has something else there. */
  | { readonly state: 'contradicts'; readonly anchor: Anchor; readonly damage: Damage }
  /** Proven up to `upTo`; entries after that are not from an act that the anchor knows. */
  | { readonly state: 'holds'; readonly anchor: Anchor; readonly upTo: Point | undefined };

/** Holds a journal against its anchor. @param entries whole ones, in order, by number and hash */
export async function standingOf(
  files: Files,
  path: string | undefined,
  entries: readonly { readonly seq: number; readonly hash: string }[],
  model: string | undefined,
  keys: readonly VerifyKey[],
): Promise<Standing> {
  if (path === undefined) return { state: 'none' };
  let anchor: Anchor | undefined;
  try {
    anchor = await readAnchor(files, path);
  } catch (error) {
    if (!(error instanceof EmendError && error.code === 'bad-file')) throw error;
    return { state: 'unusable', message: error.message, isForeign: false };
  }
  return anchor === undefined ? { state: 'none' } : holdAgainst(anchor, entries, model, keys);
}

/** The anchor of a record that was begun elsewhere: it travels in the ledger's folder, so that both arrive at once. */
export const ARRIVING = 'anchor.json';

/**
 * Puts the anchor of a new record where it belongs, once the record is in its place: it counts from then on. Does nothing where there is
 * an anchor already, or none that arrives.
 * @throws EmendError when the disk refuses; there is no anchor then
 */
export async function settleAnchor(files: Files, ledgerFolder: string, path: string, key: SigningKey): Promise<void> {
  const arriving = join(ledgerFolder, ARRIVING);
  const anchor = await readAnchor(files, arriving).catch((error: unknown) => {
    if (error instanceof EmendError && error.code === 'bad-file') return undefined; // it proves nothing
    throw error;
  });
  if (anchor?.next && isSigned(anchor, [key]) && (await files.stat(path)) === undefined) {
    const { model, next, since, checkpoint, time } = anchor;
    try {
      await saveAnchor(files, path, signAnchor(key, { model, last: next, next: null, since, checkpoint, time }));
    } catch (error) {
      await removeIfThere(files, path); // it may be there though its folder could not be synced; the caller takes the record back
      throw error;
    }
  }
  await removeIfThere(files, arriving);
}

function isSigned({ signature, ...signed }: Anchor, keys: readonly VerifyKey[]): boolean {
  return keys.some((one) => one.id === signed.key && one.verify(signedBytes(signed), Buffer.from(signature, 'base64')));
}

function holdAgainst(
  anchor: Anchor,
  entries: readonly { readonly seq: number; readonly hash: string }[],
  model: string | undefined,
  keys: readonly VerifyKey[],
): Standing {
  if (!keys.some((one) => one.id === anchor.key))
    return {
      state: 'unusable',
      message: `The anchor of this record was signed with key ${anchor.key}, which is not one of yours.`,
      isForeign: true,
    };
  if (!isSigned(anchor, keys))
    return { state: 'unusable', message: `The signature of the anchor of this record does not fit its content.`, isForeign: false };
  const { last, next } = anchor;
  const damaged = (damage: Damage): Standing => ({ state: 'contradicts', anchor, damage });
  if (model !== undefined && anchor.model !== model)
    return damaged({
      seq: 1,
      offset: undefined,
      what: 'anchor',
      message: `The anchor of this record is for model ${anchor.model}; the record is for ${model}.`,
    });
  const problem = last && pointProblem(last, entries, `the anchor of ${anchor.time} says`);
  if (problem) return damaged(problem);
  const end = entries.at(-1);
  if (last && last.seq < anchor.since && end && end.seq < anchor.since) return { state: 'none', isBegun: true };
  // An act that was stopped before it was acknowledged is recorded or not; either is as it should be.
  const isDone = next !== null && end?.seq === next.seq && end.hash === next.head;
  return { state: 'holds', anchor, upTo: (isDone ? next : last) ?? undefined };
}

function signedBytes(unsigned: Omit<Anchor, 'signature'>): Uint8Array {
  return Buffer.from(PURPOSE + canonical(unsigned), 'utf8');
}
