import { cpSync } from 'node:fs';
import { divided } from '../../shared/told.ts';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { factOf, QUESTIONS } from '../../renderer/components/first/questions.ts';
import { SURE } from '../../electron/services/suggest.ts';
import type { Result } from '../../shared/contract.ts';
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

/** What a report says of every prompt is what a person reads who asks the edited model. */
async function saysWhatIsAsked(folder: string, model: string, draft: string, report: Result<'edits.report'>): Promise<void> {
  const destination = app.grants.grant(join(temporary(), 'delta.safetensors'), 'write').handle;
  const { path } = await app.call('edits.saveDelta', { model, draft, destination });
  const edited = (await app.call('sessions.open', { folder: handle(folder), delta: handle(path) })).id;
  for (const { fact, rewrite, paraphrases, neighbors, sameSubject = [], follows = [], told } of report.facts) {
    const others = [...neighbors, ...sameSubject, ...follows, ...(told?.neighbors ?? []), ...(told?.sameSubject ?? [])];
    const prompts = [rewrite, ...paraphrases, ...others].map(({ prompt }) => prompt);
    const asked = async (of: string) => (await app.call('edits.answers', { model: of, prompts })).answers.map(({ text }) => text.trim());
    const [before, now] = [await asked(model), await asked(edited)];
    [rewrite, ...paraphrases].forEach(({ prompt, good }, at) => {
      expect({ prompt, good }).toEqual({ prompt, good: now[at]!.startsWith(fact.target) });
    });
    others.forEach(({ prompt, fate, says }, place) => {
      const at = 1 + paraphrases.length + place;
      expect(before[at]!.startsWith(says!.before.text.trim()), prompt).toBe(true);
      expect(now[at]!.startsWith(says!.after.text.trim()), prompt).toBe(true);
      expect({ prompt, isLost: fate === 'lost' }).toEqual({ prompt, isLost: !now[at]!.startsWith(says!.before.text.trim()) });
    });
  }
}

it('says what a model is where it lies, before it is copied', async () => {
  const found = await app.run('library.examine', { source: handle(ATLAS) });
  expect(found).toMatchObject({ architecture: 'gpt2', layers: 8, precision: 'float32' });
  expect(found.refusal).toBeUndefined();
  expect(found.memory).toBe(8 * found.parameters);
  expect((await app.call('library.list', {})).models).toEqual([]);
});

describe('the report of the first example', () => {
  it('says of every prompt what a person reads who asks it: neighbours, other wordings, and what may follow', async () => {
    const model = (await app.call('sessions.open', { folder: handle(ATLAS) })).id;
    const [question] = QUESTIONS;
    const asked = factOf(question, question.answers[0]);
    const { paraphrases, neighbors, sameSubject, follows } = await app.call('edits.suggest', { model, fact: asked });
    // Where else it stands follows from the city, so nothing is made of what becomes of it; it is shown.
    expect(follows).toContainEqual({ prompt: 'Tower Bridge is a landmark in the country of', target: 'United Kingdom' });
    const fact = { ...asked, paraphrases, neighbors, sameSubject, follows };
    const { draft } = await app.run('edits.start', { model, facts: [fact], ...QUICK });
    const report = await app.call('edits.report', { model, draft });
    expect(report.facts[0]!.follows?.map(({ prompt }) => prompt)).toEqual(
      follows.map((one) => (typeof one === 'string' ? one : one.prompt)),
    );
    expect(report.checkedBy?.some(({ what }) => what === 'sameSubject')).toBe(sameSubject.length > 0);
    await saysWhatIsAsked(ATLAS, model, draft, report);
  });
});

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
    const folder = ownModel();
    const model = (await app.call('sessions.open', { folder: handle(folder) })).id;
    const { paraphrases, neighbors, previousTarget } = await app.call('edits.suggest', { model, fact: FACT });
    const fact = { ...FACT, paraphrases, neighbors, previousTarget };
    const { draft } = await app.run('edits.start', { model, facts: [fact], ...QUICK });
    const report = await app.call('edits.report', { model, draft });
    await saysWhatIsAsked(folder, model, draft, report);
    const check = (name: string) => report.checks.find((one) => one.name === name);
    expect(check('kept')?.value).toBeGreaterThanOrEqual(0);
    expect(check('drift')?.value).toBeGreaterThan(0);
    expect(check('perplexity')?.before).toBeGreaterThan(1);
    expect(check('perplexity')?.count).toBe(report.drift?.texts);
    const checks = divided(fact, 'neighbours').neighbors!.length;
    expect(report.checkedBy).toEqual([
      { what: 'wordings', count: paraphrases.length, from: "Emend's ways to ask for common relations" },
      { what: 'neighbors', count: checks, from: "Emend's list of well-known names", sure: checks },
      { what: 'drift', count: report.drift?.probes, from: expect.stringContaining('written for Emend') as string },
      { what: 'perplexity', count: report.drift?.texts, from: expect.stringContaining('written for Emend') as string },
    ]);
  });
});
