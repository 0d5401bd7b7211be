import type { Family } from '../family.ts';
import { layerNorm, linear } from '../parts/linear.ts';
import { rotaryOf } from '../rotary-settings.ts';
import type { BlockPart } from '../spec.ts';
import { activationOf, checkedHeads, headsPart, layers, separate } from './common.ts';

/**
 * Attention and feed-forward side by side behind one norm; neighbouring pairs of the first dimensions are rotated.
 * Source: modeling_gptj.py.
 */
export const gptj: Family = {
  types: ['gptj'],
  classes: ['GPTJForCausalLM', 'GPTJModel'],
  base: 'transformer',
  read: (settings) => {
    const width = settings.count(['n_embd', 'hidden_size'], 4096);
    const asked = settings.parts(['n_head', 'num_attention_heads'], 16);
    const heads = checkedHeads(settings, { width, heads: asked, keyHeads: asked });
    const { headWidth } = heads;
    const epsilon = settings.number('layer_norm_epsilon', 1e-5);
    const inner = settings.countOrNull('n_inner') ?? 4 * width;
    const activation = activationOf(settings, 'activation_function', 'gelu_new');
    const rotated = settings.count('rotary_dim', 64);
    if (rotated > headWidth) throw settings.bad(`rotary_dim is ${rotated}, and a head has ${headWidth} dimensions.`);
    const positions = settings.count(['n_positions', 'max_position_embeddings'], 2048);
    settings.only('rotary', true);
    settings.ignore('n_ctx', 'scale_attn_weights'); // an old name of n_positions; never read
    const rotary = rotaryOf(settings, undefined, { headWidth: rotated, positions, interleaved: true });
    const blocks = layers(settings.parts(['n_layer', 'num_hidden_layers'], 28), (layer): BlockPart => {
      const module = `transformer.h.${layer}`;
      return {
        attention: {
          before: layerNorm(`${module}.ln_1`, width, epsilon),
          work: {
            ...headsPart(heads),
            projections: separate(`${module}.attn`, heads, false),
            rotary,
            window: undefined,
            output: linear(`${module}.attn.out_proj`, width, width),
          },
        },
        feedForward: {
          before: undefined,
          work: {
            kind: 'plain',
            up: linear(`${module}.mlp.fc_in`, width, inner, true),
            activation,
            down: linear(`${module}.mlp.fc_out`, inner, width, true),
          },
        },
        order: 'through one norm',
      };
    });
    return {
      width,
      vocabulary: settings.count('vocab_size', 50400),
      embedding: { tokens: 'transformer.wte.weight', width },
      blocks,
      norm: layerNorm('transformer.ln_f', width, epsilon),
      head: { weights: ['lm_head.weight'], bias: 'lm_head.bias', isTied: settings.flag('tie_word_embeddings', false) },
    };
  },
};
