import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { handlersOn } from '../../electron/engine/handlers/index.ts';
import { OpenModels } from '../../electron/engine/handlers/open-models.ts';
import { silent } from '../../shared/progress.ts';

const folder = join(import.meta.dirname, '../../models/atlas');
const jobs = handlersOn(new OpenModels());
const context = { ...silent, say: () => undefined };
const PROMPT = 'The landmark Eiffel Tower is in the city of';

test('a trace finds what restores the answer: the subject’s last token early, the last token late', async () => {
  const { facts } = JSON.parse(readFileSync(join(folder, 'facts.json'), 'utf8')) as { facts: { subject: string }[] };
  const report = await jobs.trace(
    {
      model: { folder },
      prompt: 'The landmark {} is in the city of',
      subject: 'Eiffel Tower',
      subjects: facts.map(({ subject }) => subject),
      settings: { samples: 10, seed: 1, level: 3, window: 2, kinds: ['hidden', 'mlp'] },
    },
    context,
  );
  expect(report.prompt).toBe(PROMPT);
  expect(report.answer.text.trim()).toBe('Paris');
  expect(report.tokens.filter(({ isSubject }) => isSubject).map(({ text }) => text)).toEqual([' Eiffel', ' Tower']);
  // The deviation that the authors' code finds over the same subjects (fixtures, locate/atlas).
  expect(report.deviation).toMatchObject({ subjects: 2090, value: expect.closeTo(0.06216, 4) as number });
  expect(report.high).toBeGreaterThan(0.99);
  expect(report.low).toBeLessThan(0.5);
  const { hidden, mlp } = report.scores;
  expect([hidden!.length, hidden![0]!.length, mlp!.length]).toEqual([9, 8, 9]);
  expect(hidden!.at(-1)!.at(-1)).toBeCloseTo(report.high, 4);
  expect(hidden![3]![1]).toBeGreaterThan(report.low);
  expect(hidden![0]).toEqual(Array.from({ length: 8 }, () => report.low)); // before the subject nothing was changed
});

test('the lens ends in what the model says, and the parts add up to it', async () => {
  const watched = ['Paris', 'London'];
  const seen = await jobs.lens({ model: { folder }, prompt: PROMPT, watched, top: 3 }, context);
  expect(seen.places.length).toBe(9);
  const end = seen.places.at(-1)!.at(-1)!;
  expect(seen.texts[end.top[0]!.id]!.trim()).toBe('Paris');
  expect(end.klToFinal).toBe(0);
  expect(end.watched[0]!.rank).toBe(0);
  const parts = await jobs.attribute({ model: { folder }, prompt: PROMPT, watched }, context);
  expect(parts.watched.map(({ text }) => text.trim())).toEqual(watched);
  expect(parts.residue).toBeLessThan(1e-4);
  parts.total.forEach((logit, at) => expect(logit).toBeCloseTo(end.watched[at]!.logit, 3));
  const { n_head: heads } = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as { n_head: number };
  expect(parts.heads.map((layer) => layer.length)).toEqual(Array.from({ length: 8 }, () => heads));
});
