import type { Family } from '../family.ts';
import { rmsNorm } from '../parts/linear.ts';
import { readRotary } from '../rotary-settings.ts';
import type { Settings } from '../settings.ts';
import type { AttentionPart, BlockPart, DecoderPart, RotaryPart } from '../spec.ts';
import { checkedHeads, headsPart, layers, outputOf, separate, slidingLayers } from './common.ts';
import { twoRotaries } from './gemma.ts';
import { gated } from './llama.ts';

type ByLayer = (layer: number) => { readonly rotary: RotaryPart; readonly window: number | undefined };

/**
 * Norms only behind attention and feed-forward, and on queries and keys over their whole width.
 * Sources: modeling_olmo2.py, modeling_olmo3.py.
 */
function readOlmo(settings: Settings, byLayer: (headWidth: number, positions: number, count: number) => ByLayer): DecoderPart {
  const width = settings.count('hidden_size', 4096);
  const asked = settings.parts('num_attention_heads', 32);
  const keyHeads = settings.countOrNull('num_key_value_heads') ?? asked;
  const heads = checkedHeads(settings, { width, heads: asked, keyHeads, headWidth: settings.countOrNull('head_dim') });
  const { headWidth } = heads;
  const epsilon = settings.number('rms_norm_eps', 1e-5);
  const hasBias = settings.flag('attention_bias', false);
  const feedForward = gated(settings, width, 11008, false);
  const count = settings.parts('num_hidden_layers', 32);
  const of = byLayer(headWidth, settings.count('max_position_embeddings', 2048), count);
  const blocks = layers(count, (layer): BlockPart => {
    const module = `model.layers.${layer}`;
    const attention: AttentionPart = {
      ...headsPart(heads),
      projections: separate(`${module}.self_attn`, heads, hasBias),
      norms: {
        query: rmsNorm(`${module}.self_attn.q_norm`, asked * headWidth, epsilon),
        key: rmsNorm(`${module}.self_attn.k_norm`, keyHeads * headWidth, epsilon),
        over: 'width',
      },
      ...of(layer),
      output: outputOf(`${module}.self_attn.o_proj`, heads, hasBias),
    };
    return {
      attention: { before: undefined, work: attention, after: rmsNorm(`${module}.post_attention_layernorm`, width, epsilon) },
      feedForward: { before: undefined, work: feedForward(module), after: rmsNorm(`${module}.post_feedforward_layernorm`, width, epsilon) },
      order: 'one after the other',
    };
  });
  return {
    width,
    vocabulary: settings.count('vocab_size', 50304),
    embedding: { tokens: 'model.embed_tokens.weight', width },
    blocks,
    norm: rmsNorm('model.norm', width, epsilon),
    head: { weights: ['lm_head.weight'], isTied: settings.flag('tie_word_embeddings', false) },
  };
}

export const olmo2: Family = {
  types: ['olmo2'],
  classes: ['Olmo2ForCausalLM', 'Olmo2Model'],
  base: 'model',
  read: (settings) =>
    readOlmo(settings, (headWidth, positions) => {
      const rotary = readRotary(settings, { headWidth, positions });
      return () => ({ rotary, window: undefined });
    }),
};

/** With windows, three layers of four. */
export const olmo3: Family = {
  types: ['olmo3'],
  classes: ['Olmo3ForCausalLM', 'Olmo3Model'],
  base: 'model',
  read: (settings) =>
    readOlmo(settings, (headWidth, positions, count) => {
      // rope_theta is that of the layers that see everything: configuration_olmo3.py takes it for the others no more
      const rotary = twoRotaries(settings, { headWidth, positions }, 500_000, undefined, 500_000);
      const window = settings.countOrNull('sliding_window', 4096) ?? undefined;
      const slides = slidingLayers(settings, count, (layer) => (layer + 1) % 4 !== 0);
      return (layer) => (slides[layer]! ? { rotary: rotary.sliding, window } : { rotary: rotary.full, window: undefined });
    }),
};
