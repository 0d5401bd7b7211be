import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { handlersOn } from '../../electron/engine/handlers/index.ts';
import { OpenModels } from '../../electron/engine/handlers/open-models.ts';
import { cancelled } from '../../shared/errors.ts';
import { silent } from '../../shared/progress.ts';

process.env['EMEND_THREADS'] ??= '1'; // small models are done soonest by one thread
const jobs = handlersOn(new OpenModels());
const context = { ...silent, say: () => undefined };
const place = mkdtempSync(join(tmpdir(), 'emend-trace-facts-'));
afterAll(() => rmSync(place, { recursive: true }));

const prompt = 'The landmark {} is in the city of';
const settings = { samples: 2, seed: 1, level: 3, kinds: ['hidden'] as const };
const asked = {
  model: { folder: join(import.meta.dirname, '../../models/atlas') },
  facts: [
    { prompt, subject: 'Eiffel Tower', target: 'Paris' },
    { prompt, subject: 'Colosseum', target: 'Paris' },
    { prompt, subject: 'Brandenburg Gate', target: 'Berlin' },
    { prompt, subject: 'Louvre', target: 'Paris' },
  ],
  subjects: [],
  settings,
};

test('facts that the model does not know are skipped and counted; the window follows the depth', async () => {
  const report = await jobs.traceFacts(asked, context);
  expect(report.settings.window).toBe(2);
  expect(report.traced + report.skipped.length).toBe(4);
  expect(report.skipped.map(({ subject }) => subject)).toContain('Colosseum');
  expect(report.skipped[0]!.answer.trim()).not.toBe('Paris');
  const { last, lastSubject } = report.effects.hidden!;
  expect(last.facts).toBe(report.traced);
  // With the last hidden state put back the answer is the clean one.
  expect(last.layers.at(-1)!.mean).toBeCloseTo(report.high!.mean - report.low!.mean, 4);
  expect(lastSubject.layers[0]!.mean).toBeGreaterThan(0);
});

test('a run that was stopped goes on from its file and ends like one that was not', async () => {
  const file = join(place, 'facts.jsonl');
  const whole = await jobs.traceFacts(asked, context);
  let checks = 0;
  const stopping = {
    ...context,
    progress: (phase: string, done: number) => {
      if (phase === 'tracing facts') checks = done;
    },
    check: () => {
      if (checks === 3) throw cancelled();
    },
  };
  await expect(jobs.traceFacts({ ...asked, keep: { file } }, stopping)).rejects.toMatchObject({ code: 'cancelled' });
  expect(readFileSync(file, 'utf8').trim().split('\n').length).toBe(4);
  const rest = await jobs.traceFacts({ ...asked, keep: { file } }, context);
  expect(rest.resumed).toBe(whole.traced - 1);
  expect({ ...rest, resumed: 0 }).toEqual({ ...whole, resumed: 0 });
});
