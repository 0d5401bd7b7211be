import * as v from 'valibot';
import type { MemitHyperparameters, RomeHyperparameters } from './types.ts';

/** Files write 5e-1 as a string where their reader is YAML 1.1 or where it is quoted. */
const number = v.union(
  [v.number(), v.pipe(v.string(), v.trim(), v.regex(/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/), v.transform(Number))],
  'a number',
);
const atLeast = (least: number) => v.pipe(number, v.finite('a finite number'), v.minValue(least, `${least} or more`));
const positive = v.pipe(
  number,
  v.finite('a finite number'),
  v.check((value) => value > 0, 'more than 0'),
);
const count = v.pipe(atLeast(1), v.integer('a whole number'));
const layer = v.pipe(atLeast(0), v.integer('a layer number from 0 on'));
const name = v.optional(v.string('a module name'));

/** Fields that both methods have, under their published names; those without a default are different for every model. */
const shared = {
  alg_name: v.optional(v.string()),
  layers: v.pipe(
    v.array(layer, 'a list of layers'),
    v.minLength(1, 'at least one layer'),
    v.check((layers) => layers.every((value, at) => at === 0 || value > layers[at - 1]!), 'layers in ascending order, each once'),
  ),
  layer_selection: v.optional(v.literal('all', '"all", the only selection that Emend has')),
  fact_token: v.optional(
    v.picklist(
      ['subject_last', 'subject_first', 'subject_first_after_last', 'last'],
      'subject_last, subject_first, subject_first_after_last or last',
    ),
    'subject_last',
  ),
  v_num_grad_steps: count,
  v_lr: positive,
  v_loss_layer: layer,
  v_weight_decay: atLeast(0),
  clamp_norm_factor: positive,
  kl_factor: atLeast(0),
  mom2_adjustment: v.optional(v.boolean('true or false'), true),
  mom2_dataset: v.optional(v.string('the name of a data set'), 'wikipedia'),
  mom2_n_samples: v.optional(count, 100000),
  mom2_dtype: v.optional(v.picklist(['float16', 'float32', 'float64'], 'float16, float32 or float64'), 'float32'),
  rewrite_module_tmp: name,
  layer_module_tmp: name,
  mlp_module_tmp: name,
  attn_module_tmp: name,
  ln_f_module: name,
  lm_head_module: name,
};

const romeFields = v.object({
  ...shared,
  context_template_length_params: v.optional(v.array(v.tuple([count, count], '[length, number]'), 'a list of [length, number]'), [
    [5, 10],
    [10, 10],
  ]),
});
const memitFields = v.object({ ...shared, mom2_update_weight: positive });

/** The published fields of each method, and what they mean in Emend's words. */
export const schemas = {
  ROME: v.pipe(
    romeFields,
    v.transform((fields): RomeHyperparameters => ({
      ...common(fields),
      method: 'ROME',
      contexts: fields.context_template_length_params.map(([length, texts]) => ({ length, count: texts })),
    })),
  ),
  MEMIT: v.pipe(
    memitFields,
    v.transform((fields): MemitHyperparameters => ({ ...common(fields), method: 'MEMIT', covarianceWeight: fields.mom2_update_weight })),
  ),
};

/** Names of all fields that a method reads. */
export const fieldNames = { ROME: Object.keys(romeFields.entries), MEMIT: Object.keys(memitFields.entries) };

type Shared = Omit<v.InferOutput<typeof memitFields>, 'mom2_update_weight'>;

function common(fields: Shared) {
  return {
    layers: fields.layers,
    factToken: fields.fact_token,
    steps: fields.v_num_grad_steps,
    learningRate: fields.v_lr,
    lossLayer: fields.v_loss_layer,
    weightDecay: fields.v_weight_decay,
    clampFactor: fields.clamp_norm_factor,
    klFactor: fields.kl_factor,
    covariance: { use: fields.mom2_adjustment, dataset: fields.mom2_dataset, samples: fields.mom2_n_samples, precision: fields.mom2_dtype },
    modules: {
      rewrite: fields.rewrite_module_tmp,
      layer: fields.layer_module_tmp,
      mlp: fields.mlp_module_tmp,
      attention: fields.attn_module_tmp,
      finalNorm: fields.ln_f_module,
      unembedding: fields.lm_head_module,
    },
  };
}
