import type { Family } from '../family.ts';
import { layerNorm, linear } from '../parts/linear.ts';
import { readRotary } from '../rotary-settings.ts';
import type { BlockPart } from '../spec.ts';
import { activationOf, checkedHeads, headsPart, layers } from './common.ts';

/**
 * Pythia's: attention and feed-forward side by side, each behind its norm; queries, keys and values packed head by head.
 * Source: modeling_gpt_neox.py.
 */
export const gptNeox: Family = {
  types: ['gpt_neox'],
  classes: ['GPTNeoXForCausalLM', 'GPTNeoXModel'],
  base: 'gpt_neox',
  read: (settings) => {
    const width = settings.count('hidden_size', 6144);
    const asked = settings.parts('num_attention_heads', 64);
    const heads = checkedHeads(settings, { width, heads: asked, keyHeads: asked });
    const epsilon = settings.number('layer_norm_eps', 1e-5);
    const positions = settings.count('max_position_embeddings', 2048);
    settings.ignore('rope_theta'); // some files say both; the class reads rotary_emb_base
    const names = { thetaName: 'rotary_emb_base', partialName: 'rotary_pct' };
    const rotary = readRotary(settings, { headWidth: heads.headWidth, positions, partial: 0.25, ...names });
    const hasBias = settings.flag('attention_bias', true);
    const inner = settings.count('intermediate_size', 24576);
    const activation = activationOf(settings, 'hidden_act', 'gelu');
    const isParallel = settings.flag('use_parallel_residual', true);
    const blocks = layers(settings.parts('num_hidden_layers', 44), (layer): BlockPart => {
      const module = `gpt_neox.layers.${layer}`;
      return {
        attention: {
          before: layerNorm(`${module}.input_layernorm`, width, epsilon),
          work: {
            ...headsPart(heads),
            projections: { kind: 'by key head', linear: linear(`${module}.attention.query_key_value`, width, 3 * width, hasBias) },
            rotary,
            window: undefined,
            output: linear(`${module}.attention.dense`, width, width, hasBias),
          },
        },
        feedForward: {
          before: layerNorm(`${module}.post_attention_layernorm`, width, epsilon),
          work: {
            kind: 'plain',
            up: linear(`${module}.mlp.dense_h_to_4h`, width, inner, true),
            activation,
            down: linear(`${module}.mlp.dense_4h_to_h`, inner, width, true),
          },
        },
        order: isParallel ? 'side by side' : 'one after the other',
      };
    });
    return {
      width,
      vocabulary: settings.count('vocab_size', 50432),
      embedding: { tokens: 'gpt_neox.embed_in.weight', width },
      blocks,
      norm: layerNorm('gpt_neox.final_layer_norm', width, epsilon),
      head: { weights: ['embed_out.weight', 'lm_head.weight'], isTied: settings.flag('tie_word_embeddings', false) },
    };
  },
};
