import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Application } from '../../electron/services/application.ts';
import { canonical } from '../../electron/storage/canonical.ts';
import { sha256 } from '../../electron/storage/hash.ts';
import { ATLAS, openApplication, removeTemporary, temporary } from './application.ts';

const model = 'atlas';
const PROMPT = 'The capital of {} is';
let app: Application;

beforeAll(async () => {
  app = await openApplication();
  await app.run('library.importBuiltIn', {});
});
afterAll(async () => {
  await app.close();
  await removeTemporary();
});

const record = (finding: string, entry?: number) =>
  app.call('findings.record', { model, finding, reason: 'Where it sits', ...(entry === undefined ? {} : { entry }) });

it('keeps each kind of figure, and opens it again as it was found', async () => {
  const asked = { model, prompt: PROMPT.replace('{}', 'France') };
  const found = {
    trace: await app.run('locating.trace', { model, prompt: PROMPT, subject: 'France', samples: 2 }),
    lens: await app.run('locating.lens', { ...asked, watched: ['Paris'] }),
    attribution: await app.run('locating.attribute', asked),
    attention: await app.run('locating.attention', { ...asked, layer: 3 }),
  };
  for (const [look, result] of Object.entries(found)) {
    const { entry } = await record(result.finding, 1);
    const opened = await app.call('findings.open', { model, entry });
    expect(opened).toMatchObject({ look });
    expect(opened.result).toEqual({ ...result, finding: expect.any(String) as string });
  }
  expect(await app.run('locating.lens', { ...asked, watched: ['Paris'] })).toMatchObject({ finding: found.lens.finding });
  const { rows } = await app.call('audit.list', { model, filter: { kinds: ['finding'] } });
  expect(rows.map(({ about }) => about)).toContain('Causal trace: The capital of France is, entry 1 (atlas)');
  const { remarks } = await app.call('audit.entry', { model, seq: 1 });
  expect(remarks.map(({ kind, entry }) => [kind, entry])).toEqual([2, 3, 4, 5].map((entry) => ['finding', entry]));
  expect(await app.call('audit.entry', { model, seq: 2 })).toMatchObject({
    kind: 'finding',
    body: { look: 'trace', entry: 1, settings: { prompt: PROMPT, subject: 'France', samples: 2, level: 3 } },
    evidence: [{ role: 'result', present: true }],
  });
});

it('keeps a dissection with all of its units', async () => {
  const made = await app.run('dissecting.model', { model, layers: [4], tokens: 800, shuffles: 1 });
  const { entry } = await record(made.run);
  const opened = await app.call('findings.open', { model, entry });
  if (opened.look !== 'dissection') throw new Error(opened.look);
  const { run, ...summary } = opened.result;
  expect(run).not.toBe(made.run);
  expect(summary).toEqual({ ...made, run: undefined });
  const unit = (id: string) => app.call('dissecting.unit', { run: id, layer: '4', unit: 7 });
  expect(await unit(run)).toEqual(await unit(made.run));
  await expect(app.call('dissecting.ablate', { run, layer: '4', unit: 7 })).rejects.toMatchObject({ code: 'unsupported' });
});

it('records only what was found here, of this model, with a reason', async () => {
  const { finding } = await app.run('locating.lens', { model, prompt: 'Rome is in' });
  await expect(record('0'.repeat(64))).rejects.toMatchObject({ code: 'not-found' });
  await expect(record(finding, 99)).rejects.toMatchObject({ code: 'not-found' });
  await expect(app.call('findings.record', { model, finding, reason: ' ' })).rejects.toMatchObject({ code: 'bad-input' });
  const folder = (await app.call('sessions.open', { folder: app.grants.grant(ATLAS).handle })).id;
  const other = await app.run('locating.lens', { model: folder, prompt: 'Rome is in' });
  await expect(app.call('findings.record', { model: folder, finding: other.finding, reason: 'Why' })).rejects.toMatchObject({
    code: 'unsupported',
  });
  await expect(app.call('findings.open', { model, entry: 1 })).rejects.toMatchObject({ code: 'bad-input' });
});

it('is whole when verified; a file that is not what its entry names is damage', async () => {
  expect(await app.run('audit.verify', { model })).toMatchObject({ ok: true, problems: [] });
  const target = app.grants.grant(join(temporary(), 'log.csv'), 'write');
  await app.run('audit.export', { model, format: 'csv', destination: target.handle });
  expect(readFileSync(target.path, 'utf8')).toContain(',finding,"Causal trace: The capital of France is, entry 1 (atlas)",Where it sits,');
  expect(readFileSync(target.path, 'utf8')).toContain(',"Causal trace: The capital of France is, entry 1 (atlas)",');

  const { body } = await app.call('audit.entry', { model, seq: 2 });
  const { blob } = body['result'] as { blob: string };
  const [id] = (await app.call('library.list', {})).models.map((one) => one.id);
  const path = join(app.dataFolder, 'models', id!.slice(0, 16), 'ledger', 'blobs', 'sha256', blob.slice(0, 2), blob.slice(2));
  const file = JSON.parse(readFileSync(path, 'utf8')) as { result: { high: number } };
  expect(sha256(canonical(file))).toBe(blob);
  file.result.high = 1;
  writeFileSync(path, canonical(file));
  const found = await app.run('audit.verify', { model });
  expect(found.problems).toMatchObject([{ entry: 2, what: 'blob' }]);
  await expect(app.call('findings.open', { model, entry: 2 })).rejects.toMatchObject({ code: 'bad-file' });
});
