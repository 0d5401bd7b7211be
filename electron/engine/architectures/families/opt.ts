import type { Family } from '../family.ts';
import { layerNorm, linear } from '../parts/linear.ts';
import type { BlockPart, NormPart } from '../spec.ts';
import { activationOf, checkedHeads, headsPart, layers, separate } from './common.ts';

const EPSILON = 1e-5; // torch's own, which the class does not change

/**
 * Learned positions that begin at row 2; norms before attention and feed-forward or (350m) on the sums behind them, and there an embedding
 * of another width with projections. Source: modeling_opt.py.
 */
export const opt: Family = {
  types: ['opt'],
  classes: ['OPTForCausalLM', 'OPTModel'],
  base: 'model',
  read: (settings) => {
    const width = settings.count('hidden_size', 768);
    const asked = settings.parts('num_attention_heads', 12);
    const heads = checkedHeads(settings, { width, heads: asked, keyHeads: asked });
    const inner = settings.count('ffn_dim', 3072);
    const activation = activationOf(settings, 'activation_function', 'relu');
    const isBefore = settings.flag('do_layer_norm_before', true);
    const hasBias = settings.flag('enable_bias', true);
    const hasScales = settings.flag('layer_norm_elementwise_affine', true);
    const isBare = settings.flag('_remove_final_layer_norm', false);
    const tableWidth = settings.countOrNull('word_embed_proj_dim') ?? width;
    const isProjected = tableWidth !== width;
    const plain: NormPart = { kind: 'layer', weight: undefined, bias: undefined, epsilon: EPSILON, dims: [width] };
    const norm = (module: string) => (hasScales ? layerNorm(module, width, EPSILON) : plain);
    const blocks = layers(settings.parts('num_hidden_layers', 12), (layer): BlockPart => {
      const module = `model.decoder.layers.${layer}`;
      const [first, second] = [norm(`${module}.self_attn_layer_norm`), norm(`${module}.final_layer_norm`)];
      return {
        attention: {
          before: isBefore ? first : undefined,
          work: {
            ...headsPart(heads),
            projections: separate(`${module}.self_attn`, heads, hasBias),
            rotary: undefined,
            window: undefined,
            output: linear(`${module}.self_attn.out_proj`, width, width, hasBias),
          },
          onSum: isBefore ? undefined : first,
        },
        feedForward: {
          before: isBefore ? second : undefined,
          work: {
            kind: 'plain',
            up: linear(`${module}.fc1`, width, inner, hasBias),
            activation,
            down: linear(`${module}.fc2`, inner, width, hasBias),
          },
          onSum: isBefore ? undefined : second,
        },
        order: 'one after the other',
      };
    });
    const decoder = 'model.decoder';
    return {
      width,
      vocabulary: settings.count('vocab_size', 50272),
      embedding: {
        tokens: `${decoder}.embed_tokens.weight`,
        width: tableWidth,
        projection: isProjected ? linear(`${decoder}.project_in`, tableWidth, width) : undefined,
        positions: { weight: `${decoder}.embed_positions.weight`, rows: settings.count('max_position_embeddings', 2048) + 2, offset: 2 },
      },
      blocks,
      norm: isBefore && !isBare ? norm(`${decoder}.final_layer_norm`) : undefined,
      head: {
        projection: isProjected ? linear(`${decoder}.project_out`, width, tableWidth) : undefined,
        weights: ['lm_head.weight'],
        isTied: settings.flag('tie_word_embeddings', true),
      },
    };
  },
};
