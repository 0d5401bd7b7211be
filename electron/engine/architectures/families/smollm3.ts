import type { Family } from '../family.ts';
import { layers, slidingLayers } from './common.ts';
import { readLlama, sameBias } from './llama.ts';

/** Llama in which some layers have no positions; those may have a window instead. */
export const smollm3: Family = {
  types: ['smollm3'],
  classes: ['SmolLM3ForCausalLM', 'SmolLM3Model'],
  base: 'model',
  read: (settings) =>
    readLlama(settings, {
      keyHeads: 4,
      headWidth: 'divided',
      inner: 11008,
      epsilon: 1e-6,
      isTied: true,
      rotary: { theta: 2_000_000 },
      positions: 32768,
      size: { vocabulary: 128256, width: 2048, layers: 36, heads: 16 },
      attentionBias: sameBias,
      hasMlpBias: (s) => s.flag('mlp_bias', false),
      attention: (s, _heads, _epsilon, count) => {
        s.ignore('max_window_layers');
        const interval = s.count('no_rope_layer_interval', 4);
        const listed = s.numbers('no_rope_layers');
        if (listed !== undefined && listed.length < count) throw s.bad(`no_rope_layers lists ${listed.length} layers; there are ${count}.`);
        const turns = listed?.map((one) => one !== 0) ?? layers(count, (layer) => (layer + 1) % interval !== 0);
        const asked = s.flag('use_sliding_window', false);
        const window = s.countOrNull('sliding_window') ?? undefined;
        const slides = slidingLayers(s, count, (layer) => asked && window !== undefined && !turns[layer]!);
        return (part, layer) => ({ ...part, rotary: turns[layer]! ? part.rotary : undefined, window: slides[layer]! ? window : undefined });
      },
    }),
};
