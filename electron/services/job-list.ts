import { randomUUID } from 'node:crypto';
import type { JobMethodName, Result } from '../../shared/contract.ts';
import type { Event } from '../../shared/contract/events.ts';
import type { Job } from '../../shared/contract/jobs.ts';
import { cancelled, EmendError, errorData } from '../../shared/errors.ts';
import type { Follow, TimedProgress } from '../../shared/progress.ts';
import { given } from '../../shared/given.ts';
import { Bar } from './bar.ts';

/** What a job tells and hears while it runs. */
export interface JobControl extends Follow {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: TimedProgress) => void;
  readonly onText: (piece: string) => void;
  /** @throws EmendError 'cancelled' once the job should stop */
  check(): void;
}

interface Running {
  job: Job;
  readonly stop: AbortController;
  readonly ended: Promise<unknown>;
}

/** Ended jobs that are kept for screens to show. */
const KEPT = 50;
/** Progress is told at most this often (ms). */
const PACE = 100;

/** Long work, independent of who looks at it. */
export class JobList {
  readonly #jobs = new Map<string, Running>();
  readonly #tell: (event: Event) => void;

  constructor(tell: (event: Event) => void) {
    this.#tell = tell;
  }

  /** Starts work; its end is the job's end. @returns the job's id */
  start<M extends JobMethodName>(
    kind: M,
    title: string,
    model: string | undefined,
    work: (control: JobControl) => Promise<Result<M>>,
  ): string {
    const id = randomUUID();
    const stop = new AbortController();
    const job: Job = {
      id,
      kind,
      title,
      state: 'running',
      phase: 'starting',
      done: 0,
      total: 0,
      started: new Date().toISOString(),
      ...given({ model }),
    };
    let told = 0;
    const bar = new Bar();
    const control: JobControl = {
      signal: stop.signal,
      onProgress: (progress) => {
        const { phase, done, total, secondsLeft, unit } = progress;
        const running = this.#jobs.get(id);
        if (running?.job.state !== 'running') return;
        const now = performance.now();
        const isNew = phase !== running.job.phase;
        running.job = { ...running.job, phase, done, total, secondsLeft, unit, share: bar.at(progress) };
        if (!isNew && done < total && now - told < PACE) return;
        told = now;
        this.#tell({ type: 'job', job: running.job });
      },
      onText: (piece) => this.#tell({ type: 'text', job: id, piece }),
      check: () => {
        if (stop.signal.aborted) throw cancelled();
      },
    };
    const ended = Promise.resolve()
      .then(() => work(control))
      .then(
        (result) => {
          this.#end(id, { state: 'done', result, share: 1 });
          return result;
        },
        (error: unknown) => {
          const data = errorData(error);
          this.#end(id, { state: data.code === 'cancelled' ? 'cancelled' : 'failed', error: data });
          throw error;
        },
      );
    ended.catch(() => undefined);
    this.#jobs.set(id, { job, stop, ended });
    this.#tell({ type: 'job', job });
    return id;
  }

  /** What a job ends with. @throws what it threw */
  finished(id: string): Promise<unknown> {
    return this.#find(id).ended;
  }

  list(): Job[] {
    return [...this.#jobs.values()].map(({ job }) => job).reverse();
  }

  get(id: string): Job {
    return this.#find(id).job;
  }

  cancel(id: string): void {
    this.#find(id).stop.abort();
  }

  /** Forgets ended jobs. @returns how many */
  clear(id?: string): number {
    const gone = [...this.#jobs.values()].filter(({ job }) => job.state !== 'running' && (id === undefined || job.id === id));
    for (const { job } of gone) this.#jobs.delete(job.id);
    return gone.length;
  }

  /** Stops everything and waits for it. */
  async close(): Promise<void> {
    for (const { stop } of this.#jobs.values()) stop.abort();
    await Promise.allSettled([...this.#jobs.values()].map(({ ended }) => ended));
  }

  #end(id: string, end: Pick<Job, 'state' | 'result' | 'error' | 'share'>): void {
    const running = this.#find(id);
    running.job = { ...running.job, ...end, secondsLeft: undefined, ended: new Date().toISOString() };
    this.#tell({ type: 'job', job: running.job });
    const ended = [...this.#jobs.values()].filter(({ job }) => job.state !== 'running');
    for (const { job } of ended.slice(0, Math.max(0, ended.length - KEPT))) this.#jobs.delete(job.id);
  }

  #find(id: string): Running {
    const running = this.#jobs.get(id);
    if (!running) throw new EmendError('not-found', `There is no job ${JSON.stringify(id)}.`, 'It ended and was cleared.');
    return running;
  }
}
