import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import { shortId } from '../../shared/ids.ts';
import { exportKind } from '../ledger/kinds/export.ts';
import type { SigningKey, VerifyKey } from '../ledger/keys.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { canonical } from '../storage/canonical.ts';
import { ensureFolder, removeIfThere, removeTemporaries, writeDurably } from '../storage/durable.ts';
import { explained } from '../storage/file-errors.ts';
import { disk, errno } from '../storage/files.ts';
import { Sha256Schema, sha256 } from '../storage/hash.ts';
import { lockOwner, stateOf } from '../storage/lock.ts';
import type { Notice } from '../storage/notice.ts';
import { SIGNATURE_FILE } from './attest/model-signing.ts';
import type { ModelPlaces } from './places.ts';

/** An export that is about to be put in its place and recorded. */
const PendingSchema = v.strictObject({
  /** Names the act, here and in its entry: no act is recorded twice. */
  act: v.pipe(v.string(), v.uuid()),
  /** Where it grew, as long as it lies there; the folder above is locked by whoever exports. */
  staged: v.string(),
  /** Where it is put. */
  target: v.string(),
  /** SHA-256 of its model.sig, by which it is known. */
  signature: Sha256Schema,
  time: v.string(),
  author: v.string(),
  body: exportKind.input,
});
type Pending = v.InferOutput<typeof PendingSchema>;
const FileSchema = v.strictObject({ pending: PendingSchema, key: v.string(), seal: v.string() });
/** Keeps a signature from meaning anything else that is signed with the same key. */
const PURPOSE = 'emend export under way 1\n';

/** What is noted before an export is put in its place. */
export type PendingExport = Omit<Pending, 'signature' | 'time'>;

/**
 * Notes that an export is about to be put in its place. Where the program is ended before its entry is made, the next opening of the model
 * makes it. Sealed, so that nobody else's note becomes an entry.
 */
export async function notePending(places: ModelPlaces, key: SigningKey, pending: PendingExport): Promise<void> {
  const files = explained(disk);
  const signature = sha256(await files.read(join(pending.staged, SIGNATURE_FILE)));
  const noted = v.parse(PendingSchema, { ...pending, signature, time: new Date().toISOString() });
  const seal = Buffer.from(key.sign(sealed(noted))).toString('base64');
  await ensureFolder(files, places.pendingExports);
  await writeDurably(files, fileOf(places, pending.act), Buffer.from(`${canonical({ pending: noted, key: key.id, seal })}\n`));
}

/** The export is recorded, or does not lie in its place. */
export async function forgetPending(places: ModelPlaces, act: string): Promise<void> {
  await removeIfThere(explained(disk), fileOf(places, act)); // one that stays is settled at the next opening
}

/**
 * Settles the exports that were under way when a program was ended: one that lies in its place and has no entry gets it now.
 * An export of a program that still runs is left to that program.
 * @param ledger open for writing, and fit to be written to
 * @param keys that may have sealed a note
 * @returns what a person should know
 * @throws EmendError 'failed' where the disk takes no entry; then the export waits for the next opening
 */
export async function finishPending(places: ModelPlaces, ledger: Ledger, keys: readonly VerifyKey[]): Promise<Notice[]> {
  const files = explained(disk);
  if ((await files.stat(places.pendingExports)) === undefined) return [];
  await removeTemporaries(files, places.pendingExports);
  const notices: Notice[] = [];
  for (const name of await files.list(places.pendingExports)) {
    if (!name.endsWith('.json')) continue;
    const file = join(places.pendingExports, name);
    const pending = readPending(await files.read(file), keys);
    if (pending && (await isUnderWay(pending))) continue;
    const found = pending && !isRecorded(ledger, pending.act) ? await whereIs(pending) : 'recorded';
    if (!pending) notices.push(notOurs(file));
    else if (found === 'in its place') notices.push(await finish(ledger, pending));
    else if (found === 'gone' || found === 'out of reach') notices.push(lost(pending, file, found));
    if (found !== 'out of reach') await removeIfThere(files, file);
  }
  return notices;
}

/** To the minute, for people. */
function minute(time: string): string {
  return `${time.slice(0, 16).replace('T', ' ')} UTC`;
}

async function finish(ledger: Ledger, { body, author, act, time, target }: Pending): Promise<Notice> {
  const finished = 'at the next opening of the model: the program was ended when the export lay in its place and had no entry';
  await ledger.append('export', { ...body, details: { ...body.details, act, begun: time, finished } }, { author, reason: '' });
  return {
    what: 'export',
    message: `The export of ${minute(time)} to ${target} had not been recorded, because Emend was ended. It is now.`,
    hint: `Its entry is ${ledger.head.seq}. Nothing else is to be done.`,
  };
}

function notOurs(file: string): Notice {
  return {
    what: 'export',
    message: `The note of an export under way, ${file}, is not as Emend's key sealed it: no entry was made of it. It was removed.`,
    hint: 'Compare the exports that you made last with the entries of the log.',
  };
}

function lost({ body, time, target }: Pending, file: string, found: 'gone' | 'out of reach'): Notice {
  const begun = `Emend was ended while version ${shortId(body.version)} was exported to ${target}, at ${minute(time)}`;
  return found === 'gone'
    ? {
        what: 'export',
        message: `${begun}. Nothing lies there, and no entry says that it was exported.`,
        hint: 'If you found the folder there and moved it: it is not in this record. Export the version again.',
      }
    : {
        what: 'export',
        message: `${begun}. That place cannot be looked at, so whether it was exported is not known.`,
        hint: `Connect the disk and open the model again. If the disk is gone for good, remove ${file}.`,
      };
}

function isRecorded(ledger: Ledger, act: string): boolean {
  return ledger.entries.some(({ kind, body }) => kind === 'export' && 'details' in body && body.details['act'] === act);
}

/** Whether the program that exports still runs: this one, or another that lost the ledger meanwhile. */
async function isUnderWay({ staged }: Pending): Promise<boolean> {
  const owner = await lockOwner(explained(disk), dirname(staged)).catch(() => undefined); // then nobody can be at work there
  return owner !== undefined && owner !== null && (await stateOf(owner)) === 'running';
}

/** Where an export lies whose program was ended. */
async function whereIs({ target, staged, signature }: Pending): Promise<'in its place' | 'still staged' | 'gone' | 'out of reach'> {
  try {
    const found = await readFile(join(target, SIGNATURE_FILE));
    if (sha256(found) === signature) return 'in its place';
  } catch (error) {
    if (!['ENOENT', 'ENOTDIR'].includes(errno(error) ?? '')) return 'out of reach';
  }
  if (existsSync(staged)) return 'still staged';
  return existsSync(dirname(target)) ? 'gone' : 'out of reach';
}

/** What a file notes; undefined for one that none of the keys sealed. */
function readPending(bytes: Uint8Array, keys: readonly VerifyKey[]): Pending | undefined {
  const file = v.safeParse(v.pipe(v.string(), v.parseJson(), FileSchema), Buffer.from(bytes).toString('utf8'));
  if (!file.success) return undefined;
  const { pending, seal, key } = file.output;
  const sealer = keys.find((one) => one.id === key);
  return sealer?.verify(sealed(pending), Buffer.from(seal, 'base64')) === true ? pending : undefined;
}

function fileOf(places: ModelPlaces, act: string): string {
  return join(places.pendingExports, `${act}.json`);
}

function sealed(pending: Pending): Uint8Array {
  return Buffer.from(PURPOSE + canonical(pending), 'utf8');
}
