import type { Family } from '../family.ts';
import { layerNorm, transposedLinear } from '../parts/linear.ts';
import type { BlockPart } from '../spec.ts';
import { activationOf, checkedHeads, headsPart, layers } from './common.ts';

/** Learned positions, layer norms before attention and feed-forward, weights as [in, out]. Source: modeling_gpt2.py. */
export const gpt2: Family = {
  types: ['gpt2'],
  classes: ['GPT2LMHeadModel', 'GPT2Model'],
  base: 'transformer',
  read: (settings) => {
    const width = settings.count(['n_embd', 'hidden_size'], 768);
    const asked = settings.parts(['n_head', 'num_attention_heads'], 12);
    const heads = checkedHeads(settings, { width, heads: asked, keyHeads: asked });
    const epsilon = settings.number('layer_norm_epsilon', 1e-5);
    const inner = settings.countOrNull('n_inner') ?? 4 * width;
    const activation = activationOf(settings, 'activation_function', 'gelu_new');
    const isScaled = settings.flag('scale_attn_weights', true);
    const byLayer = settings.flag('scale_attn_by_inverse_layer_idx', false);
    settings.ignore('reorder_and_upcast_attn', 'n_ctx'); // how scores are computed in half precision; an old name of n_positions
    const blocks = layers(settings.parts(['n_layer', 'num_hidden_layers'], 12), (layer): BlockPart => {
      const module = `transformer.h.${layer}`;
      return {
        attention: {
          before: layerNorm(`${module}.ln_1`, width, epsilon),
          work: {
            ...headsPart(heads),
            projections: { kind: 'side by side', linear: transposedLinear(`${module}.attn.c_attn`, width, 3 * width) },
            rotary: undefined,
            scale: (isScaled ? heads.headWidth ** -0.5 : 1) / (byLayer ? layer + 1 : 1),
            window: undefined,
            output: transposedLinear(`${module}.attn.c_proj`, width, width),
          },
        },
        feedForward: {
          before: layerNorm(`${module}.ln_2`, width, epsilon),
          work: {
            kind: 'plain',
            up: transposedLinear(`${module}.mlp.c_fc`, width, inner),
            activation,
            down: transposedLinear(`${module}.mlp.c_proj`, inner, width),
          },
        },
        order: 'one after the other',
      };
    });
    return {
      width,
      vocabulary: settings.count('vocab_size', 50257),
      embedding: {
        tokens: 'transformer.wte.weight',
        width,
        positions: { weight: 'transformer.wpe.weight', rows: settings.count(['n_positions', 'max_position_embeddings'], 1024), offset: 0 },
      },
      blocks,
      norm: layerNorm('transformer.ln_f', width, epsilon),
      head: { weights: ['lm_head.weight'], isTied: settings.flag('tie_word_embeddings', true) },
    };
  },
};
