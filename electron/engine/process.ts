import { existsSync, realpathSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';
import { join, resolve } from 'node:path';
import * as v from 'valibot';
import { errorData } from '../../shared/errors.ts';
import { QUICK_JOBS } from './jobs.ts';
import { modelFolder, type Reply, type Request, RequestSchema } from './messages.ts';
import { JobThread } from './thread.ts';

// Entry of the engine process: keeps a thread for each model folder, and one for quick jobs, and carries messages between them and the
// application.
// The application is a Node process that forked it, or Electron's main process, of which it is a utility process.

/** How often memory is looked at (ms): native code fills a few hundred MB in that time. */
const MEMORY_PACE = 100;
/** An orphan with a job in native code gives it this long (ms). */
const ORPHAN_GRACE = 10_000;

const worker = join(import.meta.dirname, 'worker.mjs');
const threads = new Map<string, JobThread>();
/** What the thread for quick jobs stands under; no path. */
const QUICK = 'quick jobs';
let sending = 0;
let closing = false;

/** Electron's port to the main process; Node has none. */
const electron =
  'parentPort' in process
    ? (process.parentPort as {
        postMessage(message: unknown): void;
        on(event: 'message', heard: (event: { readonly data: unknown }) => void): void;
      })
    : undefined;

function reply(message: Reply): void {
  if (electron) {
    electron.postMessage(message);
    return settled();
  }
  if (!process.connected) return settled();
  sending++;
  // An error means that the application is gone; 'disconnect' deals with that.
  process.send?.(message, undefined, undefined, () => {
    sending--;
    settled();
  });
}

function settled(): void {
  if (closing) void leaveWhenIdle();
}

function hear(request: Request): void {
  if (request.type === 'run') run(request);
  else if (request.type === 'release') void release(request);
  else if (request.type === 'limit') watchMemory(request.bytes);
  else if (request.type === 'cancel') for (const thread of threads.values()) thread.cancel(request.id);
  else close();
}

function run({ id, job, params }: Request & { type: 'run' }): void {
  try {
    const stop = new Int32Array(new SharedArrayBuffer(4));
    threadOf(QUICK_JOBS.includes(job) ? QUICK : pathOf(modelFolder(job, params))).add({ id, job, params, stop });
  } catch (error) {
    reply({ type: 'failed', id, error: errorData(error) });
  }
}

/** Waits for what the thread of a folder does, and ends it. */
async function release({ id, folder }: Request & { type: 'release' }): Promise<void> {
  await threads.get(pathOf(folder))?.whenIdle();
  await threads.get(pathOf(folder))?.end();
  reply({ type: 'done', id, result: undefined });
}

/** Two ways to write one folder are one model. */
function pathOf(folder: string): string {
  return existsSync(folder) ? realpathSync(folder) : resolve(folder);
}

/** @param about a model folder's path, or {@link QUICK} */
function threadOf(about: string): JobThread {
  let thread = threads.get(about);
  if (!thread) {
    thread = new JobThread(worker, about, reply, () => threads.delete(about));
    threads.set(about, thread);
  }
  return thread;
}

function close(): void {
  closing = true;
  for (const thread of threads.values()) thread.cancelAll();
  void leaveWhenIdle();
}

async function leaveWhenIdle(): Promise<void> {
  const all = [...threads.values()];
  if (sending > 0 || all.some((thread) => !thread.idle)) return;
  await Promise.all(all.map((thread) => thread.end()));
  if (process.connected) process.disconnect();
  else process.exit(0);
}

/** Ends this process once it holds more than it may. Jobs are done in threads, so that this one always comes to look. */
function watchMemory(most: number): void {
  const timer = setInterval(() => {
    const bytes = process.memoryUsage.rss();
    if (bytes <= most) return;
    clearInterval(timer);
    reply({ type: 'full', bytes });
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), MEMORY_PACE); // the application does it, unless it is busy
  }, MEMORY_PACE).unref();
}

// Where processors are scarce, the window comes before the work behind it. Threads inherit it, so this comes before them. Raising it would
// be refused.
if (electron) setPriority(Math.max(getPriority(), constants.priority.PRIORITY_BELOW_NORMAL));
if (electron) electron.on('message', ({ data }) => hear(v.parse(RequestSchema, data)));
else process.on('message', (message: unknown) => hear(v.parse(RequestSchema, message)));
process.on('disconnect', () => {
  close();
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), ORPHAN_GRACE);
});
// Ctrl-C in a terminal reaches every process of the group: the application decides what it means.
process.on('SIGINT', () => undefined);
