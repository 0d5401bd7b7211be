import type { Family } from '../family.ts';
import { slidingLayers } from './common.ts';
import { readLlama } from './llama.ts';

/**
 * Llama with a sliding window in every layer, unless `sliding_window` is null, or in those that `layer_types` names, where transformers
 * takes the configuration for Ministral's. Sources: modeling_mistral.py, modeling_ministral.py.
 */
export const mistral: Family = {
  types: ['mistral', 'ministral'],
  classes: ['MistralForCausalLM', 'MistralModel', 'MinistralForCausalLM', 'MinistralModel'],
  base: 'model',
  read: (settings) =>
    readLlama(settings, {
      keyHeads: 8,
      headWidth: 'divided',
      inner: 14336,
      epsilon: 1e-6,
      isTied: false,
      rotary: {},
      positions: 131072,
      size: { vocabulary: 32000, width: 4096, layers: 32, heads: 32 },
      attentionBias: () => ({ inputs: false, output: false }),
      attention: (s, _heads, _epsilon, count) => {
        const window = s.countOrNull('sliding_window', 4096) ?? undefined;
        const slides = slidingLayers(s, count, () => true);
        return (part, layer) => ({ ...part, window: slides[layer]! ? window : undefined });
      },
    }),
};
