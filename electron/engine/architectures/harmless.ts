/**
 * Keys of config.json that change nothing about what a decoder computes: where it came from, how it was trained, how its classes for other
 * tasks behave, and how generation begins. Sources: transformers, configuration_utils.py (of 4.x and 5.x) and configuration_*.py.
 */
const HARMLESS = new Set(
  [
    'model_type architectures transformers_version _name_or_path name_or_path _commit_hash torch_dtype dtype auto_map',
    '_attn_implementation _attn_implementation_autoset attn_implementation _flash_attn_2_enabled use_flash_attn use_flash_attention_2',
    'transformers.js_config onnx tokenizer_class problem_type task_specific_params finetuning_task id2label label2id num_labels',
    'gradient_checkpointing use_cache return_dict return_dict_in_generate output_attentions output_hidden_states output_scores',
    'torchscript use_bfloat16 tf_legacy_loss keys_to_ignore_at_inference is_decoder cross_attention_hidden_size',
    'bos_token_id eos_token_id pad_token_id sep_token_id cls_token_id unk_token_id mask_token_id decoder_start_token_id prefix',
    'forced_bos_token_id forced_eos_token_id begin_suppress_tokens suppress_tokens bad_words_ids remove_invalid_values',
    'do_sample temperature top_k top_p typical_p repetition_penalty length_penalty no_repeat_ngram_size encoder_no_repeat_ngram_size',
    'num_beams num_beam_groups diversity_penalty early_stopping max_length min_length max_new_tokens num_return_sequences',
    'exponential_decay_length_penalty',
    'initializer_range initializer_factor init_std initializer_cutoff_factor mup_scale is_llama_config',
    'attention_dropout hidden_dropout hidden_dropout_prob attention_probs_dropout_prob dropout layerdrop embedding_dropout',
    'residual_dropout activation_dropout attn_pdrop embd_pdrop resid_pdrop resid_dropout embed_dropout classifier_dropout',
    'summary_first_dropout summary_type summary_use_proj summary_activation summary_proj_to_labels',
    'pretraining_tp max_seq_len seq_length model_max_length unsloth_version unsloth_fixed cache_implementation hybrid_kvcache',
  ].flatMap((line) => line.split(' ')),
);

/** Keys that are harmless while they say this, which almost every older file spells out. */
const DEFAULTS: Readonly<Record<string, readonly unknown[]>> = {
  is_encoder_decoder: [false],
  add_cross_attention: [false],
  tie_encoder_decoder: [false],
  chunk_size_feed_forward: [0],
  pruned_heads: [],
  quantization_config: [],
  use_mrope: [false],
  rope_interleaved: [false],
};

/** Whether a key with this value can be left aside; null says that there is no such thing. */
export function isHarmless(name: string, value: unknown): boolean {
  return value === null || HARMLESS.has(name) || (DEFAULTS[name] !== undefined && (DEFAULTS[name].includes(value) || isEmpty(value)));
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
