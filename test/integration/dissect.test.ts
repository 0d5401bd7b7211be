import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { conceptsOfFacts } from '../../electron/services/concepts.ts';
import { handlersOn } from '../../electron/engine/handlers/index.ts';
import { OpenModels } from '../../electron/engine/handlers/open-models.ts';
import { cancelled } from '../../shared/errors.ts';
import { silent } from '../../shared/progress.ts';
import { factReader } from '../unit/fact-reader.ts';

const folder = join(import.meta.dirname, '../../models/atlas');
const jobs = handlersOn(new OpenModels());
const context = { ...silent, say: () => undefined };
const settings = { share: 0.005, limit: 0.04, shuffles: 2, seed: 0 };
const model = { folder };

test('neurons of the demonstration model stand for kinds of subjects far more often than for shuffled labels', async () => {
  const { texts } = await conceptsOfFacts(factReader, join(folder, 'facts.json'), 0, 2000);
  const report = await jobs.dissect({ model, texts, tokens: 6500, layers: [4], settings }, context);
  expect(report.tokens).toBeGreaterThan(6400);
  const [layer] = report.layers;
  expect(layer!.units.length).toBe(1024);
  expect(layer!.detectors).toBeGreaterThan(20 * Math.max(...layer!.shuffled, 1));
  const best = layer!.units.filter(({ undecided }) => !undecided).reduce((a, b) => (b.iou > a.iou ? b : a));
  const concept = report.concepts[best.concept]!;
  expect(concept).toMatchObject({ category: 'subject', name: 'city' });
  const { facts } = JSON.parse(readFileSync(join(folder, 'facts.json'), 'utf8')) as { facts: { subject: string; kind: string }[] };
  const cities = new Set(facts.filter(({ kind }) => kind === 'city').map(({ subject }) => subject));
  const words = report.texts.flat();
  const text = words[best.top[0]!.place]!.trim();
  expect([...cities].some((city) => city.includes(text))).toBe(true);

  const lost = await jobs.ablateUnit({ model, texts, tokens: 6500, layer: 4, unit: best.unit, concept }, context);
  expect(lost.answers.count).toBe(report.texts.length);
  expect(lost.answers.before).toBeGreaterThan(0.9);
  expect(lost.onConcept.tokens + lost.elsewhere.tokens).toBe(report.tokens - report.texts.length);
  expect(lost.places[0]!.after).not.toBe(lost.places[0]!.before);
});

test('layers and units that are not there are named, and work stops when it should', async () => {
  const texts = [{ text: 'Paris is in France.', labels: [{ start: 0, end: 5, category: 'place', name: 'city' }] }];
  await expect(jobs.dissect({ model, texts, tokens: 100, layers: [8], settings }, context)).rejects.toThrow(/layers 0 to 7/);
  await expect(jobs.ablateUnit({ model, texts, tokens: 100, layer: 0, unit: 1024 }, context)).rejects.toThrow(/units 0 to 1023/);
  const check = () => {
    throw cancelled();
  };
  await expect(jobs.dissect({ model, texts, tokens: 100, settings }, { ...context, check })).rejects.toMatchObject({ code: 'cancelled' });
  const empty = [{ text: 'Paris is in France.', labels: [] }];
  await expect(jobs.dissect({ model, texts: empty, tokens: 100, settings }, context)).rejects.toThrow(/no labelled token/);
});
