import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { cancelled, EmendError, errorFromData } from '../../shared/errors.ts';
import { type Channel, type Ending, forkEngine, type Rights } from './channel.ts';
import type { Follow, Progress } from '../../shared/progress.ts';
import { type Jobs, ONCE_JOBS, QUICK_JOBS } from './jobs.ts';
import { type JobTable, ReplySchema } from './messages.ts';

export type { Channel, Ending } from './channel.ts';

/** Starts an engine process, with `env` added to its environment. */
export type OpenChannel = (entry: string, env: Readonly<Record<string, string>>, rights?: Rights) => Channel;

export interface HostOptions {
  /** Threads that ONNX Runtime may use for one model, instead of EMEND_THREADS in the environment; 0 leaves it to ONNX Runtime. */
  readonly threads?: number | undefined;
  /** The built engine process, with `worker.mjs` beside it; that of this build when left out. */
  readonly entry?: string | undefined;
  /** A child process of Node when left out. */
  readonly openChannel?: OpenChannel | undefined;
  /** How long a job may take to hear that it was cancelled, and how long a quick job may take at all; ms. */
  readonly patience?: Patience | undefined;
  /** Bytes that the process may hold; what holds more is ended. */
  readonly memory?: number | undefined;
  /** What the process may do that engines mostly may not. */
  readonly rights?: Rights | undefined;
}

interface Patience {
  readonly cancelled: number;
  readonly quick: number;
}

/** A run of ONNX Runtime between two looks takes less; the largest tokenizers take half of the other. */
const PATIENCE: Patience = { cancelled: 5_000, quick: 120_000 };

interface Pending extends Follow<Progress> {
  readonly job: string;
  /** Does it once more, in another engine. */
  readonly again: () => void;
  /** It wrote text, which would be there twice if it were done again. */
  hasSpoken: boolean;
  /** What it ends with when its engine is ended because of it. */
  ending: EmendError | undefined;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: EmendError) => void;
}

/**
 * The engine as the application sees it: jobs in, results out.
 * The work is done in a process of its own, so that a crash in native code ends jobs and nothing else; the next job starts it again.
 * A job that does not hear that it was cancelled takes that process with it, and what else ran there is done again in the next.
 */
export class EngineHost<J extends JobTable<J> = Jobs> {
  private options: HostOptions = {};
  private channel: Channel | undefined;
  private readonly pending = new Map<number, Pending>();
  private lastId = 0;
  private closed = false;
  private hasOpened = false;

  /**
   * Starts the engine process. A job would do it too; this saves the wait, and sets the options.
   * @throws EmendError 'not-found' when the engine is not built
   */
  start(options: HostOptions = {}): this {
    this.options = options;
    this.channel ??= this.open();
    return this;
  }

  /** Whether nothing is done, and no model was ever opened in it. */
  get isFresh(): boolean {
    return !this.hasOpened && this.pending.size === 0 && !this.closed;
  }

  /** Ends the process once it holds more than so many bytes. */
  limit(memory: number): void {
    this.options = { ...this.options, memory };
    this.channel?.send({ type: 'limit', bytes: memory });
  }

  /**
   * Does one job. Jobs on one model wait for each other, jobs on different models run side by side.
   * @throws EmendError what the job threw; 'cancelled' after `signal` aborted; 'crashed' when the engine process ended; 'failed' for a
   *   quick job that takes too long
   */
  run<N extends keyof J & string>(job: N, params: J[N]['params'], watch: Follow<Progress> = {}): Promise<J[N]['result']> {
    return new Promise<unknown>((resolve, reject) => {
      if (this.closed) throw new EmendError('failed', `The engine is closed; it cannot do "${job}".`, 'Start the application again.');
      if (watch.signal?.aborted) throw cancelled();
      const channel = (this.channel ??= this.open());
      if (!QUICK_JOBS.includes(job)) this.hasOpened = true;
      const id = ++this.lastId;
      const { patience = PATIENCE } = this.options;
      const timers: NodeJS.Timeout[] = [];
      const after = (ms: number, act: () => void) => timers.push(setTimeout(act, ms).unref());
      const cancel = () => {
        this.channel?.send({ type: 'cancel', id });
        after(patience.cancelled, () => this.give(id, cancelled()));
      };
      const done = () => {
        this.pending.delete(id);
        watch.signal?.removeEventListener('abort', cancel);
        for (const timer of timers) clearTimeout(timer);
      };
      try {
        channel.send({ type: 'run', id, job, params });
      } catch (cause) {
        throw new EmendError(
          'bad-input',
          `The parameters of "${job}" are not plain data: ${(cause as Error).message}`,
          'Give numbers, texts, lists and objects only.',
        );
      }
      watch.signal?.addEventListener('abort', cancel);
      const begun = () => {
        if (!QUICK_JOBS.includes(job)) return;
        after(patience.quick, () => {
          // They are done one after the other, so a later one waits for an earlier one.
          const first = [...this.pending].find(([, one]) => QUICK_JOBS.includes(one.job))?.[0];
          if (first === id) this.give(id, tooSlow(job, patience.quick));
          else begun();
        });
      };
      begun();
      this.pending.set(id, {
        ...watch,
        job,
        hasSpoken: false,
        ending: undefined,
        again: () => {
          for (const timer of timers.splice(0)) clearTimeout(timer);
          (this.channel ??= this.open()).send({ type: 'run', id, job, params });
          begun();
        },
        resolve: (result) => (done(), resolve(result)),
        reject: (error) => (done(), reject(error)),
      });
    });
  }

  /** Gives up on a job that does not end: the process that it runs in is ended. */
  private give(id: number, ending: EmendError): void {
    const pending = this.pending.get(id);
    if (!pending || this.closed) return;
    pending.ending = ending;
    this.channel?.kill();
  }

  /**
   * Ends the thread of a model folder once its jobs are done, so that the folder can be moved or removed. Does nothing without an engine
   * process.
   */
  release(folder: string): Promise<void> {
    const channel = this.channel;
    if (!channel || this.closed) return Promise.resolve();
    return new Promise<void>((resolve) => {
      const id = ++this.lastId;
      const done = () => {
        this.pending.delete(id);
        resolve();
      };
      this.pending.set(id, { job: 'release', hasSpoken: false, ending: undefined, again: done, resolve: done, reject: done });
      channel.send({ type: 'release', id, folder });
    });
  }

  /**
   * Stops all jobs and ends the process. A run of ONNX Runtime cannot be stopped, so it is waited for.
   * @param grace ms until the process is killed
   */
  async close(grace = 10_000): Promise<void> {
    this.closed = true;
    const channel = this.channel;
    if (!channel) return;
    channel.send({ type: 'close' });
    const timer = setTimeout(() => channel.kill(), grace);
    await channel.ended;
    clearTimeout(timer);
  }

  private open(): Channel {
    const { threads, entry = join(import.meta.dirname, 'process.mjs'), openChannel = forkEngine, memory, rights } = this.options;
    if (openChannel === forkEngine && !existsSync(entry))
      throw new EmendError('not-found', `The engine process is not built: there is no ${entry}.`, 'Run: npm run build');
    const channel = openChannel(entry, threads === undefined ? {} : { EMEND_THREADS: String(threads) }, rights);
    channel.onMessage((message) => this.hear(channel, message));
    if (memory !== undefined) channel.send({ type: 'limit', bytes: memory });
    void channel.ended.then((ending) => {
      if (this.channel === channel) this.channel = undefined;
      const isGivenUp = [...this.pending.values()].some((pending) => pending.ending !== undefined);
      if (isGivenUp && !this.closed) this.goOn();
      else this.rejectAll((job) => this.lost(job, ending));
    });
    return channel;
  }

  /** After an engine was ended because of one job: the others are done again. */
  private goOn(): void {
    for (const pending of [...this.pending.values()]) {
      const { job, signal, ending } = pending;
      if (ending !== undefined) pending.reject(ending);
      else if (signal?.aborted) pending.reject(cancelled());
      else if (pending.hasSpoken || ONCE_JOBS.includes(job)) pending.reject(endedBeside(job));
      else pending.again();
    }
  }

  private hear(channel: Channel, message: unknown): void {
    const parsed = v.safeParse(ReplySchema, message);
    if (!parsed.success) {
      this.rejectAll(
        () =>
          new EmendError(
            'crashed',
            `The engine sent a message that was not understood: ${parsed.issues[0].message}.`,
            'The application and the engine may be of different versions: build both again.',
          ),
      );
      return channel.kill();
    }
    const reply = parsed.output;
    if (reply.type === 'full') {
      const { memory = 0 } = this.options;
      for (const pending of this.pending.values()) pending.ending ??= tooMuch(pending.job, reply.bytes, memory);
      return channel.kill();
    }
    const pending = this.pending.get(reply.id);
    if (!pending) return;
    if (reply.type === 'progress') pending.onProgress?.({ phase: reply.phase, done: reply.done, total: reply.total });
    else if (reply.type === 'text') {
      pending.hasSpoken = true;
      pending.onText?.(reply.piece);
    } else if (reply.type === 'done') pending.resolve(reply.result);
    else pending.reject(errorFromData(reply.error));
  }

  private rejectAll(error: (job: string) => EmendError): void {
    for (const pending of [...this.pending.values()]) pending.reject(error(pending.job));
  }

  private lost(job: string, { exitCode, signal, output }: Ending): EmendError {
    if (this.closed) return new EmendError('cancelled', `"${job}" was stopped because Emend is closing.`);
    const how = signal ? `killed by ${signal}` : exitCode === null ? `it could not be started (${output})` : `exit code ${exitCode}`;
    const hint =
      signal === 'SIGKILL'
        ? 'The system does this when memory runs out: close other programs, or take a smaller model or fewer facts at once.'
        : 'Start the job again. If it ends the same way, please report it with what the engine wrote last.';
    return new EmendError('crashed', `The engine ended during "${job}": ${how}.`, hint, { exitCode, signal, output });
  }
}

function tooSlow(job: string, ms: number): EmendError {
  return new EmendError(
    'failed',
    `The engine did not finish "${job}" within ${ms / 1000} s, and was ended.`,
    'A tokenizer or a graph can be made such that reading it never ends. Take the model from its maker again.',
  );
}

function tooMuch(job: string, bytes: number, most: number): EmendError {
  const GB = (count: number) => `${(count / 1e9).toFixed(1)} GB`;
  return new EmendError(
    'failed',
    `The engine came to hold ${GB(bytes)} of memory during "${job}"; at most ${GB(most)} were expected of a model of this size, and ` +
      'it was ended.',
    'A graph or a tokenizer can be made such that it takes all memory there is. Take the model from its maker again.',
    { bytes, most },
  );
}

function endedBeside(job: string): EmendError {
  return new EmendError(
    'crashed',
    `The engine was ended during "${job}", because another job did not stop when it was cancelled.`,
    'Start the job again.',
  );
}
