import type { Family } from '../family.ts';
import { layerNorm } from '../parts/linear.ts';
import { readRotary } from '../rotary-settings.ts';
import type { BlockPart } from '../spec.ts';
import { checkedHeads, headsPart, layers, outputOf, separate } from './common.ts';
import { gated } from './llama.ts';

/** Attention and feed-forward side by side behind one norm without bias; neighbouring pairs are rotated. Source: modeling_cohere.py. */
export const cohere: Family = {
  types: ['cohere'],
  classes: ['CohereForCausalLM', 'CohereModel'],
  base: 'model',
  read: (settings) => {
    const width = settings.count('hidden_size', 8192);
    const asked = settings.parts('num_attention_heads', 64);
    const keyHeads = settings.countOrNull('num_key_value_heads') ?? asked;
    const heads = checkedHeads(settings, { width, heads: asked, keyHeads, headWidth: settings.countOrNull('head_dim') });
    const { headWidth } = heads;
    const epsilon = settings.number('layer_norm_eps', 1e-5);
    const positions = settings.count('max_position_embeddings', 8192);
    const rotary = readRotary(settings, { headWidth, positions, theta: 500_000, interleaved: true });
    const hasBias = settings.flag('attention_bias', false);
    const hasNorms = settings.flag('use_qk_norm', false);
    const feedForward = gated(settings, width, 22528, false);
    const blocks = layers(settings.parts('num_hidden_layers', 40), (layer): BlockPart => {
      const module = `model.layers.${layer}`;
      const perHead = (name: string, count: number) => ({
        ...layerNorm(`${module}.self_attn.${name}`, headWidth, epsilon, false),
        dims: [count, headWidth],
      });
      return {
        attention: {
          before: layerNorm(`${module}.input_layernorm`, width, epsilon, false),
          work: {
            ...headsPart(heads),
            projections: separate(`${module}.self_attn`, heads, hasBias),
            norms: hasNorms ? { query: perHead('q_norm', asked), key: perHead('k_norm', keyHeads), over: 'head' } : undefined,
            rotary,
            window: undefined,
            output: outputOf(`${module}.self_attn.o_proj`, heads, hasBias),
          },
        },
        feedForward: { before: undefined, work: feedForward(module) },
        order: 'through one norm',
      };
    });
    return {
      width,
      vocabulary: settings.count('vocab_size', 256000),
      embedding: { tokens: 'model.embed_tokens.weight', width },
      blocks,
      norm: layerNorm('model.norm', width, epsilon, false),
      head: {
        weights: ['lm_head.weight'],
        isTied: settings.flag('tie_word_embeddings', true),
        scale: settings.number('logit_scale', 0.0625),
      },
    };
  },
};
