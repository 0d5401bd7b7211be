import { describe, expect, it } from 'vitest';
import { FAMILIES } from '../../../electron/engine/architectures/families/index.ts';
import { Settings } from '../../../electron/engine/architectures/settings.ts';

/** Keys as files of well-known models spell them out; a configuration must be read to its last key. */
const KNOWN: Readonly<Record<string, object>> = {
  gpt2: { n_ctx: 1024, n_embd: 768, task_specific_params: {}, summary_type: 'cls_index', resid_pdrop: 0.1, reorder_and_upcast_attn: false },
  gpt_neo: { attention_layers: [], num_layers: 2, attention_types: [[['global', 'local'], 1]], window_size: 256, embed_dropout: 0 },
  gptj: { rotary: true, n_ctx: 2048, scale_attn_weights: true, rotary_dim: 64, gradient_checkpointing: false, tie_word_embeddings: false },
  gpt_neox: { rotary_emb_base: 10000, rotary_pct: 0.25, use_parallel_residual: true, classifier_dropout: 0.1 },
  opt: { activation_dropout: 0, prefix: '</s>', init_std: 0.02, word_embed_proj_dim: 768, _remove_final_layer_norm: false },
  bloom: { attention_softmax_in_fp32: true, masked_softmax_fusion: true, offset_alibi: 100, seq_length: 2048, n_inner: null, n_embed: 64 },
  falcon: { apply_residual_connection_post_layernorm: false, auto_map: { AutoConfig: 'x' }, multi_query: true, parallel_attn: true },
  phi: { hidden_size: 2560, partial_rotary_factor: 0.4, qk_layernorm: false, num_key_value_heads: 32, embd_pdrop: 0 },
  phi3: {
    attention_bias: false,
    partial_rotary_factor: 0.75,
    interpolate_factor: 1,
    full_attn_mod: 1,
    lm_head_bias: false,
    mlp_bias: false,
  },
  llama: { is_llama_config: true, rope_interleaved: false, pretraining_tp: 1, rope_scaling: null, 'transformers.js_config': {} },
  mistral: { sliding_window: 4096, head_dim: 128, rope_theta: 1e6 },
  ministral: { sliding_window: 4096, head_dim: 128, rope_theta: 1e6 },
  qwen2: { use_mrope: false, max_window_layers: 21, use_sliding_window: false, sliding_window: 32768 },
  qwen3: { attention_bias: false, head_dim: 128, max_window_layers: 28 },
  gemma: { hidden_act: 'gelu', hidden_activation: null, head_dim: 256 },
  gemma2: { cache_implementation: 'hybrid', hidden_act: 'gelu_pytorch_tanh', query_pre_attn_scalar: 256 },
  gemma3_text: { sliding_window_pattern: 6, rope_local_base_freq: 10000, attn_logit_softcapping: null, rope_scaling: null },
  olmo2: { clip_qkv: null, attention_bias: false },
  olmo3: { sliding_window: 4096, rope_scaling: { rope_type: 'yarn', factor: 8, original_max_position_embeddings: 8192, beta_fast: 32 } },
  granite: { attention_multiplier: 0.015625, residual_multiplier: 0.22, mlp_bias: false },
  stablelm: { use_qkv_bias: true, partial_rotary_factor: 0.25, qk_layernorm: false },
  starcoder2: { activation_function: 'gelu', layer_norm_epsilon: 1e-5, mlp_type: 'default', norm_type: 'layer_norm', sliding_window: 4096 },
  cohere: { logit_scale: 0.0625, use_qk_norm: false, pretraining_tp: 1 },
  smollm3: { no_rope_layer_interval: 4, max_window_layers: 28, use_sliding_window: false, sliding_window: null, pretraining_tp: 2 },
};

describe('configurations', () => {
  it('has an entry here for every family', () => {
    expect(FAMILIES.flatMap(({ types }) => types).sort()).toEqual(Object.keys(KNOWN).sort());
  });

  it.each(Object.entries(KNOWN))('of %s are read to the last key, with the defaults of the class for the others', (type, keys) => {
    const family = FAMILIES.find(({ types }) => types.includes(type))!;
    const settings = new Settings({ model_type: type, architectures: [family.classes[0]], torch_dtype: 'float16', ...keys });
    const part = family.read(settings);
    expect(settings.rest()).toEqual([]);
    expect(part.blocks.length).toBeGreaterThan(0);
    const other = new Settings({ ...keys, residual_twist: 1 });
    family.read(other);
    expect(other.rest()).toEqual(['residual_twist']);
  });
});
