import type { Family } from '../family.ts';
import { rmsNorm } from '../parts/linear.ts';
import { readLlama, sameBias } from './llama.ts';
import { qwenWindows } from './qwen2.ts';

/** Llama with RMS norms on each head of queries and keys. */
export const qwen3: Family = {
  types: ['qwen3'],
  classes: ['Qwen3ForCausalLM', 'Qwen3Model'],
  base: 'model',
  read: (settings) =>
    readLlama(settings, {
      keyHeads: 32,
      headWidth: 128,
      inner: 22016,
      epsilon: 1e-6,
      isTied: false,
      rotary: {},
      positions: 32768,
      size: { vocabulary: 151936, width: 4096, layers: 32, heads: 32 },
      attentionBias: sameBias,
      attention: (s, { headWidth }, epsilon, count) => {
        const windows = qwenWindows(s, count);
        return (part, layer, module) => ({
          ...part,
          window: windows[layer],
          norms: {
            query: rmsNorm(`${module}.q_norm`, headWidth, epsilon),
            key: rmsNorm(`${module}.k_norm`, headWidth, epsilon),
            over: 'head',
          },
        });
      },
    }),
};
