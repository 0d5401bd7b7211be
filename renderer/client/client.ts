import * as v from 'valibot';
import { CONTRACT, type JobMethodName, type MethodName, type Params, type Reply, type Result } from '../../shared/contract.ts';
import type { Job } from '../../shared/contract/jobs.ts';
import { cancelled, EmendError, errorFromData } from '../../shared/errors.ts';
import type { Connection, GivenFiles, Host, HostEvent } from './host.ts';
import { plain } from './plain.svelte.ts';

let host: Host | undefined;
const hearers = new Set<(event: HostEvent) => void>();
const missers = new Set<() => void>();
const watchers = new Set<(connection: Connection) => void>();

/** Sets the host; once, before anything is called. */
export function useHost(given: Host): void {
  host = given;
  given.listen(
    (event) => hearers.forEach((hear) => hear(event)),
    () => missers.forEach((miss) => miss()),
    (connection) => watchers.forEach((watch) => watch(connection)),
  );
}

/** Calls back whenever the way to the host is lost or found again. */
export function watchConnection(changed: (connection: Connection) => void): void {
  watchers.add(changed);
}

function theHost(): Host {
  if (!host) throw new Error('No host was set.');
  return host;
}

/**
 * Calls back on every event of the host; returns how to stop that.
 * @param missed called when events may have been lost
 */
export function hear(heard: (event: HostEvent) => void, missed?: () => void): () => void {
  hearers.add(heard);
  if (missed) missers.add(missed);
  return () => {
    hearers.delete(heard);
    if (missed) missers.delete(missed);
  };
}

/**
 * Calls one method. Of a job method this only starts the job; see {@link run}.
 * @throws EmendError as the host says
 */
export async function call<M extends MethodName>(method: M, params: Params<M>): Promise<Reply<M>> {
  const envelope = await theHost().call(method, plain(params));
  if (!envelope.ok) throw errorFromData(envelope.error);
  return (CONTRACT[method].isJob ? envelope.value : v.parse(CONTRACT[method].result, envelope.value)) as Reply<M>;
}

/** Makes dropped or chosen files known to the host. Call it within the drop event. */
export function grant(given: GivenFiles) {
  return theHost().grant(given);
}

export interface FollowJob {
  /** The job whenever it changes, the first time as soon as it has begun. */
  readonly onJob?: (job: Job) => void;
  /** Pieces of generated text as they come. */
  readonly onText?: (piece: string) => void;
  /** Cancels the job when aborted. */
  readonly signal?: AbortSignal;
}

/**
 * Starts a job and waits for its end. The job goes on and stays in the tray whatever becomes of the caller.
 * @returns what the job ended with
 * @throws EmendError when it could not begin, failed, or was cancelled (code 'cancelled')
 */
export async function run<M extends JobMethodName>(method: M, params: Params<M>, follow: FollowJob = {}): Promise<Result<M>> {
  const job = await ended(() => call(method, params).then((reply) => (reply as { job: string }).job), follow);
  if (job.state === 'done') return v.parse(CONTRACT[method].result, job.result) as Result<M>;
  if (job.error) throw errorFromData(job.error);
  throw job.state === 'cancelled' ? cancelled() : new EmendError('failed', `${job.title} failed.`);
}

/** Starts a job and gives it back when it has ended. Events that overtake the answer of the start are kept until the id is known. */
function ended(start: () => Promise<string>, { onJob, onText, signal }: FollowJob): Promise<Job> {
  return new Promise((resolve, reject) => {
    let id: string | undefined;
    let over = false;
    const early: HostEvent[] = [];
    const see = (event: HostEvent) => {
      if (over) return;
      if (event.type === 'text' && event.job === id) onText?.(event.piece);
      if (event.type !== 'job' || event.job.id !== id) return;
      onJob?.(event.job);
      if (event.job.state !== 'running') finish(() => resolve(event.job));
    };
    const look = () => {
      if (id !== undefined)
        call('jobs.get', { id }).then(
          (job) => see({ type: 'job', job }),
          (error) => finish(() => reject(error)),
        );
    };
    const stop = hear((event) => (id === undefined ? early.push(event) : see(event)), look);
    const cancel = () => {
      if (id !== undefined) call('jobs.cancel', { id }).catch((error) => finish(() => reject(error)));
    };
    const finish = (settle: () => void) => {
      over = true;
      stop();
      signal?.removeEventListener('abort', cancel);
      settle();
    };
    signal?.addEventListener('abort', cancel);
    start().then(
      (started) => {
        id = started;
        early.forEach(see);
        look();
        if (signal?.aborted) cancel();
      },
      (error) => finish(() => reject(error)),
    );
  });
}
