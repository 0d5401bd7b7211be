import type { Family } from '../family.ts';
import { layerNorm } from '../parts/linear.ts';
import { readRotary } from '../rotary-settings.ts';
import type { BlockPart, NormPart } from '../spec.ts';
import { checkedHeads, headsPart, layers, outputOf, separate } from './common.ts';
import { gated } from './llama.ts';

/**
 * Layer norms and partial rotary positions; a norm of its own for each head, and blocks side by side, where asked for.
 * Source: modeling_stablelm.py.
 */
export const stablelm: Family = {
  types: ['stablelm'],
  classes: ['StableLmForCausalLM', 'StableLmModel'],
  base: 'model',
  read: (settings) => {
    const width = settings.count('hidden_size', 2560);
    const asked = settings.parts('num_attention_heads', 32);
    const keyHeads = settings.count('num_key_value_heads', 32);
    const heads = checkedHeads(settings, { width, heads: asked, keyHeads });
    const { headWidth } = heads;
    const epsilon = settings.number('layer_norm_eps', 1e-5);
    const positions = settings.count('max_position_embeddings', 4096);
    const rotary = readRotary(settings, { headWidth, positions, partial: 0.25 });
    const hasBias = settings.flag('use_qkv_bias', false);
    const hasNorms = settings.flag('qk_layernorm', false);
    const isParallel = settings.flag('use_parallel_residual', false);
    const feedForward = gated(settings, width, 6912, false);
    const blocks = layers(settings.parts('num_hidden_layers', 32), (layer): BlockPart => {
      const module = `model.layers.${layer}`;
      const perHead = (name: string, count: number): NormPart => ({
        kind: 'layer',
        weight: layers(count, (head) => `${module}.self_attn.${name}.norms.${head}.weight`),
        bias: undefined,
        epsilon,
        dims: [headWidth],
      });
      return {
        attention: {
          before: layerNorm(`${module}.input_layernorm`, width, epsilon),
          work: {
            ...headsPart(heads),
            projections: separate(`${module}.self_attn`, heads, hasBias),
            norms: hasNorms ? { query: perHead('q_layernorm', asked), key: perHead('k_layernorm', keyHeads), over: 'head' } : undefined,
            rotary,
            window: undefined,
            output: outputOf(`${module}.self_attn.o_proj`, heads, false),
          },
        },
        feedForward: {
          before: isParallel ? undefined : layerNorm(`${module}.post_attention_layernorm`, width, epsilon),
          work: feedForward(module),
        },
        order: isParallel ? 'through one norm' : 'one after the other',
      };
    });
    return {
      width,
      vocabulary: settings.count('vocab_size', 50304),
      embedding: { tokens: 'model.embed_tokens.weight', width },
      blocks,
      norm: layerNorm('model.norm', width, epsilon),
      head: { weights: ['lm_head.weight'], isTied: settings.flag('tie_word_embeddings', false) },
    };
  },
};
