import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Channel } from '../../electron/engine/channel.ts';
import type { Application } from '../../electron/services/application.ts';
import { restored } from '../../shared/tracing.ts';
import { ATLAS, openApplication, removeTemporary, temporary } from './application.ts';

const FACT = { subject: 'Tower Bridge', prompt: '{} stands in the city of', target: 'Rome' };
/** Settings that are quick, not good. */
const QUICK = { method: 'rome' as const, choices: { covarianceTokens: 1200 } };

let app: Application;
let model: string;
let engine: Channel | undefined;
const handle = (path: string) => app.grants.grant(path).handle;

beforeAll(async () => {
  process.env['EMEND_CACHE'] = temporary();
  app = await openApplication({ readOnly: true }, (channel) => (engine = channel));
  model = (await app.call('sessions.open', { folder: handle(ATLAS) })).id;
}, 120_000);
afterAll(async () => {
  await app.close();
  removeTemporary();
});

describe('other states in a run', () => {
  it('patching follows the model’s own answers, and the subject’s state carries them over', async () => {
    const asked = { model, clean: 'The capital of France is', counterfactual: 'The capital of Italy is', kinds: ['hidden' as const] };
    const found = await app.run('locating.patch', asked);
    expect(found.answers.map(({ text }) => text)).toEqual([' Paris', ' Rome']);
    expect(found.alignment).toBe('token by token');
    const at = found.counterfactual.tokens.findIndex(({ text }) => text === ' Italy');
    const share = (token: number, layer: number) =>
      restored(found.grids.hidden![token]![layer]!, found.clean.outcome, found.counterfactual.outcome)!;
    expect(share(at, 0)).toBeGreaterThan(0.9);
    expect(share(0, 0)).toBeCloseTo(0, 3);
    expect(share(found.counterfactual.tokens.length - 1, 7)).toBeCloseTo(1, 3);
    await expect(app.run('locating.patch', { ...asked, counterfactual: "France's capital is" })).rejects.toThrow(/same token, " Paris"/);
  });

  it('ablation by the average takes prompts of the model’s own facts; texts that were given take their place', async () => {
    const asked = { model, prompt: 'The capital of France is', kinds: ['head' as const], how: 'mean' as const };
    const own = await app.run('locating.ablate', asked);
    expect(own).toMatchObject({ how: 'mean', texts: 60, answers: [{ text: ' Paris' }] });
    expect(own.grids.head!.map((row) => row.length)).toEqual(Array.from({ length: own.grids.head!.length }, () => 8));
    const given = await app.run('locating.ablate', { ...asked, texts: ['The capital of France is'] });
    expect(given.texts).toBe(1);
    expect(given.grids).not.toEqual(own.grids);
  });
});

describe('facts traced in one job', () => {
  const asked = () => ({ model, own: 4, samples: 2, kinds: ['hidden' as const] });

  it('go on where they were when the work was killed, and end like those that were not', async () => {
    let done = 0;
    const watch = {
      onProgress: (progress: { phase: string; done: number }) => {
        if (progress.phase === 'tracing facts') done = progress.done;
        if (done === 2) engine!.kill();
      },
    };
    await expect(app.run('locating.traceFacts', asked(), watch)).rejects.toMatchObject({ code: 'crashed' });
    const rest = await app.run('locating.traceFacts', asked());
    expect(rest).toMatchObject({ layers: 8, settings: { window: 2, samples: 2 } });
    expect(rest.traced + rest.skipped.length).toBe(4);
    expect(rest.resumed).toBeGreaterThanOrEqual(2 - rest.skipped.length);
    expect(rest.resumed).toBeLessThan(rest.traced);
    const file = join(temporary(), 'traces.jsonl');
    const whole = await app.run('locating.traceFacts', { ...asked(), keep: app.grants.grant(file, 'write').handle });
    expect(whole).toEqual({ ...rest, resumed: 0 });
    expect(readFileSync(file, 'utf8').trim().split('\n').length).toBe(5);
  });

  it('stop when they are cancelled, and a file to be read alone is none to keep them in', async () => {
    const stop = new AbortController();
    const watch = { signal: stop.signal, onProgress: () => stop.abort() };
    await expect(app.run('locating.traceFacts', { ...asked(), seed: 2 }, watch)).rejects.toMatchObject({ code: 'cancelled' });
    const keep = handle(join(ATLAS, 'facts.json'));
    await expect(app.call('locating.traceFacts', { ...asked(), keep })).rejects.toMatchObject({ code: 'bad-input' });
  });
});

describe('before an edit', () => {
  it('what may move with it: its neighbours and other subjects of the relation, those with its last word first', async () => {
    const { neighbors } = await app.call('edits.suggest', { model, fact: FACT });
    const asked = { model, facts: [{ ...FACT, neighbors }], ...QUICK, choices: { ...QUICK.choices, layers: [1] }, most: 5 };
    const found = await app.run('locating.near', asked);
    expect(found).toMatchObject({ version: 'base', layers: [1], isOpen: false, covariance: 'corpus.txt' });
    const [one] = found.facts;
    expect(one!.near.length).toBe(5);
    expect(one!.looked).toBeGreaterThan(50);
    expect(one!.near[0]).toMatchObject({ from: 'relation', nearest: { layer: 1, token: ' Bridge' } });
    expect(one!.near[0]!.nearest.share).toBeGreaterThan(0.5);
    const sizes = one!.near.map(({ nearest }) => Math.abs(nearest.share));
    expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
    const all = await app.run('locating.near', { ...asked, most: 1000 });
    expect(all.facts[0]!.near.filter(({ from }) => from === 'neighbour').length).toBe(neighbors.length);
    expect(all.facts[0]!.near.map(({ prompt }) => prompt)).not.toContain('Tower Bridge stands in the city of');
  });

  it('what may move with it: facts that edits in force wrote, by their entries', async () => {
    const library = await openApplication();
    await library.run('library.import', { source: library.grants.grant(ATLAS).handle });
    const written = { subject: 'London Bridge', prompt: '{} stands in the city of', target: 'Oslo' };
    const { draft } = await library.run('edits.start', { model: 'atlas', facts: [written], ...QUICK, fluency: false });
    const { entry } = await library.run('edits.commit', { model: 'atlas', draft, reason: 'It was sold' });
    const asked = { model: 'atlas', facts: [FACT], ...QUICK, choices: { ...QUICK.choices, layers: [1] }, most: 1000 };
    const { facts } = await library.run('locating.near', asked);
    const inForce = facts[0]!.near.filter(({ from }) => from === 'in force');
    expect(inForce).toMatchObject([{ prompt: 'London Bridge stands in the city of', answer: 'Oslo', entry }]);
    // Nothing was written yet in the version as it was imported.
    const base = await library.run('locating.near', { ...asked, version: 'base' });
    expect(base.facts[0]!.near.filter(({ from }) => from === 'in force')).toEqual([]);
    await library.close();
  });

  it('where to make it: the layers on which trace and trial agree, with less noise where the published much drowns all', async () => {
    const fact = { subject: 'France', prompt: 'The capital of {} is', target: 'Rome' };
    const found = await app.run('locating.layers', { model, fact, steps: 3, ...QUICK });
    expect(found).toMatchObject({ answer: { text: ' Paris' }, tells: true, steps: 3, settings: { kinds: ['mlp'], level: 1 } });
    expect(found.layers.length).toBe(8);
    expect(found.layers.every(({ trial }) => trial && trial.efficacy >= 0 && trial.efficacy <= 1)).toBe(true);
    expect(found.agreeing.length).toBeGreaterThan(0);
    expect(found.agreeing.every((layer) => layer < 5)).toBe(true);
    expect(found.suggested.length).toBe(1);
    expect(found.agreeing).toContain(found.suggested[0]);
  });
});
