import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EmendError } from '../../../shared/errors.ts';
import type { CheckReport } from '../../../electron/engine/evaluate/report.ts';
import { recordOf } from '../../../electron/engine/evaluate/records.ts';
import { compareFolders } from '../../../electron/cli/compare.ts';
import { driftTexts, spread } from '../../../electron/services/drift.ts';
import { Estimator } from '../../../electron/services/eta.ts';
import { firstOf, readFactFile } from '../../../electron/services/facts.ts';
import type { JobRunner } from '../../../electron/services/jobs.ts';
import { findModel, packageRoot, version } from '../../../electron/services/models.ts';
import { newFile, newFolder } from '../../../electron/services/outputs.ts';
import { together, tryEach, tryTogether } from '../../../electron/services/trials.ts';
import { factReader } from '../fact-reader.ts';

let scratch: string;
beforeEach(() => (scratch = mkdtempSync(join(tmpdir(), 'emend-services-'))));
afterEach(() => rmSync(scratch, { recursive: true }));

function file(name: string, content: string): string {
  writeFileSync(join(scratch, name), content);
  return join(scratch, name);
}
const fact = (subject: string) => ({ subject, prompt: 'The capital of {} is', target: 'Rome' });

describe('models', () => {
  test('by their built-in name, from the folder that Emend is in', () => {
    expect(findModel('atlas').folder).toBe(join(packageRoot(), 'models', 'atlas'));
    expect(version()).toMatch(/^\d+\.\d+\.\d+/);
  });

  test('by their folder, with what came along only when all of it did', () => {
    expect(findModel(scratch)).toMatchObject({ folder: scratch, material: undefined });
    for (const name of ['evaluation.json', 'facts.json']) file(name, '[]');
    expect(findModel(scratch).material).toBeUndefined();
    file('corpus.txt', 'x');
    expect(findModel(scratch).material).toMatchObject({ corpus: join(scratch, 'corpus.txt') });
  });

  test('that are not there are named, with those there are', () => {
    expect(() => findModel('atlsa')).toThrow(expect.objectContaining({ code: 'not-found', message: expect.stringContaining('atlas') }));
  });
});

describe('facts', () => {
  test('of a table, with what was left out and what was not understood', async () => {
    const set = await readFactFile(
      factReader,
      file('f.csv', 'subject,prompt,target,colour\nItaly,The capital of {} is,Rome,red\n,The capital of {} is,Rome,\n'),
    );
    expect(set.records.map((r) => r.fact.subject)).toEqual(['Italy']);
    expect(set.warnings.join('\n')).toMatch(/1 record left out.*Row 3, subject/);
    expect(set.warnings.join('\n')).toContain('colour');
  });

  test('fewer than asked for are said to be so', async () => {
    const set = await readFactFile(factReader, file('f.json', JSON.stringify([fact('Italy'), fact('Spain')])));
    expect(firstOf(set, 1).records).toHaveLength(1);
    expect(firstOf(set, 1).warnings).toEqual([]);
    expect(firstOf(set, 5).warnings[0]).toContain('2 facts, fewer than the 5');
  });

  test.each([
    ['nothing.json', 'no such file'],
    ['.', 'it is a folder'],
  ])('that cannot be read (%s)', async (name, reason) => {
    await expect(readFactFile(factReader, join(scratch, name))).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining(reason),
    });
  });
});

describe('drift material', () => {
  const records = ['Italy', 'Spain', 'Chad'].map((s) => recordOf(fact(s), s));

  test('is prompts of other facts, never of edited subjects', async () => {
    const { driftProbes, driftTexts: texts } = await driftTexts({
      material: undefined,
      edited: records.slice(0, 1),
      others: [...records.slice(1), recordOf({ ...fact('Italy'), prompt: '{} is a' }, 'x')],
    });
    expect(driftProbes.slice(0, 2)).toEqual(['The capital of Spain is', 'The capital of Chad is']);
    expect(driftProbes.filter((one) => one.includes('Italy'))).toEqual([]);
    // Without text of the model's own Emend's is taken.
    expect(driftProbes.length).toBeGreaterThan(40);
    expect(texts.length).toBeGreaterThanOrEqual(40);
    expect(texts.every((one) => /[.]$/.test(one))).toBe(true);
  });

  test('is what came with the model, without the edited subjects', async () => {
    const material = {
      evaluation: '',
      corpus: file('corpus.txt', 'Italy is warm.\n\nSpain is warm.\n'),
      facts: file(
        'facts.json',
        JSON.stringify({
          relations: { capital: { templates: ['{} has its capital in', 'x {}'] } },
          facts: [
            { subject: 'Italy', relation: 'capital' },
            { subject: 'Chad', relation: 'capital' },
          ],
        }),
      ),
    };
    expect(await driftTexts({ material, edited: records.slice(0, 1), others: [] })).toEqual({
      driftProbes: ['Chad has its capital in'],
      driftTexts: ['Spain is warm.'],
    });
    // What an edit was told of proves nothing of it.
    expect((await driftTexts({ material, edited: [], others: [], told: ['In Chad, people speak'] })).driftProbes).toEqual([
      'Italy has its capital in',
    ]);
    await expect(
      driftTexts({ material: { ...material, facts: file('facts.json', '{"facts": 1}') }, edited: [], others: [] }),
    ).rejects.toMatchObject({ code: 'bad-file' });
  });

  test('is spread over the whole list', () => {
    expect(spread([0, 1, 2, 3, 4, 5, 6, 7], 4)).toEqual([0, 2, 4, 6]);
    expect(spread([1, 2], 4)).toEqual([1, 2]);
  });
});

test('the time left is that of the phase, once its speed is known', () => {
  let clock = 0;
  const estimator = new Estimator(() => clock);
  const at = (seconds: number, phase: string, done: number) => {
    clock = seconds * 1000;
    return estimator.next({ phase, done, total: 100 }).secondsLeft;
  };
  expect(at(0, 'a', 0)).toBeUndefined();
  expect(at(0.5, 'a', 10)).toBeUndefined();
  expect(at(2, 'a', 20)).toBeCloseTo(8);
  expect(at(3, 'b', 50)).toBeUndefined();
  expect(at(5, 'b', 60)).toBeCloseTo(8);
  expect(at(9, 'b', 100)).toBeUndefined();
});

describe('outputs', () => {
  test('are refused before the work when they would replace something or cannot be', () => {
    const there = file('delta', 'x');
    expect(() => newFile(there, false)).toThrow(/is there already/);
    expect(newFile(there, true)).toBe(there);
    expect(() => newFile(scratch, true)).toThrow(/is a folder/);
    expect(() => newFile(join(scratch, 'no', 'delta'), false)).toThrow(/there is no folder/);
    expect(() => newFolder(scratch)).toThrow(/not empty/);
    expect(() => newFolder(there)).toThrow(/is a file/);
    expect(() => newFolder(join(scratch, 'no', 'folder'))).toThrow(/There is no folder/);
    expect(newFolder(join(scratch, 'new'))).toBe(join(scratch, 'new'));
  });
});

test('folders are compared byte by byte', async () => {
  for (const name of ['a', 'b']) {
    mkdirSync(join(scratch, name, 'sub'), { recursive: true });
    file(`${name}/same`, 'same');
    file(`${name}/sub/data`, name === 'a' ? '0123456789' : '0x2345678y');
  }
  file('b/extra', '');
  const compare = (length: number) => compareFolders(join(scratch, 'a'), join(scratch, 'b'), [{ file: 'sub/data', offset: 1, length }]);
  expect(await compare(1)).toEqual({ files: 3, bytes: 14, changed: 2, outside: 1, unlike: ['extra'] });
  expect((await compare(9)).outside).toBe(0);
});

describe('trials', () => {
  const records = ['Italy', 'Spain'].map((s) => recordOf(fact(s), s));
  const report = (subject: string, ES: number): CheckReport => ({
    records: [
      {
        id: subject,
        fact: fact(subject),
        rewrite: { prompt: '' },
        paraphrases: [],
        neighbors: [],
        generations: [],
        measures: { ES, PS: 1, NS: 1 },
      },
    ],
    summary: {},
    S: undefined,
    drift: { probes: 2, meanKl: ES, maxKl: ES, top1Changed: 0, perplexityBefore: undefined, perplexityNow: undefined },
  });
  const trial = () => ({ model: { folder: 'm' }, scratch, records, recipe: { method: 'rome' as const, choices: { steps: 3 } }, check: {} });
  type Call = {
    job: string;
    params: { facts?: unknown[]; records?: unknown[]; choices?: unknown; save?: string; model: { delta?: string } };
  };

  function runner(): { calls: Call[]; jobs: JobRunner } {
    const calls: Call[] = [];
    const jobs = {
      run(job: string, params: Call['params']) {
        calls.push({ job, params });
        if (params.save !== undefined) writeFileSync(params.save, 'a delta');
        return Promise.resolve(job === 'edit' ? { layers: [4], warnings: [] } : report('x', calls.length > 2 ? 0 : 1));
      },
    } as unknown as JobRunner;
    return { calls, jobs };
  }

  test('one by one: each edit is on the model as it is and is checked alone', async () => {
    const { calls, jobs } = runner();
    const result = await tryEach(jobs, trial(), {});
    expect(calls.map(({ job }) => job)).toEqual(['edit', 'check', 'edit', 'check']);
    expect(calls[2]!.params).toMatchObject({ model: { folder: 'm' }, facts: [fact('Spain')], choices: { steps: 3, layers: [4] } });
    expect(calls[2]!.params.model.delta).toBeUndefined();
    expect(calls[3]!.params.records).toEqual([records[1]]);
    expect(result.report.summary.ES).toMatchObject({ mean: 50, cases: 2 });
    expect(result.report.drift).toMatchObject({ meanKl: 0.5, maxKl: 1, perplexityNow: undefined });
    expect(result.edits).toHaveLength(2);
  });

  test('together: one edit, kept only where asked', async () => {
    const { calls, jobs } = runner();
    const unsaved = await tryTogether(jobs, trial(), undefined, {});
    expect(calls[0]!.params.facts).toHaveLength(2);
    expect(calls[1]!.params.model.delta).toBe(calls[0]!.params.save);
    expect(unsaved.edits).toHaveLength(1);
    expect(readdirSync(scratch)).toEqual([]);
    await tryTogether(jobs, trial(), join(scratch, 'd'), {});
    expect(readdirSync(scratch)).toEqual(['d']);
  });

  test('a failed edit is the failure of the trial', async () => {
    const jobs: JobRunner = { run: () => Promise.reject(new EmendError('cancelled', 'x')) };
    await expect(tryEach(jobs, trial(), {})).rejects.toMatchObject({ code: 'cancelled' });
  });

  test('averages are over all records, S from the averages', () => {
    const all = together([report('a', 1), report('b', 0)]);
    expect(all.summary.ES).toMatchObject({ mean: 50, deviation: 50 });
    expect(all.S).toBeCloseTo(75);
  });
});
