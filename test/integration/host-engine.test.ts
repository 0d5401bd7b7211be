import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { EngineHost } from '../../electron/engine/host.ts';
import type { Jobs } from '../../electron/engine/jobs.ts';

// The engine itself behind the host: ONNX Runtime in worker threads of a child process.

const model = { folder: resolve('models/atlas') };
const prompt = {
  prompt: 'The capital of France is',
  top: 3,
  maxTokens: 8,
  sampling: { temperature: 0, topK: 0, topP: 1, repetitionPenalty: 1, seed: 0 },
} satisfies Omit<Jobs['ask']['params'], 'model'>;
let scratch: string;
let host: EngineHost;

beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'emend-engine-'));
  process.env['EMEND_CACHE'] = join(scratch, 'cache');
  host = new EngineHost().start({ entry: inject('engine'), threads: 1 });
});
afterAll(async () => {
  await host.close();
  rmSync(scratch, { recursive: true });
});

test('streams an answer', async () => {
  let heard = '';
  const answer = await host.run('ask', { model, ...prompt }, { onText: (piece) => (heard += piece) });
  expect(answer.next[0]!.token.trim()).not.toBe('');
  expect(answer.next.map((t) => t.probability)).toEqual(answer.next.map((t) => t.probability).sort((a, b) => b - a));
  expect(heard).toBe(answer.text);
});

test('an edit stops in the middle of its optimisation, and the model still answers as before', async () => {
  const before = await host.run('ask', { model, ...prompt });
  const facts = [{ subject: 'France', prompt: 'The capital of {} is', target: 'Berlin' }];
  const stop = new AbortController();
  const phases = new Set<string>();
  const edit = host.run(
    'edit',
    { model, facts, method: 'rome', choices: { layers: [3], steps: 100_000, covarianceTokens: 2000 } },
    {
      signal: stop.signal,
      onProgress: ({ phase }) => {
        phases.add(phase);
        if (phase === 'targets') stop.abort();
      },
    },
  );
  await expect(edit).rejects.toMatchObject({ code: 'cancelled', message: 'Cancelled, nothing changed.' });
  expect([...phases]).toContain('targets');
  expect(await host.run('ask', { model, ...prompt })).toEqual(before);
});

test('texts are cut while the model is being edited', async () => {
  const facts = [{ subject: 'France', prompt: 'The capital of {} is', target: 'Berlin' }];
  const stop = new AbortController();
  let started!: () => void;
  const running = new Promise<void>((resolve) => (started = resolve));
  // Without an end: a cut that waited for it would never come.
  const edit = host.run(
    'edit',
    { model, facts, method: 'rome', choices: { layers: [3], steps: 100_000, covarianceTokens: 2000 } },
    { signal: stop.signal, onProgress: () => started() },
  );
  await running;
  const {
    facts: [cut, wrong],
  } = await host.run('cut', { model, facts: [facts[0]!, { ...facts[0]!, prompt: 'No place' }] });
  const { tokens } = await host.run('tokens', { model, text: 'The capital of France is' });
  stop.abort();
  await expect(edit).rejects.toMatchObject({ code: 'cancelled' });
  expect(cut).toMatchObject({ subjectFirst: 3, subjectLast: 3, targetStart: 5 });
  expect(tokens.map(({ text }) => text).join('')).toContain('The capital of France is');
  expect(wrong).toMatchObject({ problem: { field: 'prompt' } });
});

test('two models answer side by side', async () => {
  const copy = { folder: join(scratch, 'copy') };
  cpSync(model.folder, copy.folder, { recursive: true });
  const [one, other] = await Promise.all([host.run('ask', { model, ...prompt }), host.run('ask', { model: copy, ...prompt })]);
  expect(other).toEqual(one);
});

test('a folder that is not there is named', async () => {
  const folder = join(scratch, 'nowhere');
  await expect(host.run('inspect', { model: { folder } })).rejects.toMatchObject({
    code: 'not-found',
    message: expect.stringContaining(folder),
  });
});
