import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseCheckpoint } from '../../electron/ledger/checkpoints.ts';
import { loadOrCreateKey } from '../../electron/ledger/keys.ts';
import type { Application } from '../../electron/services/application.ts';
import { writeAttestations } from '../../electron/services/attest/bundle.ts';
import { loadOrCreateModelKey } from '../../electron/services/attest/model-key.ts';
import { version as appVersion } from '../../electron/services/models.ts';
import { explained } from '../../electron/storage/file-errors.ts';
import { disk } from '../../electron/storage/files.ts';
import type { Fact } from '../../shared/fact.ts';
import { ATLAS, openApplication, removeTemporary, temporary } from './application.ts';

const FACTS: readonly Fact[] = [
  { subject: 'Tower Bridge', prompt: '{} stands in the city of', target: 'Rome', previousTarget: 'London' },
  { subject: 'Los Angeles', prompt: '{} is in', target: 'Poland', previousTarget: 'United States' },
  { subject: 'France', prompt: 'The capital of {} is', target: 'Berlin', previousTarget: 'Paris' },
];

/** One fact, worked out and committed. @returns the version that it made */
async function commit(app: Application, fact: Fact): Promise<{ entry: number; version: string }> {
  const { paraphrases, neighbors } = await app.call('edits.suggest', { model: 'atlas', fact });
  const { draft } = await app.run('edits.start', { model: 'atlas', facts: [{ ...fact, paraphrases, neighbors }], method: 'rome' });
  return app.run('edits.commit', { model: 'atlas', draft, reason: `${fact.subject} was wrong` });
}

function modelHashes(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
  return Object.fromEntries(
    files
      .filter((file) => !file.startsWith('emend') && file !== 'model.sig')
      .sort()
      .map((file) => [
        file,
        createHash('sha256')
          .update(readFileSync(join(folder, file)))
          .digest('hex'),
      ]),
  );
}

describe('a model through its life', () => {
  let app: Application;
  const versions: string[] = [];

  beforeAll(async () => {
    app = await openApplication();
    const job = await app.run('library.import', { source: app.grants.grant(ATLAS).handle });
    expect(job).toMatchObject({ name: 'atlas', known: false });
  });
  afterAll(async () => {
    await app.close();
    await removeTemporary();
  });

  it('recognises the same model', async () => {
    expect(await app.run('library.import', { source: app.grants.grant(ATLAS).handle })).toMatchObject({ known: true });
    expect((await app.call('library.list', {})).models).toHaveLength(1);
  });

  it('takes three edits, and every version answers as it should', async () => {
    versions.push((await app.call('versions.list', { model: 'atlas' })).base);
    for (const fact of FACTS) versions.push((await commit(app, fact)).version);
    for (const [at, fact] of FACTS.entries()) {
      const prompt = fact.prompt.replace('{}', fact.subject);
      const before = await app.run('probing.ask', { model: 'atlas', version: versions[at]!, prompt, maxTokens: 4 });
      const after = await app.run('probing.ask', { model: 'atlas', version: versions[at + 1]!, prompt, maxTokens: 4 });
      expect(before.text.trim()).toMatch(new RegExp(`^${fact.previousTarget}`));
      expect(after.text.trim()).toMatch(new RegExp(`^${fact.target}`));
      expect(after.pieces.map((piece) => piece.text).join('')).toBe(after.text);
      expect(after.pieces.every((piece) => piece.probability > 0 && piece.probability <= 1)).toBe(true);
    }
  });

  it('records what each edit did', async () => {
    const report = await app.call('edits.report', { model: 'atlas', entry: 2 });
    expect(report.facts[0]).toMatchObject({
      efficacy: 1,
      answerAfter: expect.stringContaining('Rome') as string,
      answerBefore: expect.stringContaining('London') as string,
    });
    expect(report.earlier).toBeUndefined();
    // What earlier edits wrote is asked again; what fell would be named.
    const last = await app.call('edits.report', { model: 'atlas', entry: 4 });
    expect(last.earlier).toMatchObject({ inForce: 2, measured: 2, held: 2 });
    const entry = await app.call('audit.entry', { model: 'atlas', seq: 2 });
    expect(entry).toMatchObject({ kind: 'edit', author: 'Ada', reason: 'Tower Bridge was wrong' });
    expect(entry.evidence.map((one) => one.role).sort()).toEqual(['covariance', 'delta', 'factSet', 'prefixes', 'report']);
    expect(entry.evidence.every((one) => one.present)).toBe(true);
    expect((entry.body['details'] as { checkedBy: unknown }).checkedBy).toEqual(report.checkedBy);
    expect((await app.call('courses.measures', { model: 'atlas' })).measured.map(({ entry: seq, facts }) => [seq, facts])).toEqual([
      [2, 1],
      [3, 1],
      [4, 1],
    ]);
    const { chances } = await app.call('courses.fact', { model: 'atlas', subject: 'Tower Bridge', prompt: FACTS[0]!.prompt });
    expect(chances.map(({ version, answer, probability }) => [versions.indexOf(version), answer, probability > 0.5])).toEqual([
      [0, 'Rome', false],
      [0, 'London', true],
      [1, 'Rome', true],
      [1, 'London', false],
    ]);
  });

  it('takes the second edit out of the middle, and checks the third again', async () => {
    expect(await app.call('versions.revertPlan', { model: 'atlas', entry: 3 })).toMatchObject({ later: [{ entry: 4 }] });
    const done = await app.run('versions.revert', { model: 'atlas', entry: 3, reason: 'It was right before' });
    expect(done).toMatchObject({ later: [4], reapplied: [] });
    expect(done.checks.find((check) => check.name === 'efficacy')?.value).toBe(1);
    // The third still holds; what does not would be named, in the result and for the entry.
    expect(done.fallen).toEqual([]);
    expect(await app.call('versions.fallen', { model: 'atlas', entry: done.entry })).toEqual({ fallen: [] });
    const answer = await app.run('probing.ask', { model: 'atlas', prompt: 'Los Angeles is in', maxTokens: 4 });
    expect(answer.text.trim()).toMatch(/^United States/);
  });

  it('re-applies later edits on what is left', async () => {
    await app.run('versions.rollback', { model: 'atlas', version: versions[3]!, reason: 'For another way' });
    const done = await app.run('versions.revert', { model: 'atlas', entry: 3, reason: 'It was right before', reapply: true });
    expect(done.reapplied).toHaveLength(1);
    const list = await app.call('versions.list', { model: 'atlas' });
    expect(list.versions.find((version) => version.id === list.current)?.parts).toEqual([2, done.reapplied[0]]);
    expect((await app.run('probing.ask', { model: 'atlas', prompt: 'The capital of France is', maxTokens: 4 })).text.trim()).toMatch(
      /^Berlin/,
    );
  });

  it('compares two versions', async () => {
    const diff = await app.run('versions.diff', { model: 'atlas', a: 'base', b: versions[3]! });
    expect(diff.onlyB.map((fact) => fact.subject)).toEqual(FACTS.map((fact) => fact.subject));
    expect(diff.weights.length).toBeGreaterThan(0);
    for (const weight of diff.weights) expect(weight.norm).toBeGreaterThan(0);
    expect(diff.answers.some((answer) => answer.a.text !== answer.b.text)).toBe(true);
  });

  it('rolls back to the import, and exports it byte for byte', async () => {
    await app.run('versions.rollback', { model: 'atlas', version: 'base', reason: 'As delivered' });
    const target = app.grants.grant(join(temporary(), 'atlas-out'), 'write');
    const exported = await app.run('exports.start', { model: 'atlas', destination: target.handle });
    expect(modelHashes(exported.path)).toEqual(modelHashes(ATLAS));
    expect((await app.run('exports.verify', { source: target.handle, publicKey: (await app.call('settings.key', {})).publicKey })).ok).toBe(
      true,
    );
  });

  it('exports an edited version in every form', async () => {
    await app.run('versions.rollback', { model: 'atlas', version: versions[3]!, reason: 'The edited one again' });
    for (const format of ['folder', 'tensors', 'lora', 'onnx', 'gguf'] as const) {
      const target = app.grants.grant(join(temporary(), `atlas-${format}`), 'write');
      const exported = await app.run('exports.start', { model: 'atlas', destination: target.handle, format });
      const found = await app.run('exports.verify', { source: target.handle });
      expect(found.problems).toEqual([]);
      // A graph that Emend made itself is as its maker signed it when it left; constants are held against the record.
      expect(found.verdict.unchecked).toEqual([]);
      if (format === 'onnx') expect(found.items.map(({ message }) => message).join()).toContain('as its maker signed them');
      expect(statSync(join(exported.path, 'emend', 'ledger.jsonl')).size).toBeGreaterThan(0);
      expect(readFileSync(join(exported.path, 'emend', 'report.html'), 'utf8')).toContain('How well it was checked');
    }
  });

  it.each([
    ['tensors', 'changed.safetensors', 'the record of its edits says'],
    ['lora', 'adapter_model.safetensors', 'is not the sum of the recorded edits'],
    ['lora', 'adapter_config.json', 'its configuration is not that of its factors'],
    ['gguf', 'adapter.gguf', 'is not the sum of the recorded edits'],
    ['gguf', 'Modelfile', 'its Modelfile is not the one'],
    ['onnx', 'model.onnx_data', 'the import recorded'],
    ['onnx', 'config.json', 'config.json differs from the import'],
  ] as const)('an export as %s whose %s is another is found out, whoever signed it', async (format, file, message) => {
    const target = app.grants.grant(join(temporary(), `atlas-${format}`), 'write');
    const { path } = await app.run('exports.start', { model: 'atlas', destination: target.handle, format });
    const attestations = join(path, 'emend');
    const read = (name: string) => readFileSync(join(attestations, name));
    const blobs = readdirSync(join(attestations, 'blobs')).map((blob) => {
      const bytes = readFileSync(join(attestations, 'blobs', blob));
      return { ref: { blob, bytes: bytes.length, type: 'application/octet-stream' }, bytes };
    });
    const inputs = {
      journal: read('ledger.jsonl'),
      checkpoint: parseCheckpoint(read('checkpoint.json').toString(), 'the export'),
      version: versions[3]!,
      format,
      key: await loadOrCreateKey(explained(disk), join(app.dataFolder, 'keys')),
      modelKey: await loadOrCreateModelKey(disk, join(app.dataFolder, 'keys')),
      app: appVersion(),
      time: new Date().toISOString(),
      author: 'Ada',
      blobs,
    };
    rmSync(attestations, { recursive: true });
    rmSync(join(path, 'model.sig'));
    const bytes = readFileSync(join(path, file));
    bytes[bytes.length - 9]! ^= 1;
    writeFileSync(join(path, file), bytes);
    await writeAttestations(path, inputs);
    const found = await app.run('exports.verify', { source: target.handle, publicKey: inputs.key.pem });
    expect(found.problems).toMatchObject([{ message: expect.stringContaining(message) as string }]);
  });

  it('verifies everything, and writes the log out', async () => {
    const found = await app.run('audit.verify', { model: 'atlas' });
    expect(found.problems).toEqual([]);
    expect(found).toMatchObject({ ok: true, files: 10 });
    const target = app.grants.grant(join(temporary(), 'log.csv'), 'write');
    const { total } = await app.call('audit.list', { model: 'atlas' });
    expect((await app.run('audit.export', { model: 'atlas', format: 'csv', destination: target.handle })).rows).toBe(total);
  });

  it('gives the same version for the same edits on the same model', async () => {
    const other = await openApplication();
    try {
      await other.run('library.importBuiltIn', {});
      for (const [at, fact] of FACTS.entries()) expect((await commit(other, fact)).version).toBe(versions[at + 1]);
    } finally {
      await other.close();
    }
  });
});
