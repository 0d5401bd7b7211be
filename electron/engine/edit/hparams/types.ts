import type { FactToken } from '../../text/positions.ts';

/**
 * Hyperparameters of ROME and MEMIT in Emend's words; behind each the name in the published files.
 * Layers count from 0. Sources: kmeng01/rome rome/rome_hparams.py, kmeng01/memit memit/memit_hparams.py.
 */
interface ValueSearch {
  /** `layers`: the layers whose MLP is changed, ascending. The value is sought at the last one. */
  readonly layers: readonly number[];
  /** `fact_token`: the token whose key is edited. */
  readonly factToken: FactToken;
  /** `v_num_grad_steps`: losses computed when seeking the value; the published code makes one update fewer. */
  readonly steps: number;
  /** `v_lr`: Adam's learning rate. */
  readonly learningRate: number;
  /** `v_loss_layer`: the layer whose output the loss is read from; the last one in all published sets. */
  readonly lossLayer: number;
  /** `v_weight_decay`: factor of ‖δ‖ / ‖h‖² in the loss. */
  readonly weightDecay: number;
  /** `clamp_norm_factor`: the longest δ allowed, as a multiple of the norm of the activation it is added to. */
  readonly clampFactor: number;
  /** `kl_factor`: factor of the KL divergence on "{subject} is a". */
  readonly klFactor: number;
  readonly covariance: CovarianceSettings;
  /** Names that the published code finds modules by. Emend finds them by structure; these are kept for the record. */
  readonly modules: ModuleNames;
}

/** Where the second moment of the keys comes from. */
export interface CovarianceSettings {
  /** `mom2_adjustment`: use it; without it C = I. */
  readonly use: boolean;
  /** `mom2_dataset`. */
  readonly dataset: string;
  /** `mom2_n_samples`: articles of the data set, not tokens. */
  readonly samples: number;
  /** `mom2_dtype`. */
  readonly precision: 'float16' | 'float32' | 'float64';
}

/** Module name templates of the published files, where {} is the layer. */
export interface ModuleNames {
  /** `rewrite_module_tmp`: the MLP's down-projection. */
  readonly rewrite?: string | undefined;
  /** `layer_module_tmp`. */
  readonly layer?: string | undefined;
  /** `mlp_module_tmp`. */
  readonly mlp?: string | undefined;
  /** `attn_module_tmp`. */
  readonly attention?: string | undefined;
  /** `ln_f_module`. */
  readonly finalNorm?: string | undefined;
  /** `lm_head_module`. */
  readonly unembedding?: string | undefined;
}

export interface RomeHyperparameters extends ValueSearch {
  readonly method: 'ROME';
  /** `context_template_length_params`: how many context texts of how many tokens (the published code counts the start token). */
  readonly contexts: readonly { readonly length: number; readonly count: number }[];
}

export interface MemitHyperparameters extends ValueSearch {
  readonly method: 'MEMIT';
  /** `mom2_update_weight`: λ, the weight of the covariance against the facts of the edit. */
  readonly covarianceWeight: number;
}

export interface Hyperparameters {
  readonly ROME: RomeHyperparameters;
  readonly MEMIT: MemitHyperparameters;
}
export type EditMethod = keyof Hyperparameters;
