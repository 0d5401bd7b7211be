import type { Family } from '../family.ts';
import { layerNorm, linear } from '../parts/linear.ts';
import { readRotary } from '../rotary-settings.ts';
import type { BlockPart } from '../spec.ts';
import { activationOf, checkedHeads, headsPart, layers, outputOf, separate } from './common.ts';

/** Attention and feed-forward side by side behind one norm, partial rotary positions, biases everywhere. Source: modeling_phi.py. */
export const phi: Family = {
  types: ['phi'],
  classes: ['PhiForCausalLM', 'PhiModel'],
  base: 'model',
  read: (settings) => {
    const width = settings.count('hidden_size', 2048);
    const asked = settings.parts('num_attention_heads', 32);
    const keyHeads = settings.countOrNull('num_key_value_heads') ?? asked;
    const heads = checkedHeads(settings, { width, heads: asked, keyHeads, headWidth: settings.countOrNull('head_dim') });
    const { headWidth } = heads;
    const epsilon = settings.number('layer_norm_eps', 1e-5);
    const positions = settings.count('max_position_embeddings', 2048);
    const rotary = readRotary(settings, { headWidth, positions, partial: 0.5 });
    const hasNorms = settings.flag('qk_layernorm', false);
    const inner = settings.countOrNull('intermediate_size', 8192) ?? 4 * width;
    const activation = activationOf(settings, 'hidden_act', 'gelu_new');
    const blocks = layers(settings.parts('num_hidden_layers', 24), (layer): BlockPart => {
      const module = `model.layers.${layer}`;
      const perHead = (name: string) => layerNorm(`${module}.self_attn.${name}`, headWidth, epsilon);
      return {
        attention: {
          before: layerNorm(`${module}.input_layernorm`, width, epsilon),
          work: {
            ...headsPart(heads),
            projections: separate(`${module}.self_attn`, heads, true),
            norms: hasNorms ? { query: perHead('q_layernorm'), key: perHead('k_layernorm'), over: 'head' } : undefined,
            rotary,
            window: undefined,
            output: outputOf(`${module}.self_attn.dense`, heads, true),
          },
        },
        feedForward: {
          before: undefined,
          work: {
            kind: 'plain',
            up: linear(`${module}.mlp.fc1`, width, inner, true),
            activation,
            down: linear(`${module}.mlp.fc2`, inner, width, true),
          },
        },
        order: 'through one norm',
      };
    });
    return {
      width,
      vocabulary: settings.count('vocab_size', 51200),
      embedding: { tokens: 'model.embed_tokens.weight', width },
      blocks,
      norm: layerNorm('model.final_layernorm', width, epsilon),
      head: { weights: ['lm_head.weight'], bias: 'lm_head.bias', isTied: settings.flag('tie_word_embeddings', false) },
    };
  },
};
