import { join } from 'node:path';
import { EmendError } from '../../shared/errors.ts';
import { Blobs } from './blobs.ts';
import { settleAnchor, standingOf, type Standing } from './anchor.ts';
import {
  checkpointProblem,
  isLinked,
  listCheckpoints,
  readCheckpoint,
  removeUnfinishedCheckpoints,
  type Checkpoint,
} from './checkpoints.ts';
import { Drafts } from './drafts.ts';
import { ensureFolder, removeIfThere } from '../storage/durable.ts';
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
import { pointsOf, type Damage } from './scan.ts';
import { anchorFile, modeOf, Signing, type AnchorPlace, type Mode } from './signing.ts';

/** Earlier releases kept the rows of the log here; nothing reads them any more. */
const OLD_INDEX = 'index.json';

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
  /** What proves the ledger from outside its folder; without it only its own checkpoints do. */
  readonly anchor?: AnchorPlace;
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
  let journal: Journal | undefined;
  try {
    if (lock?.tookOver !== undefined) notices.push(lockNotice(lock));
    const { key, anchor: place } = options;
    const keys = [...(key ? [key] : []), ...(options.trusted ?? [])];
    if (!readOnly && place && place.isStaged !== true && key) await settleAnchor(files, folder, place.file, key);
    const { examined, standing, newest, hasChain } = await read(files, folder, {
      readOnly,
      create: options.create === true,
      keys,
      place,
      clock,
      notices,
    });
    if (lock && place && standing.state === 'none' && standing.isBegun === true) await removeIfThere(files, anchorFile(folder, place));
    const entries = [...examined.entries];
    if (lock) journal = await Journal.open(files, folder, examined.length);
    const writing = lock && journal && { lock, journal };
    const { history, damage } = examined;
    const end = pointsOf(examined).at(-1);
    const mode: Mode =
      examined.newer.length > 0
        ? { how: 'not', why: 'it has entries of a newer release' }
        : modeOf({ key, place, standing, newest, hasChain, end: end && { seq: end.seq, head: end.hash } });
    if (mode.how !== 'chain' && place && key && damage.length === 0 && examined.newer.length === 0)
      notices.push(unanchored(mode.how === 'not' ? mode.why : undefined));
    const signing = new Signing({ files, folder, key, clock, place }, mode);
    if (writing && damage.length === 0 && standing.state === 'holds' && standing.anchor.next && mode.how === 'chain' && mode.last)
      await signing.confirm(history.current.model, mode.last);
    return new Ledger({
      folder,
      files,
      clock,
      app: options.app,
      engine: options.engine,
      key,
      trusted: options.trusted ?? [],
      place,
      entries,
      newer: examined.newer,
      history,
      damage,
      index: new LogIndex(entries),
      notices,
      standing,
      signing,
      writing,
    });
  } catch (error) {
    await journal?.close().catch(() => undefined); // the first error is the one to tell
    await lock?.release().catch(() => undefined);
    throw error;
  }
}

function unanchored(why: string | undefined): Notice {
  return {
    what: 'anchor',
    message:
      why === undefined
        ? 'This record has no anchor outside its folder yet: that entries were cut off its end would not show.'
        : `Nothing is signed over this record: ${why}.`,
    hint: 'Verify it and look it over; if it is as it should be, anchor it from here on: emend anchor, or the button in the audit log.',
  };
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
  readonly place: AnchorPlace | undefined;
  readonly clock: () => Date;
  readonly notices: Notice[];
}

interface Found {
  readonly examined: Examined;
  readonly standing: Standing;
  /** The newest checkpoint, if it fits. */
  readonly newest: Checkpoint | undefined;
  readonly hasChain: boolean;
}

async function read(files: Files, folder: string, reading: Reading): Promise<Found> {
  const isNew = reading.create && !reading.readOnly && (await files.stat(join(folder, JOURNAL))) === undefined;
  const bytes = isNew ? new Uint8Array() : await readJournal(files, folder);
  let examined = examine(bytes, { mayBeEmpty: reading.create, id: reading.place?.id });
  const points = pointsOf(examined);
  const model = examined.history.isEmpty ? undefined : examined.history.current.model;
  const standing = await standingOf(files, reading.place && anchorFile(folder, reading.place), points, model, reading.keys);
  const newest = await newestCheckpoint(files, folder, examined, reading);
  const more = [...(newest.damage ? [newest.damage] : []), ...(standing.state === 'contradicts' ? [standing.damage] : [])];
  if (more.length > 0) examined = { ...examined, damage: [...examined.damage, ...more].sort((a, b) => a.seq - b.seq) };
  if (standing.state === 'unusable')
    reading.notices.push({
      what: 'anchor',
      message: standing.message,
      hint: 'Verify the record, and bring the anchor back from a backup.',
    });
  if (!reading.readOnly) {
    await new Blobs(files, folder, true).removeUnfinished();
    await new Drafts(files, folder, true).removeUnfinished();
    await removeUnfinishedCheckpoints(files, folder);
    await removeIfThere(files, join(folder, OLD_INDEX));
  }
  if (examined.torn) reading.notices.push(await tornNotice(files, folder, bytes, examined, reading));
  return { examined, standing, newest: newest.checkpoint, hasChain: newest.hasChain };
}

/** Holds the newest checkpoint against the journal. One that is unreadable or foreign says nothing of the journal, so it is only told. */
async function newestCheckpoint(
  files: Files,
  folder: string,
  examined: Examined,
  { keys, notices }: Reading,
): Promise<{ checkpoint: Checkpoint | undefined; hasChain: boolean; damage?: Damage }> {
  const path = keys.length === 0 ? undefined : (await listCheckpoints(files, folder)).at(-1);
  if (path === undefined) return { checkpoint: undefined, hasChain: false };
  const hint = 'Verify the ledger; it looks at every checkpoint.';
  const tell = (message: string, hasChain: boolean) => {
    notices.push({ what: 'checkpoint', message, hint });
    return { checkpoint: undefined, hasChain };
  };
  try {
    const checkpoint = await readCheckpoint(files, path);
    const hasChain = isLinked(checkpoint);
    const problem = checkpointProblem(
      checkpoint,
      pointsOf(examined),
      examined.history.isEmpty ? undefined : examined.history.current.model,
      keys,
    );
    if (!problem) return { checkpoint, hasChain };
    return problem.what === 'checkpoint' ? tell(problem.message, hasChain) : { checkpoint: undefined, hasChain, damage: problem };
  } catch (error) {
    if (!(error instanceof EmendError && error.code === 'bad-file')) throw error;
    return tell(error.message, false);
  }
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
