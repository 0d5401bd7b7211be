import * as v from 'valibot';
import type { Family } from '../family.ts';
import { layerNorm, linear } from '../parts/linear.ts';
import type { Settings } from '../settings.ts';
import type { BlockPart } from '../spec.ts';
import { activationOf, checkedHeads, headsPart, layers, separate } from './common.ts';

/** [[["global", "local"], 12]]: the kinds in turn, so many times. */
const TypesSchema = v.array(
  v.tuple([v.array(v.picklist(['global', 'local'])), v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(4096))]),
);

/** Which layers see a window only. */
function localLayers(settings: Settings, count: number): boolean[] {
  const expected = 'lists of "global" and "local" with how often they are repeated';
  const types = settings.any('attention_types', TypesSchema, expected) ?? [[['global', 'local'], 12] as const];
  settings.ignore('attention_layers'); // the same, spelled out
  const all = types.flatMap(([kinds, times]) => layers(times, () => kinds).flat());
  if (all.length !== count) throw settings.bad(`attention_types describes ${all.length} layers; there are ${count}.`);
  return all.map((kind) => kind === 'local');
}

/** GPT-2 with separate projections, scores that are not scaled, and a window in every other layer. Source: modeling_gpt_neo.py. */
export const gptNeo: Family = {
  types: ['gpt_neo'],
  classes: ['GPTNeoForCausalLM', 'GPTNeoModel'],
  base: 'transformer',
  read: (settings) => {
    const width = settings.count('hidden_size', 2048);
    const asked = settings.parts(['num_heads', 'num_attention_heads'], 16);
    const heads = checkedHeads(settings, { width, heads: asked, keyHeads: asked });
    const epsilon = settings.number('layer_norm_epsilon', 1e-5);
    const count = settings.parts(['num_layers', 'num_hidden_layers'], 24);
    const isLocal = localLayers(settings, count);
    const window = settings.count('window_size', 256);
    const inner = settings.countOrNull('intermediate_size') ?? 4 * width;
    const activation = activationOf(settings, 'activation_function', 'gelu_new');
    const blocks = layers(count, (layer): BlockPart => {
      const module = `transformer.h.${layer}`;
      return {
        attention: {
          before: layerNorm(`${module}.ln_1`, width, epsilon),
          work: {
            ...headsPart(heads),
            projections: separate(`${module}.attn.attention`, heads, false),
            rotary: undefined,
            scale: 1,
            window: isLocal[layer]! ? window : undefined,
            output: linear(`${module}.attn.attention.out_proj`, width, width, true),
          },
        },
        feedForward: {
          before: layerNorm(`${module}.ln_2`, width, epsilon),
          work: {
            kind: 'plain',
            up: linear(`${module}.mlp.c_fc`, width, inner, true),
            activation,
            down: linear(`${module}.mlp.c_proj`, inner, width, true),
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
        positions: { weight: 'transformer.wpe.weight', rows: settings.count('max_position_embeddings', 2048), offset: 0 },
      },
      blocks,
      norm: layerNorm('transformer.ln_f', width, epsilon),
      head: { weights: ['lm_head.weight'], isTied: settings.flag('tie_word_embeddings', true) },
    };
  },
};
