import type { Family } from '../family.ts';
import { layerNorm, linear } from '../parts/linear.ts';
import { readRotary } from '../rotary-settings.ts';
import type { BlockPart } from '../spec.ts';
import { alibiSlopes } from './bloom.ts';
import { activationOf, checkedHeads, headsPart, layers } from './common.ts';

/**
 * Three layouts: one head of keys for all queries (7B), grouped heads with one norm or two side by side (40B), and all heads with ALiBi and
 * biases (RW). Source: modeling_falcon.py.
 */
export const falcon: Family = {
  types: ['falcon'],
  classes: ['FalconForCausalLM', 'FalconModel'],
  base: 'transformer',
  read: (settings) => {
    const width = settings.count(['n_embed', 'hidden_size'], 4544);
    const asked = settings.parts(['num_attention_heads', 'n_head'], 71);
    const isNew = settings.flag('new_decoder_architecture', false);
    const isShared = settings.flag('multi_query', true);
    const given = settings.countOrNull(['num_kv_heads', 'n_head_kv']) ?? asked;
    const keyHeads = isNew ? given : isShared ? 1 : asked;
    const heads = checkedHeads(settings, { width, heads: asked, keyHeads });
    const { headWidth } = heads;
    const epsilon = settings.number('layer_norm_epsilon', 1e-5);
    const hasBias = settings.flag('bias', false);
    const isParallel = settings.flag('parallel_attn', true);
    const norms = settings.countOrNull('num_ln_in_parallel_attn') ?? (isNew ? 2 : 1);
    if (isNew && !isParallel) throw settings.unsupported('parallel_attn', false);
    const inner = settings.countOrNull('ffn_hidden_size') ?? 4 * width;
    const activation = activationOf(settings, 'activation', 'gelu');
    const hasAlibi = settings.flag('alibi', false);
    const positions = settings.count('max_position_embeddings', 2048);
    settings.only('head_dim', headWidth);
    settings.only('apply_residual_connection_post_layernorm', false);
    const rotary = readRotary(settings, { headWidth, positions });
    const alibi = { slopes: alibiSlopes(asked), scale: headWidth ** -0.5, rounded: positions };
    const blocks = layers(settings.parts(['num_hidden_layers', 'n_layer'], 32), (layer): BlockPart => {
      const module = `transformer.h.${layer}`;
      const norm = (name: string) => layerNorm(`${module}.${name}`, width, epsilon);
      const hasTwo = isNew && norms === 2;
      return {
        attention: {
          before: norm(hasTwo ? 'ln_attn' : 'input_layernorm'),
          work: {
            ...headsPart(heads),
            projections: {
              kind: 'by key head',
              linear: linear(`${module}.self_attention.query_key_value`, width, (asked + 2 * keyHeads) * headWidth, hasBias),
            },
            rotary: hasAlibi ? undefined : rotary,
            alibi: hasAlibi ? alibi : undefined,
            window: undefined,
            output: linear(`${module}.self_attention.dense`, width, width, hasBias),
          },
        },
        feedForward: {
          before: hasTwo ? norm('ln_mlp') : isParallel ? undefined : norm('post_attention_layernorm'),
          work: {
            kind: 'plain',
            up: linear(`${module}.mlp.dense_h_to_4h`, width, inner, hasBias),
            activation,
            down: linear(`${module}.mlp.dense_4h_to_h`, inner, width, hasBias),
          },
        },
        order: hasTwo ? 'side by side' : isParallel ? 'through one norm' : 'one after the other',
      };
    });
    return {
      width,
      vocabulary: settings.count('vocab_size', 65024),
      embedding: { tokens: 'transformer.word_embeddings.weight', width },
      blocks,
      norm: layerNorm('transformer.ln_f', width, epsilon),
      head: { weights: ['lm_head.weight'], isTied: settings.flag('tie_word_embeddings', true) },
    };
  },
};
