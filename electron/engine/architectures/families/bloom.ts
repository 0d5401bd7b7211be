import type { Family } from '../family.ts';
import { layerNorm, linear } from '../parts/linear.ts';
import type { BlockPart } from '../spec.ts';
import { checkedHeads, headsPart, layers } from './common.ts';

const f = Math.fround;

/**
 * ALiBi's slopes for a number of heads, that of numbers that are no power of two put together from two series.
 * Source: Press et al. 2021; transformers, modeling_bloom.py, build_alibi_tensor.
 */
export function alibiSlopes(heads: number): number[] {
  const whole = 2 ** Math.floor(Math.log2(heads));
  const base = (count: number) => f(2 ** -(2 ** -(Math.log2(count) - 3)));
  const first = layers(whole, (i) => f(base(whole) ** (i + 1)));
  return [...first, ...layers(heads - whole, (i) => f(base(2 * whole) ** (2 * i + 1)))];
}

/** ALiBi, a norm behind the embedding; queries, keys and values packed head by head. Source: modeling_bloom.py. */
export const bloom: Family = {
  types: ['bloom'],
  classes: ['BloomForCausalLM', 'BloomModel'],
  base: 'transformer',
  read: (settings) => {
    const width = settings.count(['n_embed', 'hidden_size'], 64);
    const asked = settings.parts(['n_head', 'num_attention_heads'], 8);
    const heads = checkedHeads(settings, { width, heads: asked, keyHeads: asked });
    const epsilon = settings.number('layer_norm_epsilon', 1e-5);
    const addsToNormed = settings.flag('apply_residual_connection_post_layernorm', false);
    // slices of the same products, and how a trainer fused its kernels
    settings.ignore('slow_but_exact', 'attention_softmax_in_fp32', 'masked_softmax_fusion', 'bias_dropout_fusion', 'skip_bias_add');
    settings.ignore('skip_bias_add_qkv', 'offset_alibi', 'n_inner');
    const alibi = { slopes: alibiSlopes(asked), scale: 1, rounded: undefined };
    const blocks = layers(settings.parts(['n_layer', 'num_hidden_layers'], 2), (layer): BlockPart => {
      const module = `transformer.h.${layer}`;
      return {
        attention: {
          before: layerNorm(`${module}.input_layernorm`, width, epsilon),
          work: {
            ...headsPart(heads),
            projections: { kind: 'by key head', linear: linear(`${module}.self_attention.query_key_value`, width, 3 * width, true) },
            rotary: undefined,
            alibi,
            window: undefined,
            output: linear(`${module}.self_attention.dense`, width, width, true),
          },
        },
        feedForward: {
          before: layerNorm(`${module}.post_attention_layernorm`, width, epsilon),
          work: {
            kind: 'plain',
            up: linear(`${module}.mlp.dense_h_to_4h`, width, 4 * width, true),
            activation: 'gelu tanh',
            down: linear(`${module}.mlp.dense_4h_to_h`, 4 * width, width, true),
          },
        },
        order: 'one after the other',
        addsToNormed,
      };
    });
    return {
      width,
      vocabulary: settings.count('vocab_size', 250880),
      embedding: {
        tokens: 'transformer.word_embeddings.weight',
        width,
        norm: layerNorm('transformer.word_embeddings_layernorm', width, epsilon),
      },
      blocks,
      norm: layerNorm('transformer.ln_f', width, epsilon),
      head: { weights: ['lm_head.weight'], isTied: settings.flag('tie_word_embeddings', true) },
    };
  },
};
