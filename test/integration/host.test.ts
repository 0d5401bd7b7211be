import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, test, vi } from 'vitest';
import { EngineHost } from '../../electron/engine/host.ts';
import type { Progress } from '../../shared/progress.ts';
import { EmendError } from '../../shared/errors.ts';
import type { TestJobs } from './host/worker.ts';

const entry = inject('testEngine');
let scratch: string;
let host: EngineHost<TestJobs>;

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'emend-host-'));
  for (const name of ['a', 'b']) mkdirSync(join(scratch, name));
  host = new EngineHost<TestJobs>().start({ entry, threads: 3 });
});
afterEach(async () => {
  await host.close(0);
  rmSync(scratch, { recursive: true });
});

const model = (name = 'a') => ({ folder: join(scratch, name) });

async function failure(job: Promise<unknown>): Promise<EmendError> {
  const error: unknown = await job.then(
    () => undefined,
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(EmendError);
  return error as EmendError;
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Starts a job that goes on until it is stopped, and waits until it is at it. */
async function busy(signal?: AbortSignal, name = 'a'): Promise<{ ended: Promise<EmendError> }> {
  let ended!: Promise<EmendError>;
  await new Promise<void>(
    (started) => (ended = failure(host.run('work', { model: model(name) }, { signal, onProgress: () => started() }))),
  );
  return { ended };
}

describe('a job', () => {
  test('gets its parameters and gives its result, numbers and arrays unchanged', async () => {
    const value = { list: [1, NaN, -0], text: 'é', floats: new Float32Array([0.1, 2]), big: 12n, missing: undefined };
    expect(await host.run('echo', { model: model(), value })).toEqual(value);
  });

  test('is told how many threads ONNX Runtime may use, and runs in a process of its own', async () => {
    const { pid, threads } = await host.run('place', { model: model() });
    expect(threads).toBe('3');
    expect(pid).not.toBe(process.pid);
  });

  test('hands its text on in order, before its result', async () => {
    const pieces = Array.from({ length: 50 }, (_, i) => ` ${i}`);
    const heard: string[] = [];
    const result = await host.run('speak', { model: model(), pieces }, { onText: (piece) => heard.push(piece) });
    expect(heard.join('')).toBe(result);
  });

  test('reports progress in order, seldom, and never without the last of a phase', async () => {
    const heard: Progress[] = [];
    const start = performance.now();
    expect(
      await host.run('count', { model: model(), phases: ['keys', 'values'], steps: 20_000 }, { onProgress: (p) => heard.push(p) }),
    ).toBe(40_000);
    const seconds = (performance.now() - start) / 1000;
    const phases = heard.map((p) => p.phase);
    expect(phases).toEqual([...phases].sort());
    for (const phase of ['keys', 'values']) {
      const done = heard.filter((p) => p.phase === phase).map((p) => p.done);
      expect(done).toEqual([...done].sort((a, b) => a - b));
      expect(done.at(-1)).toBe(20_000);
    }
    expect(heard.length).toBeLessThanOrEqual(20 * seconds + 5);
  });

  test('fails with its own error, every field of it', async () => {
    const error = await failure(host.run('refuse', { model: model() }));
    expect(error).toMatchObject({
      code: 'not-found',
      message: 'No layer 99; this model has 8.',
      hint: 'Take a layer from 0 to 7.',
      details: { layer: 99, known: [0, 7] },
    });
  });

  test('that fails by a defect says where', async () => {
    const error = await failure(host.run('stumble', { model: model() }));
    expect(error).toMatchObject({ code: 'failed', message: 'x is not a function' });
    expect(error.details['stack']).toContain('stumble');
  });

  test('whose result cannot leave the thread fails, and the thread goes on', async () => {
    expect((await failure(host.run('unsendable', { model: model() }))).message).toContain('could not be cloned');
    expect(await host.run('echo', { model: model(), value: 1 })).toBe(1);
  });
});

describe('what is refused', () => {
  test('an unknown job, naming those there are', async () => {
    const error = await failure(host.run('paint' as 'echo', { model: model(), value: 1 }));
    expect(error.code).toBe('bad-input');
    expect(error.message).toMatch(/"paint".*echo, place/);
  });

  test.each([
    [undefined, 'params'],
    [{}, 'params.model'],
    [{ model: { folder: 7 } }, 'params.model.folder'],
    [{ model: { folder: '' } }, 'params.model.folder'],
  ])('parameters without a model: %j', async (params, field) => {
    const error = await failure(host.run('echo', params as never));
    expect(error).toMatchObject({ code: 'bad-input', details: { field } });
    expect(error.message).toContain(`${field}:`);
  });

  test('parameters that are not plain data', async () => {
    expect((await failure(host.run('echo', { model: model(), value: () => 1 }))).code).toBe('bad-input');
    expect(await host.run('echo', { model: model(), value: 1 })).toBe(1);
  });

  test('an engine that is not built, with the command that builds it', () => {
    expect(() => new EngineHost().start({ entry: join(scratch, 'process.mjs') })).toThrow(
      expect.objectContaining({ code: 'not-found', hint: 'Run: npm run build' }),
    );
  });
});

describe('cancelling', () => {
  const isCancelled = { code: 'cancelled', message: 'Cancelled, nothing changed.' };

  test('stops a job that blocks its thread, and the thread goes on', async () => {
    const stop = new AbortController();
    const { ended } = await busy(stop.signal);
    const { pid } = await host.run('place', { model: model('b') });
    stop.abort();
    expect(await ended).toMatchObject(isCancelled);
    expect(await host.run('place', { model: model() })).toMatchObject({ pid });
  });

  test('stops a waiting job at once and leaves the one before it alone', async () => {
    const first = new AbortController();
    const second = new AbortController();
    const { ended } = await busy(first.signal);
    const waiting = failure(host.run('echo', { model: model(), value: 1 }, { signal: second.signal }));
    second.abort();
    expect(await waiting).toMatchObject(isCancelled);
    const still = Promise.race([ended, new Promise((resolve) => setTimeout(() => resolve('working'), 100))]);
    expect(await still).toBe('working');
    first.abort();
    expect(await ended).toMatchObject(isCancelled);
  });

  test('before the start starts nothing', async () => {
    expect(await failure(host.run('abort', { model: model() }, { signal: AbortSignal.abort() }))).toMatchObject(isCancelled);
  });
});

describe('a job that does not hear', () => {
  const impatient = () => new EngineHost<TestJobs>().start({ entry, patience: { cancelled: 100, quick: 4000 } });
  const blocked = (signal: AbortSignal) => {
    let ended!: Promise<EmendError>;
    const began = new Promise<void>((started) => {
      ended = failure(host.run('block', { model: model(), ms: 600_000 }, { signal, onProgress: () => started() }));
    });
    return { began, ended };
  };

  test('takes its engine with it once it was cancelled; what else ran is done again', async () => {
    await host.close(0);
    host = impatient();
    const stop = new AbortController();
    const { began, ended } = blocked(stop.signal);
    await began;
    const other = new AbortController();
    const steps: number[] = [];
    const working = failure(host.run('work', { model: model('b') }, { signal: other.signal, onProgress: ({ done }) => steps.push(done) }));
    await vi.waitFor(() => expect(steps.length).toBeGreaterThan(0), 15_000);
    const before = await host.run('place', { model: { folder: scratch } });
    stop.abort();
    expect(await ended).toMatchObject({ code: 'cancelled' });
    const seen = steps.length;
    await vi.waitFor(() => expect(steps.slice(seen)).toContain(1), 15_000);
    expect((await host.run('place', { model: model() })).pid).not.toBe(before.pid);
    other.abort();
    expect((await working).code).toBe('cancelled');
  });

  test('is ended when it should be quick; those that waited for it are done', async () => {
    await host.close(0);
    host = impatient();
    const slow = failure(host.run('tokens', { model: model(), ms: 600_000 }));
    const waiting = host.run('tokens', { model: model(), ms: 0 });
    expect(await slow).toMatchObject({ code: 'failed', message: expect.stringContaining('within 4 s') as string });
    expect(await waiting).toBe('done');
  });

  test('that takes more memory than its engine may hold ends with it, and is told both; the next one has a new engine', async () => {
    await host.close(0);
    host = new EngineHost<TestJobs>().start({ entry, memory: 400e6 });
    const error = await failure(host.run('fill', { model: model() }));
    expect(error).toMatchObject({
      code: 'failed',
      message: expect.stringMatching(/during "fill"; at most 0\.4 GB were expected/) as string,
    });
    expect(Number(error.details['bytes'])).toBeGreaterThan(400e6);
    expect(Number(error.details['bytes'])).toBeLessThan(4e9);
    expect(await host.run('echo', { model: model(), value: 1 })).toBe(1);
  });

  test('is waited for when nobody cancelled it', async () => {
    await host.close(0);
    host = impatient();
    expect(await host.run('block', { model: model(), ms: 500 })).toBe('done');
  });
});

describe('several models', () => {
  const meet = (own: string, other: string, at: string) =>
    host.run('meet', { model: { folder: at }, own: join(scratch, own), other: join(scratch, other) });

  test('work side by side', async () => {
    expect(await Promise.all([meet('1', '2', join(scratch, 'a')), meet('2', '1', join(scratch, 'b'))])).toEqual([true, true]);
  });

  test('one model does its jobs one after the other, also under another name', async () => {
    symlinkSync(join(scratch, 'a'), join(scratch, 'link'));
    const stop = new AbortController();
    const { ended } = await busy(stop.signal);
    let answered = false;
    const next = host.run('echo', { model: model('link'), value: 1 }).then(() => (answered = true));
    await host.run('place', { model: model('b') });
    expect(answered).toBe(false);
    stop.abort();
    await ended;
    expect(await next).toBe(true);
  });
});

describe('a crash', () => {
  test.each([
    ['abort', 'SIGABRT', 'report'],
    ['kill', 'SIGKILL', 'memory'],
  ] as const)('in native code (%s) ends its jobs with the signal, and the next job starts afresh', async (job, signal, hint) => {
    const before = await host.run('place', { model: model() });
    const { ended } = await busy(undefined, 'b');
    const error = await failure(host.run(job, { model: model() }));
    expect(error).toMatchObject({ code: 'crashed', details: { signal } });
    expect(error.message).toBe(`The engine ended during "${job}": killed by ${signal}.`);
    expect(error.hint).toContain(hint);
    expect(await ended).toMatchObject({ code: 'crashed' });
    const after = await host.run('place', { model: model() });
    expect(after.pid).not.toBe(before.pid);
    expect(after.threads).toBe('3');
  });

  test('of one thread ends the jobs of its model only', async () => {
    const stop = new AbortController();
    const other = await busy(stop.signal, 'b');
    const { pid } = await host.run('place', { model: model() });
    const [error, waiting] = await Promise.all([
      failure(host.run('stray', { model: model() })),
      failure(host.run('echo', { model: model(), value: 1 })),
    ]);
    for (const e of [error, waiting]) expect(e).toMatchObject({ code: 'crashed', message: expect.stringContaining('thrown outside') });
    expect(await host.run('place', { model: model() })).toMatchObject({ pid });
    stop.abort();
    expect((await other.ended).code).toBe('cancelled');
  });
});

describe('closing', () => {
  test('stops a running job and leaves no process behind', async () => {
    const { pid } = await host.run('place', { model: model() });
    const { ended } = await busy();
    await host.close();
    expect((await ended).code).toBe('cancelled');
    expect(alive(pid)).toBe(false);
    expect((await failure(host.run('place', { model: model() }))).message).toContain('closed');
  });

  test('waits for a native run and then ends by itself', async () => {
    const { pid } = await host.run('place', { model: model() });
    let finished!: Promise<string>;
    await new Promise<void>((started) => (finished = host.run('block', { model: model(), ms: 400 }, { onProgress: () => started() })));
    await host.close();
    expect(await finished).toBe('done');
    expect(alive(pid)).toBe(false);
  });

  test('kills what does not end in time', async () => {
    const { pid } = await host.run('place', { model: model() });
    let ended!: Promise<EmendError>;
    await new Promise<void>(
      (started) => (ended = failure(host.run('block', { model: model(), ms: 60_000 }, { onProgress: () => started() }))),
    );
    await host.close(200);
    expect(await ended).toMatchObject({ code: 'cancelled', message: '"block" was stopped because Emend is closing.' });
    expect(alive(pid)).toBe(false);
  });

  test('happens by itself when the application is killed', async () => {
    const application = spawn(process.execPath, [join(dirname(entry), 'application.mjs')], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(application.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    expect(alive(pid)).toBe(true);
    application.kill('SIGKILL');
    await vi.waitFor(() => expect(alive(pid)).toBe(false), { timeout: 10_000 });
  });
});
