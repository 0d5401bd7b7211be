import * as v from 'valibot';

/** A field that published hyperparameter files have and that no setting stands for. */
export interface OtherField {
  readonly name: string;
  readonly schema: v.GenericSchema;
  /** Why Emend makes no use of it, to stand behind a list of such fields. */
  readonly why: string;
  /** Whether leaving it out changes nothing, so that nobody need be told. */
  readonly isMet?: (value: unknown, layers: number) => boolean;
}

const FOUND = 'the parts of a model are found by its structure';
const MEASURED = 'the covariance is measured on text that the model writes or that was given';
const text = v.string('some text');
const count = v.pipe(v.number('a number'), v.integer('a whole number'), v.minValue(0, '0 or more'));

/** Fields of kmeng01/rome and kmeng01/memit that work differently here, so that a file with a wrong one is still refused. */
export const OTHER_FIELDS: readonly OtherField[] = [
  { name: 'v_loss_layer', schema: count, why: 'the loss is read from the last layer', isMet: (value, layers) => value === layers - 1 },
  { name: 'layer_selection', schema: v.literal('all', '"all", the only selection that Emend has'), why: '', isMet: () => true },
  { name: 'alg_name', schema: text, why: '', isMet: () => true },
  {
    name: 'mom2_adjustment',
    schema: v.boolean('true or false'),
    why: 'this method always works with the covariance, as its published code does',
    isMet: (value) => value === true,
  },
  { name: 'mom2_dataset', schema: text, why: MEASURED },
  { name: 'mom2_n_samples', schema: count, why: MEASURED },
  { name: 'mom2_dtype', schema: v.picklist(['float16', 'float32', 'float64'], 'float16, float32 or float64'), why: MEASURED },
  { name: 'rewrite_module_tmp', schema: text, why: FOUND },
  { name: 'layer_module_tmp', schema: text, why: FOUND },
  { name: 'mlp_module_tmp', schema: text, why: FOUND },
  { name: 'attn_module_tmp', schema: text, why: FOUND },
  { name: 'ln_f_module', schema: text, why: FOUND },
  { name: 'lm_head_module', schema: text, why: FOUND },
];
