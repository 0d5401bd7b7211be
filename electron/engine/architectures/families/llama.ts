import { linear, rmsNorm } from '../parts/linear.ts';
import { readRotary, type RotaryDefaults } from '../rotary-settings.ts';
import type { Settings } from '../settings.ts';
import type { AttentionPart, BlockPart, DecoderPart, FeedForwardPart } from '../spec.ts';
import { activationOf, checkedHeads, type Heads, headsPart, layers, outputOf, separate } from './common.ts';
import type { Family } from '../family.ts';

/** What differs between the families of Llama's template, each with the default of its class. */
export interface LlamaVariant {
  readonly keyHeads: 'as heads' | number;
  /** Width of a head where `head_dim` is absent; `divided`: hidden size over heads. */
  readonly headWidth: 'divided' | number;
  readonly inner: number;
  readonly epsilon: number;
  readonly isTied: boolean;
  readonly rotary: Pick<RotaryDefaults, 'theta' | 'partial'>;
  readonly positions: number;
  readonly size: { readonly vocabulary: number; readonly width: number; readonly layers: number; readonly heads: number };
  /** Biases of queries, keys and values, and of the output. */
  readonly attentionBias: (settings: Settings) => { readonly inputs: boolean; readonly output: boolean };
  readonly hasMlpBias?: (settings: Settings) => boolean;
  /** Changes to the attention of a layer. */
  readonly attention?: (
    settings: Settings,
    heads: Heads,
    epsilon: number,
    count: number,
  ) => (part: AttentionPart, layer: number, module: string) => AttentionPart;
  readonly embeddingScale?: (settings: Settings, width: number) => number;
  readonly multiplier?: (settings: Settings) => number;
  readonly head?: (settings: Settings) => Pick<DecoderPart['head'], 'scale' | 'divisor' | 'cap'>;
}

/** RMS norms before attention and feed-forward, rotary positions, a gated feed-forward part. */
export function readLlama(settings: Settings, variant: LlamaVariant): DecoderPart {
  const { size } = variant;
  const width = settings.count('hidden_size', size.width);
  const count = settings.parts('num_hidden_layers', size.layers);
  const asked = settings.parts('num_attention_heads', size.heads);
  const keyHeads = settings.countOrNull('num_key_value_heads', variant.keyHeads === 'as heads' ? null : variant.keyHeads) ?? asked;
  const headWidth = settings.countOrNull('head_dim', variant.headWidth === 'divided' ? null : variant.headWidth);
  const heads = checkedHeads(settings, { width, heads: asked, keyHeads, headWidth });
  const epsilon = settings.number('rms_norm_eps', variant.epsilon);
  const positions = settings.count('max_position_embeddings', variant.positions);
  const rotary = readRotary(settings, { ...variant.rotary, headWidth: heads.headWidth, positions });
  const bias = variant.attentionBias(settings);
  const change = variant.attention?.(settings, heads, epsilon, count) ?? ((part) => part);
  const feedForward = gated(settings, width, variant.inner, variant.hasMlpBias?.(settings) ?? false);
  const multiplier = variant.multiplier?.(settings) ?? 1;
  const blocks = layers(count, (layer): BlockPart => {
    const module = `model.layers.${layer}`;
    const attention: AttentionPart = {
      ...headsPart(heads),
      projections: separate(`${module}.self_attn`, heads, bias.inputs),
      rotary,
      window: undefined,
      output: outputOf(`${module}.self_attn.o_proj`, heads, bias.output),
    };
    return {
      attention: { before: rmsNorm(`${module}.input_layernorm`, width, epsilon), work: change(attention, layer, `${module}.self_attn`) },
      feedForward: { before: rmsNorm(`${module}.post_attention_layernorm`, width, epsilon), work: feedForward(module) },
      order: 'one after the other',
      multiplier,
    };
  });
  return {
    width,
    vocabulary: settings.count('vocab_size', size.vocabulary),
    embedding: { tokens: 'model.embed_tokens.weight', width, scale: variant.embeddingScale?.(settings, width) },
    blocks,
    norm: rmsNorm('model.norm', width, epsilon),
    head: { weights: ['lm_head.weight'], isTied: settings.flag('tie_word_embeddings', variant.isTied), ...variant.head?.(settings) },
  };
}

/** down(activation(gate(x)) ∘ up(x)), by layer. */
export function gated(settings: Settings, width: number, otherwise: number, hasBias: boolean, key = 'hidden_act', usual = 'silu') {
  const inner = settings.count('intermediate_size', otherwise);
  const activation = activationOf(settings, key, usual);
  return (module: string): FeedForwardPart => ({
    kind: 'gated',
    gate: linear(`${module}.mlp.gate_proj`, width, inner, hasBias),
    up: linear(`${module}.mlp.up_proj`, width, inner, hasBias),
    activation,
    down: linear(`${module}.mlp.down_proj`, inner, width, hasBias),
  });
}

/** The same bias everywhere in the attention, where the configuration asks for it. */
export const sameBias = (settings: Settings) => {
  const has = settings.flag('attention_bias', false);
  return { inputs: has, output: has };
};

export const llama: Family = {
  types: ['llama'],
  classes: ['LlamaForCausalLM', 'LlamaModel'],
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
    }),
};
