import { join } from 'node:path';
import { EmendError } from '../../shared/errors.ts';
import { Blobs } from './blobs.ts';
import { checkpointProblem, checkpointSeq, listCheckpoints, readCheckpoint, removeUnfinishedCheckpoints } from './checkpoints.ts';
import { Drafts } from './drafts.ts';
import { ensureFolder } from '../storage/durable.ts';
import { examine, type Examined } from './examine.ts';
import { explained } from '../storage/file-errors.ts';
import { disk, type Files } from '../storage/files.ts';
import { Journal, JOURNAL, noLedger, readJournal, setAsideTorn } from './journal.ts';
import type { SigningKey, VerifyKey } from './keys.ts';
import { Ledger } from './ledger.ts';
import { takeLock, type Lock } from '../storage/lock.ts';
import { LogIndex } from './log-index.ts';
import type { Notice } from '../storage/notice.ts';
import type { Processes } from '../storage/owner.ts';
import type { Damage } from './scan.ts';

export interface LedgerOptions {
  /** Versions of the application and the engine, as entries record them. */
  readonly app: string;
  readonly engine: string;
  /** Only read: takes no lock, changes no file. Default false. */
  readonly readOnly?: boolean;
  /** Make the ledger if the folder has none. Default false. */
  readonly create?: boolean;
  /** Signs checkpoints, and checks them at opening. */
  readonly key?: SigningKey;
  /** Further keys whose checkpoints count, such as earlier ones of the same person. */
  readonly trusted?: readonly VerifyKey[];
  readonly files?: Files;
  readonly clock?: () => Date;
  readonly processes?: Processes;
}

/**
 * Opens the ledger of a folder. A damaged journal opens too, with `damage` saying where, and takes no entries;
 * an unfinished last line is set aside in a file of its own and told in `notices`.
 * @throws EmendError 'not-found' when there is none, 'failed' with `details.owner` when another process writes to it, or when the disk
 *   refuses
 */
export async function openLedger(folder: string, options: LedgerOptions): Promise<Ledger> {
  const files = explained(options.files ?? disk);
  const clock = options.clock ?? (() => new Date());
  const readOnly = options.readOnly === true;
  if (!readOnly) await prepare(files, folder, options.create === true);
  const notices: Notice[] = [];
  const lock = readOnly ? undefined : await takeLock(files, folder, options.app, clock(), options.processes);
  try {
    if (lock?.tookOver !== undefined) notices.push(lockNotice(lock));
    const keys = [...(options.key ? [options.key] : []), ...(options.trusted ?? [])];
    const { examined, signedUpTo } = await read(files, folder, { readOnly, create: options.create === true, keys, clock, notices });
    const entries = [...examined.entries];
    const { index, notices: more } = await LogIndex.open(files, folder, entries, readOnly);
    notices.push(...more);
    const writing = lock && { lock, journal: await Journal.open(files, folder, examined.length) };
    const { history, damage } = examined;
    return new Ledger({
      folder,
      files,
      clock,
      app: options.app,
      engine: options.engine,
      key: options.key,
      trusted: options.trusted ?? [],
      entries,
      history,
      damage,
      index,
      notices,
      signedUpTo,
      writing,
    });
  } catch (error) {
    await lock?.release().catch(() => undefined); // the first error is the one to tell
    throw error;
  }
}

/** The folder as writing needs it; checked before the lock is taken, so that a folder without a ledger stays untouched. */
async function prepare(files: Files, folder: string, create: boolean): Promise<void> {
  if (create) await ensureFolder(files, folder);
  else if ((await files.stat(join(folder, JOURNAL))) === undefined) throw noLedger(folder);
}

interface Reading {
  readonly readOnly: boolean;
  readonly create: boolean;
  readonly keys: readonly VerifyKey[];
  readonly clock: () => Date;
  readonly notices: Notice[];
}

async function read(files: Files, folder: string, reading: Reading): Promise<{ examined: Examined; signedUpTo: number }> {
  const isNew = reading.create && !reading.readOnly && (await files.stat(join(folder, JOURNAL))) === undefined;
  const bytes = isNew ? new Uint8Array() : await readJournal(files, folder);
  let examined = examine(bytes);
  const newest = await newestCheckpoint(files, folder, examined, reading);
  if (newest.damage) examined = { ...examined, damage: [...examined.damage, newest.damage].sort((a, b) => a.seq - b.seq) };
  if (!reading.readOnly) {
    await new Blobs(files, folder, true).removeUnfinished();
    await new Drafts(files, folder, true).removeUnfinished();
    await removeUnfinishedCheckpoints(files, folder);
  }
  if (examined.torn) reading.notices.push(await tornNotice(files, folder, bytes, examined, reading));
  return { examined, signedUpTo: newest.seq };
}

/** Holds the newest checkpoint against the journal. One that is unreadable or foreign says nothing of the journal, so it is only told. */
async function newestCheckpoint(
  files: Files,
  folder: string,
  examined: Examined,
  { keys, notices }: Reading,
): Promise<{ seq: number; damage?: Damage }> {
  const path = keys.length === 0 ? undefined : (await listCheckpoints(files, folder)).at(-1);
  if (path === undefined) return { seq: 0 };
  const seq = checkpointSeq(path);
  const hint = 'Verify the ledger; it looks at every checkpoint.';
  try {
    const checkpoint = await readCheckpoint(files, path);
    const problem = checkpointProblem(
      checkpoint,
      examined.entries,
      examined.history.isEmpty ? undefined : examined.history.current.model,
      keys,
    );
    if (!problem) return { seq };
    if (problem.what !== 'checkpoint') return { seq, damage: problem };
    notices.push({ what: 'checkpoint', message: problem.message, hint });
  } catch (error) {
    if (!(error instanceof EmendError && error.code === 'bad-file')) throw error;
    notices.push({ what: 'checkpoint', message: error.message, hint });
  }
  return { seq };
}

async function tornNotice(
  files: Files,
  folder: string,
  bytes: Uint8Array,
  examined: Examined,
  { readOnly, clock }: Reading,
): Promise<Notice> {
  const found = `The journal ends with ${examined.torn!.bytes} bytes of an entry that was not finished`;
  // Where a checkpoint or an earlier line says that more was there, this may be what is left of it: nothing is touched.
  if (readOnly || examined.damage.length > 0)
    return {
      what: 'torn',
      message: `${found}; they were left as they are.`,
      hint: 'If another program is writing just now, open it again in a moment.',
    };
  const name = await setAsideTorn(files, folder, bytes, examined, clock());
  return {
    what: 'torn',
    message: `${found}, as when the power fails. They were set aside in ${join(folder, name)}.`,
    hint: 'If your last act is missing, do it again. The file can be removed.',
  };
}

function lockNotice({ tookOver }: Lock): Notice {
  const who = tookOver ? `${tookOver.app} (process ${tookOver.pid}, since ${tookOver.since})` : 'a program that cannot be told';
  return {
    what: 'lock',
    message: `The lock of ${who} was taken over: that process ended without closing the ledger.`,
    hint: 'Look whether its last act was recorded.',
  };
}
