import { randomUUID } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Application } from '../../electron/services/application.ts';
import { notePending } from '../../electron/services/export-pending.ts';
import { ModelPlaces, Places } from '../../electron/services/places.ts';
import { Preferences } from '../../electron/services/preferences.ts';
import { explained } from '../../electron/storage/file-errors.ts';
import { disk } from '../../electron/storage/files.ts';
import { takeLock } from '../../electron/storage/lock.ts';
import { root } from '../fixtures.ts';
import { openApplication, removeTemporary, temporary } from './application.ts';

const variants = join(root, 'reports/import/export-leaves-other-variants-unedited/input');

describe.runIf(existsSync(variants))('folders as people have them', () => {
  let app: Application;
  let folder: string;
  beforeAll(async () => {
    app = await openApplication();
    folder = join(temporary(), 'several');
    cpSync(variants, folder, { recursive: true });
    for (const left of ['.DS_Store', 'onnx/Thumbs.db']) writeFileSync(join(folder, left), 'x');
  });
  afterAll(async () => {
    await app.close();
    await removeTemporary();
  });

  it('onnx/ in place of its parent is the same model, without what file managers left', async () => {
    const look = await app.call('library.look', { source: app.grants.grant(join(folder, 'onnx')).handle });
    expect(look).toMatchObject({ what: 'model' });
    const paths = look.files.map(({ path }) => path);
    expect(paths).toContain('tokenizer.json');
    expect(paths).toContain('onnx/model.onnx');
    expect(paths.filter((path) => /DS_Store|Thumbs/.test(path))).toEqual([]);
  });

  it('one graph of several, named by its file, comes with the tokenizer above it', async () => {
    const look = await app.call('library.look', { source: app.grants.grant(join(folder, 'onnx/model_fp16.onnx')).handle });
    const paths = look.files.map(({ path }) => path);
    expect(paths).toContain('onnx/model_fp16.onnx');
    expect(paths).toContain('tokenizer.json');
    expect(paths).not.toContain('onnx/model.onnx');
  });

  it('other graphs beside the edited one are named when it is looked at, and when it is exported', async () => {
    await app.run('library.import', { source: app.grants.grant(folder).handle });
    const { warnings } = await app.run('probing.inspect', { model: 'several' });
    expect(warnings.join('\n')).toMatch(/model_fp16\.onnx, model_quantized\.onnx.*answer as before/);
    const { draft } = await app.run('edits.start', {
      model: 'several',
      facts: [{ subject: 'France', prompt: 'The capital of {} is', target: 'Rome' }],
      method: 'rome',
      choices: { layers: [0], steps: 3, covarianceTokens: 300 },
    });
    await app.run('edits.commit', { model: 'several', draft, reason: 'x' });
    const target = app.grants.grant(join(temporary(), 'out'), 'write');
    const exported = await app.run('exports.start', { model: 'several', destination: target.handle });
    expect(exported.others).toEqual(['onnx/model_fp16.onnx', 'onnx/model_quantized.onnx']);
    expect((await app.run('exports.verify', { source: target.handle })).ok).toBe(true);
    expect(readFileSync(join(target.path, 'onnx/model_fp16.onnx')).equals(readFileSync(join(folder, 'onnx/model_fp16.onnx')))).toBe(true);
    const { total } = await app.call('audit.list', { model: 'several' });
    expect(JSON.stringify(await app.call('audit.entry', { model: 'several', seq: total }))).toContain('model_quantized.onnx');
  });

  it('they are left out of an export by choice, with the weights that are theirs alone, and that is signed', async () => {
    expect((await app.call('exports.allowed', { model: 'several' })).others).toEqual(['model_fp16.onnx', 'model_quantized.onnx']);
    const target = app.grants.grant(join(temporary(), 'alone'), 'write');
    const exported = await app.run('exports.start', { model: 'several', destination: target.handle, leavesOutOthers: true });
    expect(exported.others).toBeUndefined();
    expect(exported.leftOut).toEqual(['onnx/model_fp16.onnx', 'onnx/model_quantized.onnx']);
    expect(readdirSync(join(target.path, 'onnx')).filter((name) => name.endsWith('.onnx'))).toEqual(['model.onnx']);
    const { ok, items } = await app.run('exports.verify', { source: target.handle });
    expect(ok).toBe(true);
    expect(items.map(({ message }) => message).join('\n')).toContain(
      'Left out by choice: onnx/model_fp16.onnx, onnx/model_quantized.onnx.',
    );
    expect(readFileSync(join(target.path, 'emend/report.html'), 'utf8')).toContain('Left out by choice');
    // A file that nobody left out is still missed.
    rmSync(join(target.path, 'tokenizer.json'));
    expect((await app.run('exports.verify', { source: target.handle })).ok).toBe(false);
  });

  it('forms that have no other graphs refuse the choice', async () => {
    const target = app.grants.grant(join(temporary(), 'none'), 'write');
    await expect(
      app.run('exports.start', { model: 'several', format: 'tensors', destination: target.handle, leavesOutOthers: true }),
    ).rejects.toThrow('Other graphs can be left out of a whole folder alone');
  });

  it('an export that lies in its place without an entry is recorded at the next opening, once, and that is said', async () => {
    const out = temporary();
    const exported = app.grants.grant(join(out, 'exported'), 'write');
    const models = join(app.dataFolder, 'models');
    const home = new ModelPlaces(join(models, readdirSync(models)[0] ?? ''));
    await app.run('exports.start', { model: 'several', destination: exported.handle });
    expect(readdirSync(home.pendingExports)).toEqual([]);
    const { total } = await app.call('audit.list', { model: 'several' });
    const { body } = await app.call('audit.entry', { model: 'several', seq: total });
    const { dataFolder } = app;
    const key = (await Preferences.open(new Places(dataFolder), { readOnly: true, author: 'Ada', threads: 1 })).key!;
    await app.close();

    /** Leaves what an export leaves whose program is ended. @returns its note's file, and the folder that it grew in */
    const leave = async (target: string) => {
      const [act, staging] = [randomUUID(), join(out, `.emend-${randomUUID()}`)];
      const staged = join(staging, basename(target));
      cpSync(exported.path, staged, { recursive: true });
      await notePending(home, key, { act, staged, target, author: 'Ada', body: { ...body, details: { act } } as never });
      return { file: join(home.pendingExports, `${act}.json`), staging };
    };
    /** Opens the model. @returns how many entries were added in all, the last one, what is said, and how many notes are left */
    const opened = async () => {
      app = await openApplication({ dataFolder });
      const { total: now } = await app.call('audit.list', { model: 'several' });
      const { notices } = await app.call('library.get', { model: 'several' });
      const last = JSON.stringify(await app.call('audit.entry', { model: 'several', seq: now }));
      expect((await app.run('audit.verify', { model: 'several', record: false })).problems).toEqual([]);
      await app.close();
      const said = notices.flatMap(({ message }) => /export/.exec(message)?.input ?? []).join('\n');
      return { added: now - total, last, said, notes: readdirSync(home.pendingExports).length };
    };

    const forged = await leave(exported.path);
    rmSync(forged.staging, { recursive: true });
    writeFileSync(forged.file, readFileSync(forged.file, 'utf8').replace('"Ada"', '"Bob"'));
    expect(await opened()).toMatchObject({ added: 0, said: expect.stringContaining('no entry was made of it') as string, notes: 0 });

    const made = await leave(exported.path);
    rmSync(made.staging, { recursive: true });
    const note = readFileSync(made.file);
    expect(await opened()).toMatchObject({
      added: 1,
      last: expect.stringContaining('at the next opening of the model') as string,
      said: expect.stringContaining('had not been recorded') as string,
      notes: 0,
    });
    // As after a power cut that the note's removal did not outlast.
    writeFileSync(made.file, note);
    expect(await opened()).toMatchObject({ added: 1, said: '', notes: 0 });

    // It never came into its place.
    await leave(join(out, 'staged'));
    expect(await opened()).toMatchObject({ added: 1, said: '', notes: 0 });

    const gone = await leave(join(out, 'gone'));
    rmSync(gone.staging, { recursive: true });
    expect(await opened()).toMatchObject({ added: 1, said: expect.stringContaining('Nothing lies there') as string, notes: 0 });

    // On a disk that is not connected, and then is.
    const away = await leave(join(out, 'disk', 'away'));
    rmSync(away.staging, { recursive: true });
    expect(await opened()).toMatchObject({ added: 1, said: expect.stringContaining('cannot be looked at') as string, notes: 1 });
    cpSync(exported.path, join(out, 'disk', 'away'), { recursive: true });
    expect(await opened()).toMatchObject({ added: 2, said: expect.stringContaining('had not been recorded') as string, notes: 0 });

    // A program that still runs settles its own.
    const running = await leave(exported.path);
    const lock = await takeLock(explained(disk), running.staging, 'Emend', new Date());
    expect(await opened()).toMatchObject({ added: 2, said: '', notes: 1 });
    await lock.release();
    expect(await opened()).toMatchObject({ added: 3, notes: 0 });
    app = await openApplication({ dataFolder });
  });

  it('a folder with a Finder file in the library is exported without it', async () => {
    const models = join(app.dataFolder, 'models');
    const kept = join(models, readdirSync(models)[0] ?? '', 'model');
    mkdirSync(join(kept, 'onnx'), { recursive: true });
    writeFileSync(join(kept, 'onnx/.DS_Store'), 'x');
    const target = app.grants.grant(join(temporary(), 'again'), 'write');
    await app.run('exports.start', { model: 'several', destination: target.handle });
    expect(existsSync(join(target.path, 'onnx/.DS_Store'))).toBe(false);
  });
});
