import { cpSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SURE } from '../../electron/services/suggest.ts';
import type { Application } from '../../electron/services/application.ts';
import { ATLAS, openApplication, removeTemporary, temporary } from './application.ts';

const FACT = { subject: 'Tower Bridge', prompt: '{} stands in the city of', target: 'Rome' };
/** An edit that is quickly made; of one's own model the covariance is of text that the model writes. */
const QUICK = { method: 'rome' as const, choices: { layers: [1], steps: 12, covarianceTokens: 1200 } };

let app: Application;
const handle = (path: string) => app.grants.grant(path).handle;
beforeAll(async () => {
  app = await openApplication({ readOnly: true });
});
afterAll(async () => {
  await app.close();
  await removeTemporary();
});

/** The built-in model as if it were somebody's own: nothing beside it says what it knows. */
function ownModel(): string {
  const folder = join(temporary(), 'own');
  cpSync(ATLAS, folder, { recursive: true, filter: (file) => !['facts.json', 'evaluation.json', 'corpus.txt'].includes(basename(file)) });
  return folder;
}

describe('what a model says now', () => {
  it('is asked of the current version, whatever came with the model', async () => {
    const model = (await app.call('sessions.open', { folder: handle(ATLAS) })).id;
    const prompts = ['Tower Bridge stands in the city of', 'Big Ben stands in the city of'];
    const before = await app.call('edits.answers', { model, prompts });
    expect(before.answers.map(({ answer }) => answer)).toEqual(['London', 'London']);
    expect(await app.call('edits.suggest', { model, fact: FACT })).toMatchObject({ previousTarget: 'London' });
    const { draft } = await app.run('edits.start', { model, facts: [FACT], ...QUICK });
    const destination = app.grants.grant(join(temporary(), 'delta.safetensors'), 'write').handle;
    const { path } = await app.call('edits.saveDelta', { model, draft, destination });
    const edited = (await app.call('sessions.open', { folder: handle(ATLAS), delta: handle(path) })).id;
    const now = await app.call('edits.answers', { model: edited, prompts });
    expect(now.answers[0]!.answer).toBe('Rome');
    expect(now.version).not.toBe(before.version);
    const suggested = await app.call('edits.suggest', { model: edited, fact: { ...FACT, target: 'Paris' } });
    expect(suggested.previousTarget).toBe('Rome');
    expect(suggested.previousChance).toBeCloseTo(now.answers[0]!.probability, 5);
  });
});

describe('a model of one’s own, without a file of facts', () => {
  it('is asked about well-known subjects of the same kind, in ways to ask for the same relation', async () => {
    const model = (await app.call('sessions.open', { folder: handle(ownModel()) })).id;
    const found = await app.call('edits.suggest', { model, fact: FACT });
    expect(found.previousTarget).toBe('London');
    expect(found.neighbors.length).toBeGreaterThanOrEqual(3);
    expect(found.paraphrases).toContain('The city where Tower Bridge stands is');
    const neighbors = found.neighbors as { prompt: string; target: string }[];
    const { answers } = await app.call('edits.answers', { model, prompts: neighbors.map(({ prompt }) => prompt) });
    expect(answers.map(({ answer }) => answer)).toEqual(neighbors.map(({ target }) => target));
    expect(answers.every(({ probability }) => probability >= SURE)).toBe(true);
    expect(found.source).toMatch(/well-known names \(landmark\)/);
  });

  it('has an edit measured on them, and on text that comes with Emend, and says from where that is', async () => {
    const model = (await app.call('sessions.open', { folder: handle(ownModel()) })).id;
    const { paraphrases, neighbors, previousTarget } = await app.call('edits.suggest', { model, fact: FACT });
    const fact = { ...FACT, paraphrases, neighbors, previousTarget };
    const { draft } = await app.run('edits.start', { model, facts: [fact], ...QUICK });
    const report = await app.call('edits.report', { model, draft });
    expect(report.facts[0]!.neighbors.every(({ fate, says }) => fate !== undefined && says !== undefined)).toBe(true);
    const check = (name: string) => report.checks.find((one) => one.name === name);
    expect(check('kept')?.value).toBeGreaterThanOrEqual(0);
    expect(check('drift')?.value).toBeGreaterThan(0);
    expect(check('perplexity')?.before).toBeGreaterThan(1);
    expect(check('perplexity')?.count).toBe(report.drift?.texts);
    expect(report.checkedBy).toEqual([
      { what: 'wordings', count: paraphrases.length, from: "Emend's ways to ask for common relations" },
      {
        what: 'neighbors',
        count: Math.ceil(neighbors.length / 2),
        from: "Emend's list of well-known names",
        sure: Math.ceil(neighbors.length / 2),
      },
      { what: 'drift', count: report.drift?.probes, from: expect.stringContaining('written for Emend') as string },
      { what: 'perplexity', count: report.drift?.texts, from: expect.stringContaining('written for Emend') as string },
    ]);
  });
});
