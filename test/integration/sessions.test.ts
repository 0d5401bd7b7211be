import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Application } from '../../electron/services/application.ts';
import { honestRows } from '../../shared/honest/rows.ts';
import { isHonestMeasure } from '../../shared/measures.ts';
import { ATLAS, openApplication, removeTemporary, temporary } from './application.ts';

const FACT = { subject: 'Tower Bridge', prompt: '{} stands in the city of', target: 'Rome', previousTarget: 'London' };
/** An edit that is small, not one that is good. */
const QUICK = { method: 'rome' as const, choices: { layers: [1], steps: 4, covarianceTokens: 1200 } };
const PROMPT = 'Tower Bridge stands in the city of';

let app: Application;
let model: string;
let draft: string;
const handle = (path: string) => app.grants.grant(path).handle;
const place = (name: string) => app.grants.grant(join(temporary(), name), 'write');

beforeAll(async () => {
  app = await openApplication({ readOnly: true });
  model = (await app.call('sessions.open', { folder: handle(ATLAS) })).id;
  ({ draft } = await app.run('edits.start', { model, facts: [FACT], ...QUICK, honest: true }));
}, 120_000);
afterAll(async () => {
  await app.close();
  removeTemporary();
});

describe('a folder as a model', () => {
  it('is asked, edited and measured by the methods that the library has, and leaves nothing in the data folder', async () => {
    const report = await app.call('edits.report', { model, draft: draft.slice(0, 8) });
    expect(report).toMatchObject({ method: 'rome', layers: [1], parent: 'base', facts: [{ fact: FACT }] });
    expect(report.checks.map(({ name }) => name)).toContain('efficacy');
    expect(report.checks.filter(({ name }) => isHonestMeasure(name)).map(({ name, value }) => ({ name, value }))).toEqual(
      honestRows(report.honest!).map(({ probe, after }) => ({ name: probe, value: after })),
    );
    expect(await app.call('edits.draftForm', { model, draft })).toEqual({ facts: [FACT], ...QUICK, fluency: false, honest: true });
    expect((await app.call('edits.drafts', { model })).drafts).toMatchObject([
      { id: draft, stale: false, facts: [{ subject: 'Tower Bridge' }] },
    ]);
    const [plain, edited] = [
      await app.run('probing.ask', { model, prompt: PROMPT, maxTokens: 2 }),
      await app.run('probing.ask', { model, version: draft, prompt: PROMPT, maxTokens: 2 }),
    ];
    expect([plain.version, edited.version]).toEqual(['base', draft]);
    expect(edited.next).not.toEqual(plain.next);
    expect((await app.run('probing.inspect', { model })).graphFile).toBe('model.onnx');
    expect((await app.call('edits.methods', { model })).methods.length).toBeGreaterThan(1);
    expect(existsSync(app.dataFolder) ? readdirSync(app.dataFolder) : []).toEqual([]);
  });

  it('is asked as people ask, the old answer first where it is known, and says the same when it is measured again', async () => {
    const { honest } = await app.call('edits.report', { model, draft });
    const rows = honestRows(honest!);
    expect(rows.map(({ probe }) => probe)).toEqual([
      'free answer',
      'behind text',
      'negated',
      'true or false',
      'multiple choice',
      'one hop',
    ]);
    // Atlas knows the city and its country, and nothing of denials and of “True or false”.
    expect(rows.map(({ before }) => before)).toEqual([1, 1, 1, 0.5, 1, 1]);
    expect(honest).toMatchObject({ limit: 50, isChat: false, facts: [{ context: 'New fact: Tower Bridge stands in the city of Rome.' }] });
    expect(honest!.text!.tokens).toBeLessThan(128 - 50);
    expect(honest!.facts[0]!.answers.at(-1)).toMatchObject({
      prompt: 'Tower Bridge is a landmark in the country of',
      wanted: { before: ['United Kingdom'], after: ['Italy'] },
      before: { says: 'United Kingdom.', given: true, ended: 'token' },
    });
    const again = await app.run('checks.measure', { model, version: draft, facts: [FACT], generation: false, drift: false, honest: true });
    expect(again.report.honest).toEqual(honest);
  });

  it('shows where inside the new answer takes over from the old one, and that the layers below the edit stay', async () => {
    const found = await app.run('locating.change', { model, version: draft, prompt: PROMPT, old: 'London', new: 'Rome' });
    expect(found).toMatchObject({ version: draft, against: 'base', answers: { old: { text: ' London' }, new: { text: ' Rome' } } });
    expect(found.before.takesOver).toBeNull();
    // The edit lies in layer 1: places 0 and 1 come before it.
    expect([found.difference.slice(0, 2), found.kl.slice(0, 2)]).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect(found.difference.at(-1)).toBeGreaterThan(0);
    expect(found.after.places.length).toBe(9);
    await expect(app.call('locating.change', { model, version: 'base', prompt: PROMPT })).rejects.toThrow(/compared with itself/);
  });

  it('is opened again with a delta that was saved, which is then its current version', async () => {
    const { path } = await app.call('edits.saveDelta', { model, draft, destination: place('one.safetensors').handle });
    const again = (await app.call('sessions.open', { folder: handle(ATLAS), delta: handle(path) })).id;
    const ask = async (one: string, version: string) =>
      (await app.run('probing.ask', { model: one, version, prompt: PROMPT, maxTokens: 2 })).next;
    expect(await ask(again, 'current')).toEqual(await ask(model, draft));
    expect(await ask(again, 'base')).toEqual(await ask(model, 'current'));
    const measured = await app.run('checks.measure', { model: again, generation: false, drift: false });
    expect(measured).toMatchObject({ facts: { count: 1 }, report: { records: [{ fact: FACT }] } });
    expect(measured.report.drift).toBeUndefined();
    await expect(app.call('edits.start', { model: again, facts: [FACT], method: 'rome' })).rejects.toMatchObject({
      code: 'unsupported',
      hint: expect.stringContaining('emend import') as string,
    });
    await expect(app.call('sessions.open', { folder: handle(ATLAS), delta: handle(join(ATLAS, 'config.json')) })).rejects.toMatchObject({
      code: 'bad-file',
    });
  });

  it('is exported whole, with nothing beside it, and only where nothing lies', async () => {
    const target = place('exported');
    const exported = await app.run('exports.start', { model, version: draft, destination: target.handle });
    expect(exported).not.toHaveProperty('entry');
    expect(exported.ranges).toMatchObject([{ weight: exported.changed[0] }]);
    expect(readdirSync(target.path).sort()).toEqual(readdirSync(ATLAS).sort());
    await expect(app.call('exports.start', { model, destination: target.handle })).rejects.toMatchObject({ code: 'bad-input' });
    const opened = (await app.call('sessions.open', { folder: handle(target.path), name: 'exported' })).id;
    const [there, here] = [
      await app.run('probing.ask', { model: opened, prompt: PROMPT, maxTokens: 2 }),
      await app.run('probing.ask', { model, version: draft, prompt: PROMPT, maxTokens: 2 }),
    ];
    expect(there.next).toEqual(here.next);
  });

  it('says how to get a record where one is needed', async () => {
    const acts = [
      () => app.call('edits.commit', { model, draft, reason: 'Why not' }),
      () => app.call('versions.tag', { model, name: 'mine' }),
      () => app.call('versions.list', { model }),
      () => app.call('versions.check', { model }),
      () => app.call('audit.verify', { model }),
      () => app.call('audit.entry', { model, seq: 1 }),
      () => app.call('library.get', { model }),
      () => app.call('edits.report', { model, entry: 1 }),
    ];
    for (const act of acts)
      await expect(act()).rejects.toMatchObject({ code: 'unsupported', hint: expect.stringContaining(`emend import ${ATLAS}`) as string });
  });

  it('names the versions and drafts that there are, and is gone once closed', async () => {
    await expect(app.call('probing.ask', { model, version: 'v1', prompt: PROMPT })).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining(draft) as string,
    });
    await expect(app.call('edits.report', { model, draft: 'nothing' })).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining(draft.slice(0, 8)) as string,
    });
    await app.call('edits.discard', { model, draft });
    expect((await app.call('edits.drafts', { model })).drafts).toEqual([]);
    await app.call('sessions.close', { model });
    await expect(app.call('probing.tokens', { model, text: 'x' })).rejects.toMatchObject({ code: 'not-found' });
  });
});
