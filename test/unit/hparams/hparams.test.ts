import { describe, expect, it } from 'vitest';
import { publishedFor } from '../../../electron/engine/edit/hparams/published.ts';
import { readHyperparameters } from '../../../electron/engine/edit/hparams/read.ts';
import { METHODS } from '../../../electron/engine/edit/methods.ts';
import { EDIT_METHODS, METHOD_NAMES } from '../../../shared/methods/list.ts';

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
  it('reads a published MEMIT file, every field of it', () => {
    const { values, unused } = readHyperparameters({ name: 'memit.json', text: JSON.stringify(memit, null, 2) }, EDIT_METHODS.memit);
    expect(values).toEqual({
      layers: [3, 4, 5, 6, 7, 8],
      factToken: 'subject_last',
      steps: 25,
      learningRate: 0.5,
      weightDecay: 0.5,
      clamp: 0.75,
      klFactor: 0.0625,
      covarianceWeight: 15000,
      ridge: undefined,
    });
    expect(unused(28).flatMap(({ fields }) => fields)).toEqual([
      'mom2_dataset',
      'mom2_n_samples',
      'mom2_dtype',
      'rewrite_module_tmp',
      'layer_module_tmp',
      'mlp_module_tmp',
      'attn_module_tmp',
      'ln_f_module',
      'lm_head_module',
    ]);
  });

  it('says so where a file asks for what Emend does another way', () => {
    const { unused } = readHyperparameters(
      { name: 'memit.json', text: JSON.stringify({ ...memit, mom2_adjustment: false }) },
      EDIT_METHODS.memit,
    );
    expect(unused(48)).toEqual(
      expect.arrayContaining([
        { fields: ['v_loss_layer'], why: 'the loss is read from the last layer' },
        { fields: ['mom2_adjustment'], why: expect.stringContaining('always works with the covariance') as string },
      ]),
    );
  });

  it('reads an EasyEdit YAML file, numbers written as text too, and reports the fields it makes no use of', () => {
    const { values, implied, unused } = readHyperparameters({ name: 'rome.yaml', text: yaml }, EDIT_METHODS.rome);
    expect(unused(32)).toEqual([{ fields: ['model_name', 'stats_dir', 'device'], why: 'Emend has no such settings' }]);
    expect(values).toMatchObject({
      learningRate: 0.5,
      weightDecay: 0.001,
      contexts: [
        [5, 10],
        [10, 3],
      ],
      useCovariance: false,
    });
    expect(implied).toMatchObject({ factToken: 'subject_last' });
  });

  it.each([
    [{ layers: [5, 3] }, /layers: expected layers from 0 on, ascending, each once, .* found \[5,3\]/],
    [{ layers: [] }, /layers: expected layers .* found \[\]/],
    [{ layers: [-1] }, /layers: expected layers from 0 on, .* found \[-1\]/],
    [{ v_lr: 'fast' }, /v_lr: expected a number above 0, found "fast"/],
    [{ v_lr: 0 }, /v_lr: expected a number above 0, found 0/],
    [{ kl_factor: Number.POSITIVE_INFINITY }, /kl_factor/],
    [{ mom2_update_weight: undefined, v_lr: undefined }, /v_lr: missing; mom2_update_weight: missing/],
    [{ fact_token: 'middle' }, /fact_token: expected subject_last, .* found "middle"/],
    [{ layer_selection: 'random' }, /layer_selection/],
    [{ alg_name: 'PMET' }, /alg_name: expected MEMIT, found PMET/],
  ])('refuses %j and names the field', (change, message) => {
    const read = () => readHyperparameters({ name: 'memit.json', text: JSON.stringify({ ...memit, ...change }) }, EDIT_METHODS.memit);
    expect(read).toThrow(message);
    expect(read).toThrow(expect.objectContaining({ code: 'bad-input', message: expect.stringContaining('memit.json: ') as string }));
  });

  it.each(['[1, 2]', 'layers: [1', '', 'just words'])('refuses text that holds no fields: %j', (text) => {
    expect(() => readHyperparameters({ name: 'rome.json', text }, EDIT_METHODS.rome)).toThrow(
      expect.objectContaining({ code: 'bad-file' }),
    );
  });
});

describe('published sets', () => {
  it('are whole, name a source, and give a value for everything but the covariance text and the seed', () => {
    const sets = METHOD_NAMES.flatMap((name) => METHODS[name].published.map((set) => ({ ...set, name })));
    expect(sets).not.toHaveLength(0);
    for (const { name, values, implied, source } of sets) {
      expect(source).toMatch(/^\w.*\/.*(hparams\/(ROME|MEMIT|AlphaEdit|EMMET|CrispEdit)|fine-tune\.py|atlas)/);
      const open = EDIT_METHODS[name].settings.map(({ key }) => key).filter((key) => (values[key] ?? implied[key]) === undefined);
      expect(['key', 'covarianceTokens', 'seed']).toEqual(expect.arrayContaining(open));
    }
  });

  it.each([
    ['rome', { layers: 24, hiddenSize: 1024, vocabularySize: 50257 }, 'gpt2-medium'],
    ['rome', { layers: 24, hiddenSize: 1024, vocabularySize: 50304, innerSize: 4096 }, 'gpt2-medium'],
    ['rome', { layers: 48, hiddenSize: 1600, name: 'openai-community/gpt2-xl' }, 'gpt2-xl'],
    ['memit', { layers: 32, hiddenSize: 4096, innerSize: 14336, vocabularySize: 128256 }, 'llama3-8b'],
    ['memit', { layers: 32, hiddenSize: 4096, innerSize: 11008 }, 'llama2-7b'],
  ] as const)('are found by shape: %s %j', (method, shape, model) => {
    expect(publishedFor(METHODS[method].published, shape)).toMatchObject({ model });
  });

  it.each([
    ['a Qwen with the depth and width of GPT-2 medium', 'rome', { layers: 24, hiddenSize: 1024, vocabularySize: 151936, innerSize: 2816 }],
    ['the same, of which only the vocabulary is known', 'rome', { layers: 24, hiddenSize: 1024, vocabularySize: 151936 }],
    ['a Mistral with those of Llama 2', 'memit', { layers: 32, hiddenSize: 4096, innerSize: 14336, vocabularySize: 32000 }],
    ['a model of which depth and width alone are known', 'rome', { layers: 24, hiddenSize: 1024 }],
    ['GPT-2 medium with MEMIT, for which nobody published one', 'memit', { layers: 24, hiddenSize: 1024, vocabularySize: 50257 }],
  ] as const)('are not given to %s', (_what, method, shape) => {
    expect(publishedFor(METHODS[method].published, shape)).toBeUndefined();
  });
});
