import type { Family } from '../family.ts';
import { linear, rmsNorm } from '../parts/linear.ts';
import { readRotary } from '../rotary-settings.ts';
import type { BlockPart } from '../spec.ts';
import { activationOf, checkedHeads, headsPart, layers, outputOf } from './common.ts';

/** Llama with queries, keys and values in one product, and gate and up in another. Source: modeling_phi3.py. */
export const phi3: Family = {
  types: ['phi3'],
  classes: ['Phi3ForCausalLM', 'Phi3Model'],
  base: 'model',
  read: (settings) => {
    const width = settings.count('hidden_size', 3072);
    const asked = settings.parts('num_attention_heads', 32);
    const keyHeads = settings.countOrNull('num_key_value_heads') ?? asked;
    const heads = checkedHeads(settings, { width, heads: asked, keyHeads, headWidth: settings.countOrNull('head_dim') });
    const epsilon = settings.number('rms_norm_eps', 1e-5);
    const positions = settings.count('max_position_embeddings', 4096);
    const aliases = { su: 'longrope', yarn: 'longrope' };
    settings.ignore('original_max_position_embeddings');
    const rotary = readRotary(settings, { headWidth: heads.headWidth, partial: 1, positions, original: 4096, aliases });
    const window = settings.countOrNull('sliding_window') ?? undefined;
    const inner = settings.count('intermediate_size', 8192);
    const activation = activationOf(settings, 'hidden_act', 'silu');
    for (const bias of ['attention_bias', 'mlp_bias', 'lm_head_bias']) settings.only(bias, false);
    settings.ignore('full_attn_mod', 'interpolate_factor'); // of the code that came with the weights; the class has neither
    const blocks = layers(settings.parts('num_hidden_layers', 32), (layer): BlockPart => {
      const module = `model.layers.${layer}`;
      return {
        attention: {
          before: rmsNorm(`${module}.input_layernorm`, width, epsilon),
          work: {
            ...headsPart(heads),
            projections: {
              kind: 'side by side',
              linear: linear(`${module}.self_attn.qkv_proj`, width, (asked + 2 * keyHeads) * heads.headWidth),
            },
            rotary,
            window,
            output: outputOf(`${module}.self_attn.o_proj`, heads, false),
          },
        },
        feedForward: {
          before: rmsNorm(`${module}.post_attention_layernorm`, width, epsilon),
          work: {
            kind: 'gated together',
            both: linear(`${module}.mlp.gate_up_proj`, width, 2 * inner),
            activation,
            down: linear(`${module}.mlp.down_proj`, inner, width),
          },
        },
        order: 'one after the other',
      };
    });
    return {
      width,
      vocabulary: settings.count('vocab_size', 32064),
      embedding: { tokens: 'model.embed_tokens.weight', width },
      blocks,
      norm: rmsNorm('model.norm', width, epsilon),
      head: { weights: ['lm_head.weight'], isTied: settings.flag('tie_word_embeddings', false) },
    };
  },
};
