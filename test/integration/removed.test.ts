import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import type { Application } from '../../electron/services/application.ts';
import { processes } from '../../electron/storage/owner.ts';
import { ATLAS, openApplication, removeTemporary } from './application.ts';

let app: Application;
beforeEach(async () => {
  app = await openApplication();
});
afterEach(() => app.close());
afterAll(removeTemporary);

const importAtlas = (anew = false) => app.run('library.import', { source: app.grants.grant(ATLAS).handle, name: 'atlas', anew });

test('a removed model is listed, found again by its record on importing it, and brought back as it was', async () => {
  const { model } = await importAtlas();
  await app.call('audit.note', { model, comment: 'Kept for good' });
  const before = await app.call('library.get', { model });
  const { removed } = await app.call('library.remove', { model });
  expect(await app.call('library.list', {})).toMatchObject({ models: [], removed: [{ removed, id: model, name: 'atlas', entries: 2 }] });

  const refused = await importAtlas().catch((error: unknown) => error);
  expect(refused).toMatchObject({
    code: 'bad-input',
    message: expect.stringContaining('its record of 2 entries') as string,
    hint: expect.stringContaining(`emend restore ${removed}`) as string,
    details: { removed },
  });
  expect((await app.call('library.list', {})).models).toEqual([]);

  expect(await app.call('library.restore', { removed })).toEqual({ model, name: 'atlas' });
  expect(await app.call('library.get', { model })).toMatchObject({ entries: 2, head: before.head });
  expect((await app.call('library.list', {})).removed).toEqual([]);
  expect(await importAtlas()).toMatchObject({ model, known: true });
});

test('a new record is begun only where it is asked for; the old one stays listed', async () => {
  const { model } = await importAtlas();
  const { removed } = await app.call('library.remove', { model });
  expect(await importAtlas(true)).toMatchObject({ model, known: false });
  expect((await app.call('library.list', {})).removed).toMatchObject([{ removed }]);
  await expect(app.call('library.restore', { removed })).rejects.toThrow('imported again');
});

test('a removed model is deleted only by choice, with its record; what told nothing of itself is listed too, and can go', async () => {
  const { model } = await importAtlas();
  const { removed } = await app.call('library.remove', { model });
  const folder = join(app.dataFolder, 'removed');
  mkdirSync(join(folder, `${'0'.repeat(16)}-00000000`));
  mkdirSync(join(folder, 'not-emends'));
  const listed = (await app.call('library.list', {})).removed;
  expect(listed.map((one) => [one.removed, one.entries])).toEqual([
    [removed, 1],
    [`${'0'.repeat(16)}-00000000`, 0],
  ]);
  for (const one of listed) await app.call('library.purge', { removed: one.removed });
  for (const other of [removed, 'not-emends', '../models', '..'])
    await expect(app.call('library.purge', { removed: other })).rejects.toMatchObject({ code: 'not-found' });
  expect((await app.call('library.list', {})).removed).toEqual([]);
  expect(readdirSync(folder)).toEqual(['not-emends']);
  expect(readdirSync(join(app.dataFolder, 'keys/anchors/removed'))).toEqual([`${removed}.json`]);
  expect(await importAtlas()).toMatchObject({ model, known: false });
});

test('a deletion that was interrupted is gone on with at the next opening', async () => {
  const { model } = await importAtlas();
  const { removed } = await app.call('library.remove', { model });
  const folder = join(app.dataFolder, 'removed');
  renameSync(join(folder, removed), join(folder, `${removed}.purged`));
  const { dataFolder } = app;
  await app.close();
  app = await openApplication({ dataFolder });
  expect((await app.call('library.list', {})).removed).toEqual([]);
  expect(readdirSync(folder)).toEqual([]);
});

test('a removal and a return that were ended between folder and anchor are gone on with at the next opening', async () => {
  const { model } = await importAtlas();
  await app.call('audit.note', { model, comment: 'Kept for good' });
  const { dataFolder } = app;
  const anchors = join(dataFolder, 'keys/anchors');
  const anchor = join(anchors, `${model.slice(0, 16)}.json`);
  const reopen = async () => {
    await app.close();
    app = await openApplication({ dataFolder });
  };
  const { removed } = await app.call('library.remove', { model });
  renameSync(join(anchors, 'removed', `${removed}.json`), anchor); // as before the second move
  await reopen();
  expect(readdirSync(join(anchors, 'removed'))).toEqual([`${removed}.json`]);
  expect(readdirSync(anchors)).toEqual(['removed']);

  await app.call('library.restore', { removed });
  expect(await app.call('library.get', { model })).toMatchObject({ anchored: { since: 1, upTo: 2 }, notices: [] });
  renameSync(anchor, join(anchors, 'removed', `${removed}.json`));
  await reopen();
  expect(await app.call('library.get', { model })).toMatchObject({ anchored: { since: 1, upTo: 2 }, notices: [] });
  expect(readdirSync(join(anchors, 'removed'))).toEqual([]);
});

test('an anchor of another record of the same model is left where it is', async () => {
  const { model } = await importAtlas();
  const { removed } = await app.call('library.remove', { model });
  await app.call('library.purge', { removed });
  await importAtlas(); // a new record; the anchor of the one that was deleted is kept
  const { dataFolder } = app;
  const anchors = join(dataFolder, 'keys/anchors');
  renameSync(join(anchors, `${model.slice(0, 16)}.json`), join(dataFolder, 'lost.json'));
  await app.close();
  app = await openApplication({ dataFolder });
  expect(readdirSync(join(anchors, 'removed'))).toEqual([`${removed}.json`]);
  expect((await app.call('library.get', { model })).anchored).toBeUndefined();
});

test('a lock that a crash left says nothing of use, and keeps nobody from writing', async () => {
  const { model } = await importAtlas();
  const { dataFolder } = app;
  await app.close();
  const ended = { ...(await processes.self()), started: 'long ago', nonce: '0123456789abcdef', since: '', app: 'Emend' };
  writeFileSync(join(dataFolder, 'models', model.slice(0, 16), 'ledger/LOCK'), JSON.stringify(ended));
  app = await openApplication({ dataFolder, readOnly: true });
  expect((await app.call('library.list', {})).models).toMatchObject([{ state: 'intact' }]);
  await app.close();
  app = await openApplication({ dataFolder });
  await app.call('audit.note', { model, comment: 'Written to again' });
});

test('an edit that changes nothing is refused as that, and not as a fault of the engine', async () => {
  const { model } = await importAtlas();
  const facts = [{ subject: 'France', prompt: 'The capital of {} is', target: 'Berlin' }];
  const choices = { layers: [1], steps: 1, learningRate: 1e-30, covarianceTokens: 1200 };
  const { draft } = await app.run('edits.start', { model, facts, method: 'memit', choices, fluency: false });
  await expect(app.run('edits.commit', { model, draft, reason: 'To see' })).rejects.toMatchObject({
    code: 'bad-input',
    message: expect.stringContaining('This edit changes nothing') as string,
  });
  await app.call('edits.discard', { model, draft });
});
