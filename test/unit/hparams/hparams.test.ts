import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { publishedFor, publishedSets } from '../../../electron/engine/edit/hparams/published.ts';
import { parseHyperparameters, readHyperparameters } from '../../../electron/engine/edit/hparams/read.ts';

const memit = {
  layers: [3, 4, 5, 6, 7, 8],
  clamp_norm_factor: 0.75,
  layer_selection: 'all',
  fact_token: 'subject_last',
  v_num_grad_steps: 25,
  v_lr: 5e-1,
  v_loss_layer: 27,
  v_weight_decay: 0.5,
  kl_factor: 0.0625,
  mom2_adjustment: true,
  mom2_update_weight: 15000,
  rewrite_module_tmp: 'transformer.h.{}.mlp.fc_out',
  layer_module_tmp: 'transformer.h.{}',
  mlp_module_tmp: 'transformer.h.{}.mlp',
  attn_module_tmp: 'transformer.h.{}.attn',
  ln_f_module: 'transformer.ln_f',
  lm_head_module: 'lm_head',
  mom2_dataset: 'wikipedia',
  mom2_n_samples: 100000,
  mom2_dtype: 'float32',
};
const yaml = `
# as EasyEdit writes it
alg_name: "ROME"
model_name: "./somewhere/llama-2-7b"
stats_dir: "./data/stats"
device: 1
layers: [5]
v_num_grad_steps: 25
v_lr: "5e-1"
v_loss_layer: 31
v_weight_decay: 1e-3
clamp_norm_factor: 4
kl_factor: 0.0625
mom2_adjustment: false
context_template_length_params: [[5, 10], [10, 3]]
`;

describe('readHyperparameters', () => {
  it('reads a published MEMIT file, every field of it', async () => {
    const path = join(await mkdtemp(join(tmpdir(), 'emend-hparams-')), 'memit.json');
    await writeFile(path, JSON.stringify(memit, null, 2));
    const { value, ignored } = await readHyperparameters(path, 'MEMIT');
    expect(ignored).toEqual([]);
    expect(value).toEqual({
      method: 'MEMIT',
      layers: [3, 4, 5, 6, 7, 8],
      factToken: 'subject_last',
      steps: 25,
      learningRate: 0.5,
      lossLayer: 27,
      weightDecay: 0.5,
      clampFactor: 0.75,
      klFactor: 0.0625,
      covarianceWeight: 15000,
      covariance: { use: true, dataset: 'wikipedia', samples: 100000, precision: 'float32' },
      modules: {
        rewrite: 'transformer.h.{}.mlp.fc_out',
        layer: 'transformer.h.{}',
        mlp: 'transformer.h.{}.mlp',
        attention: 'transformer.h.{}.attn',
        finalNorm: 'transformer.ln_f',
        unembedding: 'lm_head',
      },
    });
  });

  it('reads an EasyEdit YAML file, numbers written as text too, and reports the fields it makes no use of', () => {
    const { value, ignored } = parseHyperparameters(yaml, 'ROME');
    expect(ignored).toEqual(['model_name', 'stats_dir', 'device']);
    expect(value).toMatchObject({
      learningRate: 0.5,
      weightDecay: 0.001,
      contexts: [
        { length: 5, count: 10 },
        { length: 10, count: 3 },
      ],
      covariance: { use: false, samples: 100000 },
      factToken: 'subject_last',
    });
  });

  it.each([
    [{ layers: [5, 3] }, /layers: expected layers in ascending order, each once, found \[5,3\]/],
    [{ layers: [] }, /layers: expected at least one layer/],
    [{ layers: [-1] }, /layers\.0: expected 0 or more, found -1/],
    [{ v_lr: 'fast' }, /v_lr: expected a number, found "fast"/],
    [{ v_lr: 0 }, /v_lr: expected more than 0, found 0/],
    [{ kl_factor: Number.POSITIVE_INFINITY }, /kl_factor/],
    [{ mom2_update_weight: undefined, v_loss_layer: undefined }, /v_loss_layer: missing; mom2_update_weight: missing/],
    [{ fact_token: 'middle' }, /fact_token: expected subject_last, .* found "middle"/],
    [{ layer_selection: 'random' }, /layer_selection/],
    [{ alg_name: 'PMET' }, /alg_name: expected MEMIT, found PMET/],
  ])('refuses %j and names the field', (change, message) => {
    const read = () => parseHyperparameters(JSON.stringify({ ...memit, ...change }), 'MEMIT', 'memit.json');
    expect(read).toThrow(message);
    expect(read).toThrow(expect.objectContaining({ code: 'bad-input', message: expect.stringContaining('memit.json: ') as string }));
  });

  it.each(['[1, 2]', 'layers: [1', '', 'just words'])('refuses text that holds no fields: %j', (text) => {
    expect(() => parseHyperparameters(text, 'ROME')).toThrow(expect.objectContaining({ code: 'bad-file' }));
  });

  it('says which file is not there', async () => {
    await expect(readHyperparameters('/nowhere/x.json', 'ROME')).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('/nowhere/x.json') as string,
    });
  });
});

describe('published sets', () => {
  it('are whole, name a source, and lie within their model', () => {
    const sets = [...publishedSets('ROME'), ...publishedSets('MEMIT')];
    expect(sets).toHaveLength(14);
    for (const { value, source } of sets) {
      expect(source).toMatch(/^\w.*\/.*(hparams\/(ROME|MEMIT)|atlas)/);
      expect(value.lossLayer).toBeGreaterThan(value.layers.at(-1)!);
      expect(value.modules.rewrite).toContain('{}');
    }
  });

  it.each([
    ['ROME', { layers: 24, hiddenSize: 1024, vocabularySize: 50257 }, 'gpt2-medium'],
    ['ROME', { layers: 24, hiddenSize: 1024, vocabularySize: 50304, innerSize: 4096 }, 'gpt2-medium'],
    ['ROME', { layers: 48, hiddenSize: 1600, name: 'openai-community/gpt2-xl' }, 'gpt2-xl'],
    ['MEMIT', { layers: 32, hiddenSize: 4096, innerSize: 14336, vocabularySize: 128256 }, 'llama3-8b'],
    ['MEMIT', { layers: 32, hiddenSize: 4096, innerSize: 11008 }, 'llama2-7b'],
  ] as const)('are found by shape: %s %j', (method, shape, model) => {
    expect(publishedFor(method, shape)).toMatchObject({ method, model });
  });

  it.each([
    ['a Qwen with the depth and width of GPT-2 medium', 'ROME', { layers: 24, hiddenSize: 1024, vocabularySize: 151936, innerSize: 2816 }],
    ['the same, of which only the vocabulary is known', 'ROME', { layers: 24, hiddenSize: 1024, vocabularySize: 151936 }],
    ['a Mistral with those of Llama 2', 'MEMIT', { layers: 32, hiddenSize: 4096, innerSize: 14336, vocabularySize: 32000 }],
    ['a model of which depth and width alone are known', 'ROME', { layers: 24, hiddenSize: 1024 }],
    ['GPT-2 medium with MEMIT, for which nobody published one', 'MEMIT', { layers: 24, hiddenSize: 1024, vocabularySize: 50257 }],
  ] as const)('are not given to %s', (_what, method, shape) => {
    expect(publishedFor(method, shape)).toBeUndefined();
  });
});
