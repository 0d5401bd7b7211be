import type { Family } from '../family.ts';
import { readLlama } from './llama.ts';

/** Llama with a sliding window in every layer, unless `sliding_window` is null. */
export const mistral: Family = {
  types: ['mistral'],
  classes: ['MistralForCausalLM', 'MistralModel'],
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
      attention: (s) => {
        const window = s.countOrNull('sliding_window', 4096) ?? undefined;
        s.ignore('layer_types');
        return (part) => ({ ...part, window });
      },
    }),
};
