import { parentPort } from 'node:worker_threads';
import { cancelled, EmendError, errorData, type ErrorData } from '../../shared/errors.ts';
import type { JobContext, Report } from '../../shared/progress.ts';
import { type JobTable, type Reply, type Task } from './messages.ts';

/** One function a job. */
export type Handlers<J extends JobTable<J>> = {
  readonly [N in keyof J]: (params: J[N]['params'], context: JobContext) => Promise<J[N]['result']>;
};

type Post = (reply: Reply) => void;

/** Progress is for people: more than this often only costs time (ms). */
const PROGRESS_INTERVAL = 50;

/** Makes this worker thread do jobs, one after the other as they are sent. */
export function serve<J extends JobTable<J>>(handlers: Handlers<J>): void {
  const port = parentPort;
  if (!port)
    throw new EmendError(
      'failed',
      'This file is the entry of a worker thread and was started as a program.',
      'Start the engine through EngineHost.',
    );
  port.on('message', (task: Task) => void perform(handlers, task, (reply) => port.postMessage(reply)));
}

async function perform<J extends JobTable<J>>(handlers: Handlers<J>, task: Task, post: Post): Promise<void> {
  const { id } = task;
  const progress = throttledProgress(id, post);
  const context: JobContext = {
    progress: progress.report,
    say: (piece) => post({ type: 'text', id, piece }),
    check() {
      if (Atomics.load(task.stop, 0) === 1) throw cancelled();
    },
  };
  try {
    const job = knownJob(handlers, task.job);
    const result = await handlers[job](task.params as J[typeof job]['params'], context);
    progress.flush();
    post({ type: 'done', id, result });
  } catch (error) {
    progress.flush();
    fail(id, error, post);
  }
}

function knownJob<J extends JobTable<J>>(handlers: Handlers<J>, job: string): keyof J {
  if (Object.hasOwn(handlers, job)) return job as keyof J;
  throw new EmendError(
    'bad-input',
    `There is no job "${job}"; expected one of ${Object.keys(handlers).join(', ')}.`,
    'The application and the engine may be of different versions: build both again.',
    { job },
  );
}

function fail(id: number, thrown: unknown, post: Post): void {
  const error = errorData(thrown);
  // What is no EmendError is a defect of ours: whoever reports it should have the place.
  if (!(thrown instanceof EmendError) && thrown instanceof Error) error.details = { stack: thrown.stack };
  post({ type: 'failed', id, error: { ...error, details: plainDetails(error) } });
}

/** Details that cannot cross a thread must not hide the error they belong to. */
function plainDetails(error: ErrorData): ErrorData['details'] {
  try {
    return structuredClone(error.details);
  } catch {
    return {};
  }
}

/**
 * Progress at most every {@link PROGRESS_INTERVAL} ms, but always the last of each phase, and its end without delay.
 * The thread is blocked between reports, so there is no timer: what was held back goes out with the next report.
 */
function throttledProgress(id: number, post: Post): { report: Report['progress']; flush: () => void } {
  let held: (Reply & { type: 'progress' }) | undefined;
  let phaseNow: string | undefined;
  let ended = false;
  let sentAt = -Infinity;
  const flush = () => {
    if (!held) return;
    post(held);
    held = undefined;
    sentAt = performance.now();
  };
  const report = (phase: string, done: number, total: number) => {
    if (phase !== phaseNow) {
      flush();
      phaseNow = phase;
      ended = false;
    }
    held = { type: 'progress', id, phase, done, total };
    const ends = done >= total && !ended;
    if (ends) ended = true;
    if (ends || performance.now() - sentAt >= PROGRESS_INTERVAL) flush();
  };
  return { report, flush };
}
