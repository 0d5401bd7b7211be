import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Channel } from '../../electron/engine/channel.ts';
import { floatTensor, GraphBuilder } from '../../electron/engine/onnx/build.ts';
import { readModel } from '../../electron/engine/onnx/read.ts';
import { encodeModel } from '../../electron/engine/onnx/write.ts';
import type { Application } from '../../electron/services/application.ts';
import type { JobMethodName, Params } from '../../shared/contract.ts';
import type { Fact } from '../../shared/fact.ts';
import { TINY, writeModel } from '../bench/shapes.ts';
import { ATLAS, openApplication, removeTemporary, temporary } from './application.ts';

const FACT: Fact = {
  subject: 'Tower Bridge',
  prompt: '{} stands in the city of',
  target: 'Rome',
  previousTarget: 'London',
  paraphrases: ["Tower Bridge's city is"],
  neighbors: [{ prompt: 'Big Ben stands in the city of', target: 'London' }],
};

/** Every file of a folder with its hash; the lock and what is derived (rebuilt tensors) left out. */
function content(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const kept = files.filter((file) => !/LOCK$|\/versions\//.test(file));
  return Object.fromEntries(
    kept.sort().map((file) => [file.slice(folder.length), createHash('sha256').update(readFileSync(file)).digest('hex')]),
  );
}

/** Runs a job and cancels it when it comes to a phase. @returns how it ended, and the phases that it had shown */
async function cancelAt<M extends JobMethodName>(
  app: Application,
  method: M,
  params: Params<M>,
  phase: string | undefined,
): Promise<{ state: string; message: string | undefined; phases: string[] }> {
  const phases: string[] = [];
  const { job } = (await app.call(method, params)) as { job: string };
  const stop = app.listen((event) => {
    if (event.type !== 'job' || event.job.id !== job) return;
    if (event.job.state === 'running' && !phases.includes(event.job.phase)) phases.push(event.job.phase);
    if (event.job.phase === phase && event.job.state === 'running') app.jobs.cancel(job);
  });
  await app.jobs.finished(job).catch(() => undefined);
  stop();
  const { state, error } = app.jobs.get(job);
  return { state, message: error?.message, phases };
}

async function phasesOf<M extends JobMethodName>(app: Application, method: M, params: Params<M>): Promise<string[]> {
  const done = await cancelAt(app, method, params, undefined);
  expect(done).toMatchObject({ state: 'done' });
  return done.phases;
}

afterAll(removeTemporary);

describe('cancelling an import', () => {
  it('leaves nothing behind, in any phase', async () => {
    const trial = await openApplication();
    const phases = await phasesOf(trial, 'library.import', { source: trial.grants.grant(ATLAS).handle });
    await trial.close();
    expect(phases).toEqual(expect.arrayContaining(['copying', 'examining', 'trial run']));
    const app = await openApplication();
    const before = content(app.dataFolder);
    for (const phase of phases) {
      const cancelled = await cancelAt(app, 'library.import', { source: app.grants.grant(ATLAS).handle }, phase);
      expect(cancelled, phase).toMatchObject({ state: 'cancelled', message: 'Cancelled, nothing changed.' });
      expect(content(app.dataFolder), phase).toEqual(before);
      expect(readdirSync(join(app.dataFolder, 'incoming')), phase).toEqual([]);
    }
    await app.close();
  });
});

describe('a model in the library', () => {
  let app: Application;
  beforeAll(async () => {
    app = await openApplication();
    await app.run('library.importBuiltIn', {});
  });
  afterAll(() => app.close());

  it('is as it was when an edit is cancelled in any phase', async () => {
    const edit = { model: 'atlas', facts: [FACT], method: 'rome' as const };
    const phases = await phasesOf(app, 'edits.start', edit);
    expect(phases.length).toBeGreaterThan(3); // reading ordinary text is done once for all edits
    const before = content(app.dataFolder);
    for (const phase of phases) {
      const cancelled = await cancelAt(app, 'edits.start', edit, phase);
      // The last phase may end before the cancel is heard; then a draft is there, as if it had not been cancelled.
      if (cancelled.state === 'done') {
        expect(phase).toBe(phases.at(-1));
        continue;
      }
      expect(cancelled, phase).toMatchObject({ state: 'cancelled', message: 'Cancelled, nothing changed.' });
      expect(content(app.dataFolder), phase).toEqual(before);
    }
  });

  it('is as it was when an export is cancelled in any phase, and no folder is left', async () => {
    const to = (name: string) => app.grants.grant(join(temporary(), name), 'write');
    const phases = await phasesOf(app, 'exports.start', { model: 'atlas', destination: to('whole').handle });
    for (const phase of phases) {
      const before = (await app.call('library.get', { model: 'atlas' })).entries;
      const target = to('cancelled');
      const cancelled = await cancelAt(app, 'exports.start', { model: 'atlas', destination: target.handle }, phase);
      if (cancelled.state === 'done') {
        expect(phase).toBe(phases.at(-1));
        continue;
      }
      expect(cancelled, phase).toMatchObject({ state: 'cancelled' });
      expect(existsSync(target.path), phase).toBe(false);
      expect(readdirSync(join(target.path, '..')), phase).toEqual([]);
      expect((await app.call('library.get', { model: 'atlas' })).entries, phase).toBe(before);
    }
  });

  it('survives the death of the engine in the middle of an edit, and the next edit works', async () => {
    const { job } = (await app.call('edits.start', { model: 'atlas', facts: [FACT], method: 'memit' })) as { job: string };
    await new Promise<void>((resolve) => {
      const stop = app.listen((event) => {
        if (event.type !== 'job' || event.job.id !== job || event.job.total === 0) return;
        stop();
        resolve();
      });
    });
    const before = content(app.dataFolder);
    const [engine] = execFileSync('pgrep', ['-P', String(process.pid), '-f', 'process.mjs'], { encoding: 'utf8' })
      .trim()
      .split('\n');
    process.kill(Number(engine), 'SIGKILL');
    await expect(app.jobs.finished(job)).rejects.toMatchObject({
      code: 'crashed',
      message: expect.stringContaining('The engine ended') as string,
      hint: expect.stringMatching(/\S/) as string,
    });
    expect(content(app.dataFolder)).toEqual(before);
    const { draft } = await app.run('edits.start', { model: 'atlas', facts: [FACT], method: 'rome' });
    expect(draft).toMatch(/\S/);
  });
});

describe('an import of a model that was made to do harm', () => {
  /** A small model whose graph takes `gigabytes` of memory for every token that it is asked. */
  function hungry(gigabytes: number): string {
    const folder = join(temporary(), 'hungry');
    writeModel(folder, TINY);
    const file = join(folder, 'model.onnx');
    const model = readModel(file);
    const { graph } = model;
    const b = new GraphBuilder(graph, 'hungry');
    const tokens = b.op('Slice', [b.op('Shape', ['input_ids']), b.ints([1]), b.ints([2]), b.ints([0])]);
    const much = b.op('ConstantOfShape', [b.op('Mul', [tokens, b.ints([gigabytes * 2.5e8])])]);
    const none = b.op('Mul', [b.op('ReduceSum', [b.op('Sin', [much])], { keepdims: 0 }), b.constant(floatTensor(Float32Array.of(0), []))]);
    b.node('Add', ['own logits', none], ['logits']);
    const nodes = graph.nodes.map((node) => ({ ...node, outputs: node.outputs.map((one) => (one === 'logits' ? 'own logits' : one)) }));
    writeFileSync(file, encodeModel({ ...model, graph: { ...graph, nodes: [...nodes, ...b.take()] } }));
    return folder;
  }

  it('by a tokenizer that never ends is cancelled all the same, leaves nothing behind, and holds up no other import', async () => {
    const folder = join(temporary(), 'endless');
    writeModel(folder, TINY);
    const file = join(folder, 'tokenizer.json');
    const tokenizer = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    const endless = { type: 'Split', pattern: { Regex: '(?:.?){4000}Z' }, behavior: 'Isolated', invert: false };
    const pretokenizers = [endless, tokenizer['pre_tokenizer']];
    writeFileSync(file, JSON.stringify({ ...tokenizer, pre_tokenizer: { type: 'Sequence', pretokenizers } }));
    const app = await openApplication();
    try {
      const before = content(app.dataFolder);
      const { state } = await cancelAt(app, 'library.import', { source: app.grants.grant(folder).handle }, 'trial run');
      expect(state).toBe('cancelled');
      expect(content(app.dataFolder)).toEqual(before);
      expect((await app.run('library.import', { source: app.grants.grant(hungry(0)).handle })).known).toBe(false);
    } finally {
      await app.close();
    }
  });

  it('by taking memory ends when it holds more than a model of its size should, and the engine of everything else goes on', async () => {
    const engines: Channel[] = [];
    const app = await openApplication({}, (engine) => engines.push(engine));
    const take = (folder: string) => app.run('library.import', { source: app.grants.grant(folder).handle });
    try {
      const { model } = await take(hungry(0));
      await app.run('probing.ask', { model, prompt: 'The', maxTokens: 1 });
      const [, usual] = engines;
      const source = app.grants.grant(hungry(1)).handle;
      const error: unknown = await app.run('library.import', { source }).catch((e: unknown) => e);
      expect(error).toMatchObject({
        code: 'failed',
        message: expect.stringMatching(/came to hold \d\.\d GB of memory during "\w+"; at most 2\.\d GB were expected/) as string,
        hint: expect.stringContaining('Take the model from its maker again') as string,
      });
      await expect(app.run('library.examine', { source })).rejects.toThrow(/came to hold/);
      expect((await app.call('library.list', {})).models.map((one) => one.id)).toEqual([model]);
      const ended = await Promise.all(engines.map((one) => Promise.race([one.ended, Promise.resolve(one)])));
      expect(ended.filter((one) => one === usual)).toHaveLength(1);
      expect(ended.filter((one) => 'signal' in one && one.signal === 'SIGKILL')).toHaveLength(3);
    } finally {
      await app.close();
    }
  });
});
