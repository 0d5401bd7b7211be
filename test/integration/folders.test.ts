import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Application } from '../../electron/services/application.ts';
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
    expect(exported.others).toEqual(['model_fp16.onnx', 'model_quantized.onnx']);
    expect((await app.run('exports.verify', { source: target.handle })).ok).toBe(true);
    expect(readFileSync(join(target.path, 'onnx/model_fp16.onnx')).equals(readFileSync(join(folder, 'onnx/model_fp16.onnx')))).toBe(true);
    const { total } = await app.call('audit.list', { model: 'several' });
    expect(JSON.stringify(await app.call('audit.entry', { model: 'several', seq: total }))).toContain('model_quantized.onnx');
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
