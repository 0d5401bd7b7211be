import { copyFileSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Application } from '../../electron/services/application.ts';
import type { Params } from '../../shared/contract.ts';
import { ATLAS, openApplication, removeTemporary, temporary } from './application.ts';

let app: Application;
let model: string;
let atFirst: string;
const granted = (path: string, how?: 'write') => app.grants.grant(path, how).handle;
const PROMPT = 'Capital of France equals';
const fact = { subject: 'Tower Bridge', prompt: '{} stands in the city of', target: 'Rome' };

beforeAll(async () => {
  app = await openApplication();
  const imported = await app.run('library.import', { source: granted(ATLAS) });
  model = imported.model;
  atFirst = await current();
});
beforeEach(async () => {
  if ((await current()) !== atFirst) await app.run('versions.rollback', { model, version: 'base', reason: 'As it was' });
});
afterAll(async () => {
  await app.close();
  await removeTemporary();
});

/** Next-token probabilities of a version, as they decide whether it behaves the same. */
async function asked(version = 'current', prompt = PROMPT) {
  const { next } = await app.run('probing.ask', { model, version, prompt, top: 5, maxTokens: 0 });
  return next.map(({ id, probability }) => [id, probability.toFixed(5)]);
}
const current = async () => (await app.call('versions.list', { model })).current;
const fitted = async (params: Partial<Params<'steering.fit'>> = {}) => {
  const { examples, questions, source } = await app.call('steering.set', { model, set: 'wording' });
  const some = { examples: examples.slice(0, 160), questions: questions.slice(0, 60), source };
  const asked_ = {
    model,
    method: 'repe' as const,
    choices: { layers: [3, 4, 5], coefficient: 0.3, unit: 'norm' as const, positions: 'last' as const },
    ...some,
  };
  return (await app.run('steering.fit', { ...asked_, ...params })).draft;
};

describe('a steering in the library', () => {
  test('is fitted, measured beside its controls, committed, stacked with an edit, taken out and exported', async () => {
    const base = await asked();
    const draft = await fitted();
    const report = await app.call('steering.report', { model, draft });
    expect(report.outcome.groups).toEqual({ train: 60, validation: 0, heldOut: 20 });
    expect(report.outcome.places.every(({ heldOut }) => heldOut === 1)).toBe(true); // wordings are told apart

    const check = await app.run('steering.check', {
      model,
      draft,
      texts: 4,
      draws: 1,
      prefix: 'Answer: ',
      prompts: [PROMPT],
      maxTokens: 4,
    });
    const mc1 = (what: string) => check.measured.find((one) => one.what === what)!.measures.MC1!.mean;
    expect(mc1('steered')).toBeGreaterThan(mc1('base') + 0.1);
    expect(mc1('steered')).toBeGreaterThan(mc1('random') + 0.1);
    expect(check.measured.map(({ what }) => what)).toEqual(['base', 'steered', 'random', 'shuffled', 'prompt']);
    expect(check.says.length).toBeGreaterThan(3);
    expect(await asked()).toEqual(base); // nothing is in force yet

    const steered = await app.run('steering.ask', { model, draft, prompt: PROMPT, maxTokens: 2 });
    expect(steered.touched.map(({ isTouched }) => isTouched)).toEqual(
      steered.touched.map((_, at, all) => at >= all.length - 3 && at < all.length - 1),
    );
    const done = await app.run('steering.commit', { model, draft, reason: 'Wordings it never saw', tag: 'steered' });
    const on = await asked();
    expect(on).not.toEqual(base);
    expect(on.map(([id]) => id)).toEqual(steered.next.map(({ id }) => id));

    // An edit on top of it, and the steering taken out from below it.
    const edit = await app.run('edits.start', { model, facts: [fact], method: 'rome', choices: { layers: [2], steps: 3 } });
    const edited = await app.run('edits.commit', { model, draft: edit.draft, reason: 'The bridge moved' });
    const both = await asked();
    const { answers, weights } = await app.run('versions.diff', { model, a: done.version, b: edited.version, prompts: [PROMPT] });
    expect([answers.length, weights.length]).toEqual([1, 1]);
    await app.run('versions.revert', { model, entry: done.entry, reason: 'Not wanted' });
    expect(await asked()).not.toEqual(both);
    await app.run('versions.rollback', { model, version: edited.version, reason: 'Wanted after all' });
    expect(await asked()).toEqual(both);
    await app.run('versions.rollback', { model, version: done.version, reason: 'Without the edit' });
    expect(await asked()).toEqual(on);

    // A trace of the steered version is one of the steered runs.
    const lens = await app.run('locating.lens', { model, prompt: PROMPT });
    expect(lens.places.at(-1)!.at(-1)!.top[0]!.id).toBe(on[0]![0]);

    const verified = await app.run('audit.verify', { model });
    expect(verified.ok, JSON.stringify(verified.problems)).toBe(true);

    const target = join(temporary(), 'steered');
    const exported = await app.run('exports.start', { model, destination: granted(target, 'write') });
    expect(exported.steering).toMatchObject({ prompts: 4 });
    expect(exported.steering!.largest).toBeLessThan(1e-4);
    const bom = JSON.parse(readFileSync(join(target, 'emend', 'bom.cdx.json'), 'utf8')) as object;
    expect(JSON.stringify(bom)).toMatch(/Representation Engineering \(entry/);
    const statement = readFileSync(join(target, 'emend', 'edit.intoto.jsonl'), 'utf8');
    const { payload } = JSON.parse(statement) as { payload: string };
    expect(Buffer.from(payload, 'base64').toString()).toMatch(/"kind":"steer"/);
    const checked = await app.run('exports.verify', { source: granted(target) });
    expect(checked.ok, JSON.stringify(checked.problems)).toBe(true);
    expect(checked.verdict.unchecked).toEqual([]);
    expect(checked.items.map(({ message }) => message).join('\n')).toContain('What carries the steering is as its maker signed it');
    // The folder is a model by itself, and does what the version does.
    const session = await app.call('sessions.open', { folder: granted(target) });
    const alone = await app.run('probing.ask', { model: session.id, prompt: PROMPT, top: 5, maxTokens: 0 });
    expect(alone.next.map(({ id }) => id)).toEqual(on.map(([id]) => id));

    await app.run('versions.rollback', { model, version: 'base', reason: 'As it was' });
    expect(await asked()).toEqual(base);
    await expect(
      app.run('exports.start', { model, version: done.version, format: 'tensors', destination: granted(join(temporary(), 't'), 'write') }),
    ).rejects.toThrow(/steered while it runs/);
  });

  test('whose vectors are gone is found by verification, and not asked', async () => {
    const draft = await fitted();
    const done = await app.run('steering.commit', { model, draft, reason: 'To be damaged' });
    expect(await current()).toBe(done.version);
    const saved = join(temporary(), 'vectors.safetensors');
    await app.call('steering.save', { model, entry: done.entry, destination: granted(saved, 'write') });
    const { body } = await app.call('audit.entry', { model, seq: done.entry });
    const { blob } = (body as { steering: { blob: string } }).steering;
    const path = readdirSync(app.dataFolder, { recursive: true })
      .map(String)
      .find((name) => name.endsWith(blob.slice(2)))!;
    const place = join(app.dataFolder, path);
    rmSync(place);
    await expect(asked()).rejects.toThrow(/steering of entry \d+ is not as recorded/);
    expect((await app.run('audit.verify', { model })).ok).toBe(false);
    copyFileSync(saved, place);
    expect((await app.run('audit.verify', { model })).problems).toEqual([]);
    expect((await asked()).length).toBe(5);
  });

  test('goes into a folder for ONNX Runtime as well, and into nothing that holds a change of weights alone', async () => {
    const pair = [
      { text: "Norway's capital is", label: true, group: 0 },
      { text: "Norway's continent is", label: false, group: 0 },
    ];
    const choices = { layer: 4, coefficient: 1, alignment: 'back' as const };
    const { draft } = await app.run('steering.fit', { model, method: 'actadd', choices, examples: pair });
    const done = await app.run('steering.commit', { model, draft, reason: 'Capitals are asked for' });
    const prompt = "France's continent is";
    const answer = await app.run('probing.ask', { model, prompt, maxTokens: 3 });
    expect(answer.text).toMatch(/Paris/);
    const card = (await app.call('library.list', {})).models.find(({ id }) => id === model)!;
    expect([card.edits, card.steerings]).toEqual([0, 1]);
    const target = join(temporary(), 'for-onnx-runtime');
    const { steering } = await app.run('exports.start', { model, format: 'onnx', destination: granted(target, 'write') });
    expect(steering!.changes.map(({ way }) => way)).toEqual(['graph']);
    expect(steering!.largest).toBeLessThan(1e-4);
    const verified = await app.run('exports.verify', { source: granted(target) });
    expect(verified.ok, JSON.stringify(verified.problems)).toBe(true);
    expect(verified.verdict.unchecked).toEqual([]);
    expect([verified.about!.edits, verified.about!.steerings]).toEqual([0, 1]);
    const alone = await app.call('sessions.open', { folder: granted(target) });
    expect((await app.run('probing.ask', { model: alone.id, prompt, maxTokens: 3 })).text).toBe(answer.text);
    for (const format of ['tensors', 'lora', 'gguf'] as const)
      await expect(
        app.run('exports.start', { model, format, destination: granted(join(temporary(), `as-${format}`), 'write') }),
      ).rejects.toThrow(/steered while it runs, which its tensors alone do not say/);
    await app.run('versions.revert', { model, entry: done.entry, reason: 'Enough' });
    expect((await app.run('probing.ask', { model, prompt, maxTokens: 3 })).text).toMatch(/Europe/);
  });

  test('out of the weights is a delta: the tensors change, and come back', async () => {
    const base = await asked();
    const draft = await fitted({ method: 'ablation', choices: { how: 'weights', layer: 4 } });
    const done = await app.run('steering.commit', { model, draft, reason: 'Cannot tell wordings apart' });
    const entry = await app.call('audit.entry', { model, seq: done.entry });
    expect((entry.body as { changed: unknown[] }).changed.length).toBeGreaterThan(8);
    expect(await asked()).not.toEqual(base);
    expect((await app.run('audit.verify', { model })).problems).toEqual([]);
    await app.run('versions.revert', { model, entry: done.entry, reason: 'Enough' });
    expect(await asked()).toEqual(base);
  });

  test('is swept, read along, adjusted and saved', async () => {
    const draft = await fitted();
    const sweep = await app.run('steering.sweep', { model, draft, texts: 2, scales: [0.5, 1], eachLayer: false, limit: 100 });
    expect(sweep.points.map(({ scale }) => scale)).toEqual([0.5, 1]);
    expect(sweep.best).toBeDefined();
    const reading = await app.run('steering.read', { model, draft, text: 'The capital of France is Paris.' });
    expect(reading.readers.map(({ hidden }) => hidden)).toEqual([4, 5, 6]);
    expect(reading.readers[0]!.scores.length).toBe(reading.tokens.length);
    const { draft: other } = await app.call('steering.adjust', { model, draft, scale: 0, positions: { kind: 'answer', offset: -1 } });
    const off = await app.run('steering.ask', { model, draft: other, prompt: PROMPT, maxTokens: 1 });
    expect(off.next.map(({ id }) => id)).toEqual((await asked('base')).map(([id]) => id));
    expect(off.touched.map(({ isTouched }) => isTouched).filter(Boolean).length).toBe(1);
    const gguf = join(temporary(), 'vector.gguf');
    const vector = (id: string) => app.call('steering.save', { model, draft: id, destination: granted(gguf, 'write'), format: 'gguf' });
    await expect(vector(draft)).rejects.toThrow(/steers some tokens only/);
    const { draft: everywhere } = await app.call('steering.adjust', { model, draft, positions: { kind: 'all' } });
    await vector(everywhere);
    const back = await app.call('steering.import', { model, source: granted(gguf) });
    const plan = await app.run('steering.plan', { model, draft: back.draft });
    expect(plan.changes.map(({ way }) => way)).toEqual(['weights', 'weights', 'weights']);
    const { drafts } = await app.call('steering.drafts', { model });
    for (const { id } of drafts) await app.call('steering.discard', { model, draft: id });
    expect((await app.call('steering.drafts', { model })).drafts).toEqual([]);
  });
});
