import { existsSync, writeFileSync } from 'node:fs';
import { EmendError } from '../../../shared/errors.ts';
import type { ModelRef } from '../../../electron/engine/jobs.ts';
import { type Handlers, serve } from '../../../electron/engine/serve.ts';

// A worker whose jobs behave as badly as real ones can, without a model.

interface Job<P, R> {
  readonly params: { readonly model: ModelRef } & P;
  readonly result: R;
}
type None = Record<never, never>;

export interface TestJobs {
  echo: Job<{ value: unknown }, unknown>;
  /** The engine process's id and the threads it may use. */
  place: Job<None, { pid: number; threads: string | undefined }>;
  /** Reports progress `steps` times in each phase, as fast as it can. */
  count: Job<{ phases: readonly string[]; steps: number }, number>;
  /** Says the pieces. */
  speak: Job<{ pieces: readonly string[] }, string>;
  refuse: Job<None, never>;
  /** Fails as a defect would. */
  stumble: Job<None, never>;
  /** Works until it is told to stop, with each step blocking the thread as a run of ONNX Runtime does. */
  work: Job<None, never>;
  /** One long native call: hears nothing. */
  block: Job<{ ms: number }, string>;
  /** The same, under the name of a quick job. */
  tokens: Job<{ ms: number }, string>;
  /** Writes its own file and waits for the other's: two of these only end side by side. */
  meet: Job<{ own: string; other: string }, boolean>;
  /** Takes memory for ever, in pieces of a megabyte. */
  fill: Job<None, never>;
  abort: Job<None, never>;
  kill: Job<None, never>;
  /** Throws outside the job. */
  stray: Job<None, never>;
  /** Gives back what cannot leave the thread. */
  unsendable: Job<None, unknown>;
}

function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function forever(): Promise<never> {
  return new Promise(() => setInterval(() => undefined, 1000));
}

const handlers: Handlers<TestJobs> = {
  echo: async ({ value }) => value,
  place: async () => ({ pid: process.pid, threads: process.env['EMEND_THREADS'] }),
  async count({ phases, steps }, { progress }) {
    for (const phase of phases) for (let step = 1; step <= steps; step++) progress(phase, step, steps);
    return phases.length * steps;
  },
  async speak({ pieces }, { say }) {
    for (const piece of pieces) say(piece);
    return pieces.join('');
  },
  async refuse() {
    throw new EmendError('not-found', 'No layer 99; this model has 8.', 'Take a layer from 0 to 7.', { layer: 99, known: [0, 7] });
  },
  async stumble() {
    throw new TypeError('x is not a function');
  },
  async work(_, { progress, check }) {
    for (let step = 1; ; step++) {
      check();
      progress('work', step, Infinity);
      sleep(10);
    }
  },
  async block({ ms }, { progress }) {
    progress('block', 0, 1);
    sleep(ms);
    return 'done';
  },
  async tokens({ ms }) {
    sleep(ms);
    return 'done';
  },
  async meet({ own, other }) {
    writeFileSync(own, '');
    for (let tries = 0; tries < 500 && !existsSync(other); tries++) sleep(10);
    return existsSync(other);
  },
  async fill() {
    const taken: Uint8Array[] = [];
    for (;;) taken.push(new Uint8Array(1 << 20).fill(1));
  },
  async abort() {
    process.kill(process.pid, 'SIGABRT');
    return forever();
  },
  async kill() {
    process.kill(process.pid, 'SIGKILL');
    return forever();
  },
  async stray() {
    setTimeout(() => {
      throw new RangeError('thrown outside');
    });
    return forever();
  },
  unsendable: async () => () => undefined,
};

serve(handlers);
