import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as v from 'valibot';
import { EmendError } from '../../shared/errors.ts';
import { removeIfThere } from './durable.ts';
import { errnoOf } from './file-errors.ts';
import type { Files } from './files.ts';
import { isSameProcess, processes as realProcesses, type Processes } from './owner.ts';

export const LOCK = 'LOCK';

const OwnerSchema = v.object({
  pid: v.number(),
  host: v.string(),
  started: v.string(),
  /** Locks of earlier releases have none of these three. */
  machine: v.optional(v.string()),
  boot: v.optional(v.string()),
  space: v.optional(v.string()),
  /** Random, so that no two locks are taken for one another. */
  nonce: v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/)),
  since: v.string(),
  /** Name and version of the program. */
  app: v.string(),
});
/** Who writes to a ledger. */
export type Owner = v.InferOutput<typeof OwnerSchema>;

/** Nonces of the locks that this process has. One that it made and has not is left over: it was dropped, or its folder was away. */
const own = new Set<string>();

/** The right to write to a folder, held by one process at a time. */
export interface Lock {
  readonly owner: Owner;
  /** The owner whose lock was taken over because it had ended; `null` when that lock could not be read. */
  readonly tookOver: Owner | null | undefined;
  release(): Promise<void>;
}

/**
 * Takes the lock of a folder. A lock whose process has ended is taken over.
 *
 * The successor of an owner that ended makes a file named after that owner's nonce, which only one can make; then it moves that file over
 * the lock.
 * No lock is ever removed to make room, so two that find the same one left behind cannot remove each other's.
 * @throws EmendError 'failed' with `details.owner` when another process holds it
 */
export async function takeLock(files: Files, folder: string, app: string, now: Date, processes: Processes = realProcesses): Promise<Lock> {
  const lock = join(folder, LOCK);
  const owner: Owner = { ...(await processes.self()), nonce: randomBytes(8).toString('hex'), since: now.toISOString(), app };
  for (let attempt = 0; attempt < 5; attempt++) {
    const { path, last } = await freePlace(files, folder, processes);
    own.add(owner.nonce); // before the file is there to be found
    try {
      if (!(await create(files, path, owner))) continue;
      if (!(await leadsTo(files, lock, path))) {
        await removeIfThere(files, path); // someone took over and moved on while this was made
        continue;
      }
      if (path !== lock) await files.rename(path, lock);
      await removeLinks(files, folder);
    } catch (error) {
      own.delete(owner.nonce);
      throw error;
    }
    return { owner, tookOver: last, release: () => release(files, lock, owner) };
  }
  own.delete(owner.nonce);
  throw new EmendError(
    'failed',
    `The lock ${lock} could not be taken: other programs take it at the same time.`,
    'Try again in a moment.',
    { path: lock },
  );
}

/** Who holds the lock of a folder; undefined when nobody does, null when the lock cannot be read. */
export function lockOwner(files: Files, folder: string): Promise<Owner | null | undefined> {
  return readOwner(files, join(folder, LOCK));
}

/** Follows the locks that were left behind to the place where the next one goes. @throws EmendError when one on the way is held */
async function freePlace(files: Files, folder: string, processes: Processes): Promise<{ path: string; last: Owner | null | undefined }> {
  const lock = join(folder, LOCK);
  let path = lock;
  let last: Owner | null | undefined;
  for (;;) {
    const owner = await settledOwner(files, path);
    if (owner === undefined) return { path, last };
    const state = owner === null ? 'gone' : await stateOf(owner, processes);
    if (state !== 'gone') throw held(folder, owner!, state);
    last = owner;
    path = successor(lock, owner);
  }
}

/** Whether an owner still has its lock, as far as can be told from here. */
export async function stateOf(owner: Owner, processes: Processes = realProcesses): Promise<'running' | 'gone' | 'unknown'> {
  if (isSameProcess(owner, await processes.self())) return own.has(owner.nonce) ? 'running' : 'gone';
  return processes.state(owner);
}

/** Whether the lock, or the chain of those left behind, leads to the file at `place`. */
async function leadsTo(files: Files, lock: string, place: string): Promise<boolean> {
  for (let path = lock; path !== place;) {
    const owner = await readOwner(files, path);
    if (owner === undefined) return false;
    path = successor(lock, owner);
  }
  return (await readOwner(files, place)) !== undefined;
}

function successor(lock: string, owner: Owner | null): string {
  return `${lock}.${owner?.nonce ?? 'unreadable'}`;
}

/** Whoever holds the lock removes what successors that were stopped on the way left. */
async function removeLinks(files: Files, folder: string): Promise<void> {
  for (const name of await files.list(folder)) if (name.startsWith(`${LOCK}.`)) await removeIfThere(files, join(folder, name));
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
  own.delete(owner.nonce);
  if ((await readOwner(files, path))?.nonce === owner.nonce) await files.remove(path);
}

function held(folder: string, owner: Owner, state: 'running' | 'unknown'): EmendError {
  const who = `${owner.app}, process ${owner.pid} on ${owner.host}, since ${owner.since}`;
  const hint =
    state === 'running'
      ? 'Close it there, or open this one for reading only.'
      : `Whether it still runs cannot be told from here: it is another computer, or a container. Close it there, or open this one for ` +
        `reading only; when you are sure that it does not run any more, remove the file ${join(folder, LOCK)}.`;
  return new EmendError('failed', `The ledger in ${folder} is in use: ${who}.`, hint, { owner, folder });
}
