import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as v from 'valibot';
import { EmendError } from '../../shared/errors.ts';
import { removeIfThere } from './durable.ts';
import { errnoOf } from './file-errors.ts';
import type { Files } from './files.ts';
import { processes as realProcesses, type Processes } from './owner.ts';

export const LOCK = 'LOCK';

const OwnerSchema = v.object({
  pid: v.number(),
  host: v.string(),
  started: v.string(),
  /** Random, so that an owner knows its own lock. */
  nonce: v.string(),
  since: v.string(),
  /** Name and version of the program. */
  app: v.string(),
});
/** Who writes to a ledger. */
export type Owner = v.InferOutput<typeof OwnerSchema>;

/** The right to write to a folder, held by one process at a time. */
export interface Lock {
  readonly owner: Owner;
  /** The owner whose lock was taken over because it had ended; `null` when that lock could not be read. */
  readonly tookOver: Owner | null | undefined;
  release(): Promise<void>;
}

/**
 * Takes the lock of a folder. A lock whose process has ended is taken over.
 * @throws EmendError 'failed' with `details.owner` when another process holds it
 */
export async function takeLock(files: Files, folder: string, app: string, now: Date, processes: Processes = realProcesses): Promise<Lock> {
  const path = join(folder, LOCK);
  const owner: Owner = { ...(await processes.self()), nonce: randomBytes(8).toString('hex'), since: now.toISOString(), app };
  let tookOver: Owner | null | undefined;
  for (let attempt = 0; attempt < 5; attempt++) {
    if (await create(files, path, owner)) return { owner, tookOver, release: () => release(files, path, owner) };
    const other = await settledOwner(files, path);
    if (other === undefined) continue; // released in between
    const state = other === null ? 'gone' : await processes.state(other);
    if (state !== 'gone') throw held(folder, other!, state);
    if (await putAway(files, path, other, owner.nonce)) tookOver = other;
  }
  throw new EmendError('failed', `The lock ${path} could not be taken: other programs take it at the same time.`, 'Try again in a moment.', { path });
}

/** Who holds the lock of a folder; undefined when nobody does, null when the lock cannot be read. */
export function lockOwner(files: Files, folder: string): Promise<Owner | null | undefined> {
  return readOwner(files, join(folder, LOCK));
}

async function create(files: Files, path: string, owner: Owner): Promise<boolean> {
  let file;
  try {
    file = await files.open(path, 'new');
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
  try {
    await file.write(Buffer.from(`${JSON.stringify(owner, null, 2)}\n`));
    await file.sync();
  } catch (error) {
    await removeIfThere(files, path);
    throw error;
  } finally {
    await file.close();
  }
  return true;
}

/** A lock that cannot be read is perhaps just being written; one that stays so was left by a power cut. */
async function settledOwner(files: Files, path: string): Promise<Owner | null | undefined> {
  for (let wait = 10; ; wait *= 2) {
    const owner = await readOwner(files, path);
    if (owner !== null || wait > 160) return owner;
    await sleep(wait);
  }
}

/**
 * Moves a lock whose owner ended out of the way. Between looking at it and moving it another process may have done the same and taken the lock;
 * then it is put back. The journal also refuses to append to a file that someone else has changed.
 */
async function putAway(files: Files, path: string, stale: Owner | null, nonce: string): Promise<boolean> {
  const aside = `${path}.${nonce}`;
  try {
    await files.rename(path, aside);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
  const moved = await readOwner(files, aside);
  if (moved && moved.nonce !== stale?.nonce && (await files.stat(path)) === undefined) {
    await files.rename(aside, path);
    return false;
  }
  await files.remove(aside);
  return true;
}

async function readOwner(files: Files, path: string): Promise<Owner | null | undefined> {
  try {
    const result = v.safeParse(OwnerSchema, JSON.parse(Buffer.from(await files.read(path)).toString('utf8')));
    return result.success ? result.output : null;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Only if it is still ours. */
async function release(files: Files, path: string, owner: Owner): Promise<void> {
  if ((await readOwner(files, path))?.nonce === owner.nonce) await files.remove(path);
}

function held(folder: string, owner: Owner, state: 'running' | 'unknown'): EmendError {
  const who = `${owner.app}, process ${owner.pid} on ${owner.host}, since ${owner.since}`;
  const hint = state === 'running'
    ? 'Close it there, or open this one for reading only.'
    : `Whether it still runs cannot be told from here. Close it on ${owner.host}, or open this one for reading only; when that computer is gone for good, remove the file ${join(folder, LOCK)}.`;
  return new EmendError('failed', `The ledger in ${folder} is in use: ${who}.`, hint, { owner, folder });
}
