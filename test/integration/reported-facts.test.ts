import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../electron/cli/main.ts';
import { readHyperparameters } from '../../electron/engine/edit/hparams/read.ts';
import type { Application } from '../../electron/services/application.ts';
import { dataFolder } from '../../electron/services/places.ts';
import { errorData } from '../../shared/errors.ts';
import type { Fact } from '../../shared/fact.ts';
import { memit } from '../../shared/methods/memit.ts';
import { root } from '../fixtures.ts';
import { ATLAS, openApplication, removeTemporary, temporary } from './application.ts';

/** Reported cases of fact files, texts, settings and places: each folder is found by itself, and held to its expected.json. */
const reports = join(root, 'reports', 'facts');
const cases = existsSync(reports)
  ? readdirSync(reports, { withFileTypes: true })
      .filter((one) => one.isDirectory())
      .map(({ name }) => name)
  : [];

type Json = Record<string, unknown>;
const read = (...path: string[]) => readFileSync(join(reports, ...path), 'utf8');
const expectedOf = (name: string) => JSON.parse(read(name, 'expected.json')) as Json;

let app: Application;
let scratch: string;

/** What reading a file of facts came to, in the words of expected.json. */
async function reading(file: string): Promise<Json> {
  try {
    const { facts, total, warnings, wrong } = await app.call('edits.readFacts', { source: app.grants.grant(file).handle });
    return { facts, total, wrong, warnings: warnings.join('\n'), ...facts[0] };
  } catch (error) {
    const { code, message, hint } = errorData(error);
    return { error: code, warnings: `${message} ${hint}` };
  }
}

/** Holds what was found against what is expected: one of several, or field by field. */
function hold(found: Json, expected: Json): void {
  const { either, never, ...fields } = expected;
  if (typeof never === 'string') expect(JSON.stringify({ ...found, error: undefined })).not.toContain(never);
  if (Array.isArray(either)) {
    const problems = (either as Json[]).map((one) => wrongWith(found, one));
    if (!problems.includes(undefined)) throw new Error(problems.join('\n'));
  }
  const wrong = wrongWith(found, fields);
  if (wrong !== undefined) throw new Error(wrong);
}

function wrongWith(found: Json, expected: Json): string | undefined {
  try {
    for (const [key, value] of Object.entries(expected)) {
      if (key === 'warningNames' || key === 'messageNames' || key === 'messagesName')
        for (const name of [value].flat()) expect(found['warnings']).toContain(name);
      else if (key === 'neighbors') expect((found['neighbors'] as Json[]).map((one) => one['prompt'])).toEqual(value);
      else if (key === 'facts' && typeof value === 'number') expect(found['total']).toBe(value);
      else expect(found[key]).toMatchObject(value as object);
    }
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

const problemsOf = async (facts: readonly Fact[]) => (await app.call('edits.validate', { model: 'atlas', facts: [...facts] })).problems;
const factsOf = (name: string, file = 'facts.json') => JSON.parse(read(name, file)) as Fact[];

/** Works facts out and commits them. @returns the report, and the version that it made */
async function commit(its: Application, facts: readonly Fact[]) {
  const { draft } = await its.run('edits.start', { model: 'atlas', facts: [...facts], method: 'rome', choices: { steps: 8 } });
  const report = await its.call('edits.report', { model: 'atlas', draft });
  return { report, ...(await its.run('edits.commit', { model: 'atlas', draft, reason: 'reported' })) };
}

async function withAtlas(options: Parameters<typeof openApplication>[0] = {}): Promise<Application> {
  const its = await openApplication(options);
  await its.run('library.import', { source: its.grants.grant(ATLAS).handle });
  return its;
}

/** What a command line prints. */
async function printed(home: string, ...argv: string[]): Promise<{ code: number; out: string }> {
  let out = '';
  const stream = { isTTY: false, columns: 200, write: (text: string) => void (out += text) };
  const code = await main(argv, { stdout: stream, stderr: stream, env: { ...process.env, EMEND_HOME: home, NO_COLOR: '1' } });
  return { code, out };
}

/** Cases that are more than a file of facts that is read. */
const HELD: Readonly<Record<string, (name: string, expected: Json) => Promise<void>>> = {
  'data-folder-gone': async (name, expected) => {
    for (const file of ['data-folder.json', 'data-folder.broken.json']) {
      const usual = join(scratch, file, 'emend');
      mkdirSync(usual, { recursive: true });
      writeFileSync(join(usual, 'data-folder.json'), read(name, file));
      const env = { XDG_DATA_HOME: dirname(usual), APPDATA: dirname(usual), HOME: scratch };
      const found = await Promise.resolve()
        .then(() => dataFolder(env))
        .catch((error: unknown) => errorData(error));
      hold({ error: (found as Json)['code'], warnings: (found as Json)['message'] }, expected);
      expect(readdirSync(usual)).toEqual(['data-folder.json']);
      let out = '';
      const stream = { isTTY: false, columns: 200, write: (text: string) => void (out += text) };
      expect(await main(['models'], { stdout: stream, stderr: stream, env: { ...env, EMEND_HOME: '' } })).not.toBe(0);
      expect(out).toMatch(/data folder/);
    }
  },
  'finder-files': async (name, expected) => {
    const files = read(name, 'files.txt').trim().split('\n');
    const its = await withAtlas();
    const out = join(scratch, 'out');
    await its.run('exports.start', { model: 'atlas', format: 'folder', destination: its.grants.grant(out, 'write').handle });
    const library = join(its.dataFolder, 'models', readdirSync(join(its.dataFolder, 'models'))[0] ?? '', 'model');
    for (const folder of [out, library])
      for (const file of files) {
        mkdirSync(dirname(join(folder, file)), { recursive: true });
        writeFileSync(join(folder, file), 'x');
      }
    const exported = await its.run('exports.verify', { source: its.grants.grant(out).handle });
    const kept = await its.run('audit.verify', { model: 'atlas' });
    for (const found of [exported, kept]) {
      expect(found.ok).toBe(expected['ok']);
      for (const file of files) expect(JSON.stringify(found)).toContain(`${file} lies beside it`);
    }
    await its.close();
  },
  'log-bidi-terminal': async (name, expected) => {
    const home = temporary();
    const its = await withAtlas({ dataFolder: home, author: read(name, 'author.txt') });
    await its.call('audit.note', { model: 'atlas', comment: read(name, 'comment.txt') });
    await its.close();
    for (const argv of [
      ['log', 'atlas'],
      ['show', 'atlas', '2'],
      ['log', 'atlas', '--json'],
    ]) {
      const { code, out } = await printed(home, ...argv);
      expect({ code, argv }).toEqual({ code: 0, argv });
      for (const never of expected['never'] as string[]) expect(out).not.toContain(never);
      expect(out).toContain('evil');
    }
  },
  'log-dollar-signs': async (name, expected) => {
    await commit(app, factsOf(name));
    for (const format of ['csv', 'html'] as const) {
      const path = join(scratch, `log.${format}`);
      await app.run('audit.export', { model: 'atlas', format, destination: app.grants.grant(path, 'write').handle });
      const text = readFileSync(path, 'utf8').replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));
      for (const fact of expected['facts'] as string[]) expect(text).toContain(fact);
    }
  },
  'memit-no-mom2': (name) => {
    const { values, unused } = readHyperparameters({ name: 'hparams.json', text: read(name, 'hparams.json') }, memit);
    expect(values).toMatchObject({ layers: [1, 2] });
    expect(unused(8).flatMap(({ fields }) => fields)).toEqual(
      expect.arrayContaining(['mom2_adjustment', 'v_loss_layer', 'mom2_dataset', 'mom2_n_samples', 'mom2_dtype']),
    );
    return app
      .run('edits.start', {
        model: 'atlas',
        facts: [{ subject: 'Tower Bridge', prompt: '{} stands in the city of', target: 'Rome' }],
        method: 'memit',
        hyperparameterFile: { name: 'hparams.json', text: read(name, 'hparams.json') },
        choices: { covarianceTokens: 2000 },
      })
      .then(({ draft }) => expect(draft).toBeTruthy());
  },
  'newer-ledger': async (name, expected) => {
    for (const more of [[], ['field']]) {
      const home = temporary();
      await (await withAtlas({ dataFolder: home })).close();
      execFileSync('python3', [join(reports, name, 'append.py'), home, ...more]);
      const { out } = await printed(home, 'log', 'atlas');
      const its = await openApplication({ dataFolder: home });
      const { ok, verdict } = await its.run('audit.verify', { model: 'atlas' });
      await its.close();
      expect(ok).toBe(true);
      for (const said of [out, verdict.unchecked.join(' ')]) {
        for (const word of expected['messageNames'] as string[]) expect(said).toContain(word);
        expect(said.toLowerCase()).not.toContain(expected['notSaid']);
      }
    }
  },
  'invisible-characters': async (name, expected) => {
    const problems = await problemsOf(factsOf(name));
    for (const { index, field, names } of expected['facts.json'] as { index: number; field: string; names: string }[])
      expect(problems).toContainEqual(expect.objectContaining({ index, field, message: expect.stringContaining(names) as string }));
    await expect(app.call('edits.start', { model: 'atlas', facts: [factsOf(name)[0]!], method: 'rome' })).rejects.toThrow(/U\+200B/);
  },
  'slot-in-wordings': async (name, expected) => {
    const { facts } = await app.call('edits.readFacts', { source: app.grants.grant(join(reports, name, 'facts.csv')).handle });
    const [first] = expected['either'] as { asked: string[]; generalization: number }[];
    expect(facts[0]!.paraphrases).toEqual(first!.asked);
    // As somebody writes it into the form.
    const typed = { ...facts[0]!, paraphrases: ["{}'s city is", 'The city of {} is'] };
    expect((await problemsOf([typed])).filter(({ severity }) => severity === 'error')).toEqual([]);
    const { report } = await commit(app, [typed]);
    expect(JSON.stringify(report)).toContain(first!.asked[0]);
    expect(report.checks.find(({ name: check }) => check === 'generalization')).toMatchObject({ value: first!.generalization });
  },
  'too-long-check': async (name, expected) => {
    const csv = execFileSync('python3', [join(reports, name, 'make.py')], { encoding: 'utf8' });
    const { facts } = await app.call('edits.readFacts', { text: csv });
    expect(await problemsOf(facts)).toContainEqual(
      expect.objectContaining({ ...(expected['problem'] as object), message: expect.stringMatching(/128/) as string }),
    );
  },
  // The case: the same id, or no such promise. What an id depends on is in the entry, and README says it.
  'version-id-threads': async (_, expected) => {
    const threads = (expected['equal'] as string[]).map((one) => Number(one.split(' ')[1]));
    const ids = new Set<string>();
    for (const count of threads) {
      const its = await withAtlas({ threads: count });
      const { version, entry } = await commit(its, [{ subject: 'Tower Bridge', prompt: '{} stands in the city of', target: 'Rome' }]);
      const { body } = await its.call('audit.entry', { model: 'atlas', seq: entry });
      expect(body).toMatchObject({ details: { workedOn: { threads: count, processor: expect.stringMatching(/\w/) as string } } });
      ids.add(version);
      await its.close();
    }
    const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
    if (ids.size > 1) expect(readme).toMatch(/with as many threads/);
    expect(readme).not.toMatch(/the same edits on the same model give the same id anywhere/);
  },
};

describe.runIf(cases.length > 0)('reported facts', () => {
  beforeAll(async () => {
    scratch = mkdtempSync(join(tmpdir(), 'emend-reported-'));
    app = await withAtlas();
  });
  afterAll(async () => {
    await app.close();
    await removeTemporary();
    rmSync(scratch, { recursive: true, force: true });
  });

  it.each(cases)('%s', async (name) => {
    const expected = expectedOf(name);
    const own = HELD[name];
    if (own) return own(name, expected);
    const files = readdirSync(join(reports, name)).filter((file) => !['case.md', 'expected.json'].includes(file));
    expect(files).not.toEqual([]);
    for (const file of files) {
      const text = name.startsWith('paste');
      const found = text
        ? { ...(await app.call('edits.readFacts', { text: read(name, file) })) }
        : await reading(join(reports, name, file));
      hold(found, (expected[file] ?? (files.length === 1 ? expected : {})) as Json);
      if (files.length > 1) expect(expected).toHaveProperty([file]);
    }
  });
});
