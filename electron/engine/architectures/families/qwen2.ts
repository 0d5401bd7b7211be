import type { Family } from '../family.ts';
import type { Settings } from '../settings.ts';
import { slidingLayers } from './common.ts';
import { readLlama } from './llama.ts';

/** By layer: the window of those that have one. Windows must be asked for, and begin at a layer or are listed. */
export function qwenWindows(settings: Settings, count: number): (number | undefined)[] {
  const asked = settings.flag('use_sliding_window', false);
  const given = settings.countOrNull('sliding_window', 4096);
  const window = asked && given !== null ? given : undefined;
  const from = settings.integer('max_window_layers', 28);
  return slidingLayers(settings, count, (layer) => window !== undefined && layer >= from).map((slides) => (slides ? window : undefined));
}

/** Llama with biases on queries, keys and values. */
export const qwen2: Family = {
  types: ['qwen2'],
  classes: ['Qwen2ForCausalLM', 'Qwen2Model'],
  base: 'model',
  read: (settings) =>
    readLlama(settings, {
      keyHeads: 32,
      headWidth: 'divided',
      inner: 22016,
      epsilon: 1e-6,
      isTied: false,
      rotary: {},
      positions: 32768,
      size: { vocabulary: 151936, width: 4096, layers: 32, heads: 32 },
      attentionBias: () => ({ inputs: true, output: false }),
      attention: (s, _heads, _epsilon, count) => {
        const windows = qwenWindows(s, count);
        return (part, layer) => ({ ...part, window: windows[layer] });
      },
    }),
};
