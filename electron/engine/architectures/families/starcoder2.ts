import type { Family } from '../family.ts';
import { layerNorm, linear } from '../parts/linear.ts';
import { readRotary } from '../rotary-settings.ts';
import type { BlockPart } from '../spec.ts';
import { activationOf, checkedHeads, headsPart, layers, outputOf, separate } from './common.ts';

/** Layer norms, biases, a plain feed-forward part, a window in every layer where asked for. Source: modeling_starcoder2.py. */
export const starcoder2: Family = {
  types: ['starcoder2'],
  classes: ['Starcoder2ForCausalLM', 'Starcoder2Model'],
  base: 'model',
  read: (settings) => {
    const width = settings.count('hidden_size', 3072);
    const asked = settings.parts('num_attention_heads', 24);
    const keyHeads = settings.count('num_key_value_heads', 2);
    const heads = checkedHeads(settings, { width, heads: asked, keyHeads, headWidth: settings.countOrNull('head_dim') });
    const epsilon = settings.number('norm_epsilon', 1e-5);
    const positions = settings.count('max_position_embeddings', 4096);
    const rotary = readRotary(settings, { headWidth: heads.headWidth, positions });
    const hasBias = settings.flag('use_bias', true);
    const window = settings.countOrNull('sliding_window') ?? undefined;
    const inner = settings.count('intermediate_size', 12288);
    const activation = activationOf(settings, 'hidden_act', 'gelu_pytorch_tanh');
    settings.ignore('activation_function', 'layer_norm_epsilon'); // hidden_act and norm_epsilon are what the class reads
    settings.only('mlp_type', 'default');
    settings.only('norm_type', 'layer_norm');
    const blocks = layers(settings.parts('num_hidden_layers', 30), (layer): BlockPart => {
      const module = `model.layers.${layer}`;
      return {
        attention: {
          before: layerNorm(`${module}.input_layernorm`, width, epsilon),
          work: {
            ...headsPart(heads),
            projections: separate(`${module}.self_attn`, heads, hasBias),
            rotary,
            window,
            output: outputOf(`${module}.self_attn.o_proj`, heads, hasBias),
          },
        },
        feedForward: {
          before: layerNorm(`${module}.post_attention_layernorm`, width, epsilon),
          work: {
            kind: 'plain',
            up: linear(`${module}.mlp.c_fc`, width, inner, hasBias),
            activation,
            down: linear(`${module}.mlp.c_proj`, inner, width, hasBias),
          },
        },
        order: 'one after the other',
      };
    });
    return {
      width,
      vocabulary: settings.count('vocab_size', 49152),
      embedding: { tokens: 'model.embed_tokens.weight', width },
      blocks,
      norm: layerNorm('model.norm', width, epsilon),
      head: { weights: ['lm_head.weight'], isTied: settings.flag('tie_word_embeddings', true) },
    };
  },
};
