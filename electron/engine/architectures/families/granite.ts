import type { Family } from '../family.ts';
import { readLlama, sameBias } from './llama.ts';

/**
 * Llama with multipliers: of embeddings, of what the halves of a block add, of the scores in place of 1/√width; a divisor of the logits.
 * Source: modeling_granite.py.
 */
export const granite: Family = {
  types: ['granite'],
  classes: ['GraniteForCausalLM', 'GraniteModel'],
  base: 'model',
  read: (settings) =>
    readLlama(settings, {
      keyHeads: 'as heads',
      headWidth: 'divided',
      inner: 11008,
      epsilon: 1e-6,
      isTied: false,
      rotary: {},
      positions: 2048,
      size: { vocabulary: 32000, width: 4096, layers: 32, heads: 32 },
      attentionBias: sameBias,
      hasMlpBias: (s) => s.flag('mlp_bias', false),
      attention: (s) => {
        const scale = s.number('attention_multiplier', 1);
        return (part) => ({ ...part, scale });
      },
      embeddingScale: (s) => s.number('embedding_multiplier', 1),
      multiplier: (s) => s.number('residual_multiplier', 1),
      head: (s) => ({ divisor: s.number('logits_scaling', 1) }),
    }),
};
