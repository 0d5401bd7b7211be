import { readFile, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { helpText } from '../../../electron/cli/help.ts';
import { editOptions } from '../../../electron/cli/edit-options.ts';
import { EDIT_METHODS, METHOD_NAMES, type EditMethodName } from '../../../shared/methods/list.ts';

/** A method that nobody wrote yet, put into the two indexes and nowhere else. */
const third = await vi.hoisted(async () => {
  const { describe: descriptor } = await import('../../../shared/methods/method.ts');
  const { number } = await import('../../../shared/methods/setting.ts');
  const { FACT_TOKEN, LAYERS, SEED } = await import('../../../shared/methods/settings.ts');
  const HUE = number('hue', { label: 'Hue', help: 'How blue it is.', flag: 'hue', field: { name: 'v_hue' } }, { min: 0, max: 1 });
  return {
    descriptor: descriptor({
      name: 'third',
      title: 'THIRD',
      summary: 'Adds its hue to one number of one weight.',
      choose: 'for tests',
      paper: { title: 'None', authors: 'Nobody', url: 'https://example.invalid/' },
      layers: 'one',
      settings: [LAYERS, HUE, FACT_TOKEN, SEED],
      advice: {},
    }),
    runs: [] as unknown[],
  };
});

vi.mock('../../../shared/methods/index.ts', async (original) => ({ ...(await original<object>()), third: third.descriptor }));

vi.mock('../../../electron/engine/edit/methods/index.ts', async (original) => {
  const { publishedSets } = await import('../../../electron/engine/edit/hparams/published.ts');
  const { matrix } = await import('../../../electron/engine/linalg/matrix.ts');
  const given = <T>(value: T) => ({ value, source: 'of the third method' });
  const method = {
    published: publishedSets([], third.descriptor),
    defaults: () => ({ layers: given([0]), hue: given(0.5), factToken: given('subject_last' as const), seed: given(0) }),
    windows: () => [],
    keyWeights: (rows: number) => Array.from({ length: rows }, () => 1 / rows),
    contexts: () => Promise.resolve(['{}']),
    run: (work: {
      readonly settings: { readonly hue: { readonly value: number } };
      readonly decoder: { readonly anatomy: import('../../../electron/engine/anatomy/types.ts').Anatomy };
    }) => {
      third.runs.push(work);
      const { down } = work.decoder.anatomy.layers[0]!.mlp;
      const left = matrix(1, down.outWidth);
      const right = matrix(1, down.inWidth);
      left.data[0] = work.settings.hue.value;
      right.data[0] = 1;
      const delta = { weights: [{ layer: 0, weight: down.weight, left, right }] };
      return Promise.resolve({ delta, settings: work.settings, histories: [], warnings: [] });
    },
  };
  return { ...(await original<object>()), third: method };
});

const THIRD = 'third' as EditMethodName;

describe('a third method, in the two indexes alone', () => {
  it('is run by `edit`, and the delta file records its name and its settings', async () => {
    const { editFacts } = await import('../../../electron/engine/edit/edit.ts');
    const { readDelta, writeDelta } = await import('../../../electron/engine/edit/delta-file.ts');
    const { fullDelta } = await import('../../../electron/engine/edit/delta.ts');
    const { Decoder } = await import('../../../electron/engine/decoder/decoder.ts');
    const { loadTokenizer } = await import('../../../electron/engine/text/load.ts');
    const { silent } = await import('../../../shared/progress.ts');
    const folder = join(import.meta.dirname, '../../../models/atlas');
    const decoder = await Decoder.open(join(folder, 'model.onnx'));
    const tokenizer = await loadTokenizer(folder);
    const facts = [{ subject: 'Tower Bridge', prompt: '{} stands in the city of', target: 'Rome' }];
    const request = { decoder, tokenizer, facts, earlier: [], method: THIRD, choices: { hue: 0.25 } as object, name: 'atlas' };
    const made = await editFacts(request, silent);
    expect(third.runs).toHaveLength(1);
    expect(made).toMatchObject({ method: 'third', layers: [0] });
    expect(fullDelta(made.delta.weights[0]!).data.filter((x) => x !== 0)).toEqual(Float64Array.of(0.25));
    expect(made.hyperparameters).toEqual([
      { key: 'layers', name: 'Layers', value: '0', source: 'of the third method' },
      { key: 'hue', name: 'Hue', value: '0.25', source: 'as asked' },
      { key: 'factToken', name: 'Fact token', value: 'subject_last', source: 'of the third method' },
      { key: 'seed', name: 'Seed', value: '0', source: 'of the third method' },
    ]);
    const file = join(await mkdtemp(join(tmpdir(), 'emend-third-')), 'delta.safetensors');
    const { method, model, hyperparameters, contexts, seed } = made;
    await writeDelta(file, made.delta, { method, model, hyperparameters: [...hyperparameters], contexts: [...contexts], seed, facts });
    expect(readDelta(file).about).toMatchObject({ method: 'third', hyperparameters });
    await expect(editFacts({ ...request, choices: { clamp: 1 } }, silent)).rejects.toThrow('THIRD has no setting "clamp"');
  });

  it('is shown by the form, with its own settings', async () => {
    const { methodInfo } = await import('../../../electron/services/edit-methods.ts');
    const keys = EDIT_METHODS[THIRD].settings.map(({ key }) => ({ key, name: key, value: '1', source: 'here' }));
    const info = methodInfo(THIRD, keys);
    expect(info).toMatchObject({ name: 'third', title: 'THIRD' });
    expect(info.settings.map(({ label }) => label)).toEqual(['Layers', 'Hue', 'Fact token', 'Seed']);
    const { readChoice } = await import('../../../renderer/screens/edit/choices.ts');
    expect(readChoice({ key: 'hue' }, '0.5', 8)).toEqual({ value: 0.5 });
    expect(readChoice({ key: 'hue' }, '2', 8)).toEqual({ problem: 'Expected a number from 0 to 1; found "2".' });
  });

  it('is named by the command line, with options of its own', () => {
    expect(METHOD_NAMES).toContain('third');
    const help = helpText({ name: 'edit', summary: 'Edit', positionals: [], examples: [] }, editOptions).replaceAll(/\s+/g, ' ');
    expect(help).toContain('third for tests');
    expect(help).toContain('--hue');
    expect(help).toContain('third: How blue it is');
  });

  it('is read from hyperparameter files, by its own fields', async () => {
    const { readHyperparameters } = await import('../../../electron/engine/edit/hparams/read.ts');
    const { values, implied } = readHyperparameters({ name: 'third.yaml', text: 'layers: [3]\nv_hue: 0.75' }, EDIT_METHODS[THIRD]);
    expect(values).toEqual({ layers: [3], hue: 0.75 });
    expect(implied).toEqual({ factToken: 'subject_last' });
  });

  it('crosses the contract, and nothing else does', async () => {
    const { CONTRACT } = await import('../../../shared/contract.ts');
    const v = await import('valibot');
    const request = (method: string) => ({ model: 'atlas', facts: [{ subject: 'a', prompt: '{} b', target: 'c' }], method });
    expect(v.is(CONTRACT['edits.start'].params, request('third'))).toBe(true);
    expect(v.is(CONTRACT['edits.start'].params, request('fourth'))).toBe(false);
  });
});

describe('the list of methods', () => {
  it('does not compile without an implementation', async () => {
    const { METHODS } = await import('../../../electron/engine/edit/methods.ts');
    type Implementations = import('../../../electron/engine/edit/methods.ts').Implementations;
    // @ts-expect-error ROME has no implementation here: `npm run types` fails when this compiles
    const missing = { memit: METHODS.memit } satisfies Implementations;
    expect(missing).toBeDefined();
  });

  it('holds methods whose settings of one key are one setting', () => {
    const all = METHOD_NAMES.flatMap((name) => EDIT_METHODS[name].settings);
    for (const one of all) expect(all.filter(({ key }) => key === one.key).every((other) => other === one)).toBe(true);
    expect(new Set(all.map(({ flag }) => flag)).size).toBe(new Set(all.map(({ key }) => key)).size);
  });

  it('is where methods are named: the product says so nowhere else', async () => {
    const { execFileSync } = await import('node:child_process');
    const root = join(import.meta.dirname, '../../..');
    const files = execFileSync('git', ['ls-files', 'electron', 'renderer', 'shared'], { cwd: root, encoding: 'utf8' }).split('\n');
    const own = /^(shared\/methods\/|electron\/engine\/edit\/methods\/|electron\/cli\/commands\/tour\.ts)/;
    for (const file of files.filter((one) => /\.(ts|svelte)$/.test(one) && !own.test(one))) {
      expect(await readFile(join(root, file), 'utf8'), file).not.toMatch(/['"`](rome|memit|ROME|MEMIT)['"`]/);
    }
  });
});
