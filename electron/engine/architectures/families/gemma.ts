import type { Family } from '../family.ts';
import { linear, rmsNorm } from '../parts/linear.ts';
import { filled, readRotary, type RotaryDefaults, rotaryOf } from '../rotary-settings.ts';
import type { Settings } from '../settings.ts';
import type { Activation, AttentionPart, BlockPart, DecoderPart, NormPart, RotaryPart } from '../spec.ts';
import { activationOf, checkedHeads, type Heads, headsPart, layers, outputOf, separate, slidingLayers } from './common.ts';

interface Variant {
  readonly size: {
    readonly width: number;
    readonly inner: number;
    readonly layers: number;
    readonly heads: number;
    readonly keyHeads: number;
  };
  readonly vocabulary: number;
  readonly positions: number;
  readonly activation: (settings: Settings) => Activation;
  /** Norms also behind attention and feed-forward. */
  readonly hasPostNorms: boolean;
  readonly attention: (
    settings: Settings,
    heads: Heads,
    epsilon: number,
    count: number,
    positions: number,
  ) => (layer: number, module: string) => Partial<AttentionPart>;
  readonly cap: (settings: Settings) => number | undefined;
}

const USUAL = 'gelu_pytorch_tanh';
const norm = (module: string, width: number, epsilon: number): NormPart => ({ ...rmsNorm(module, width, epsilon), aroundOne: true });

/** Norms scaled by 1 + weight, embeddings times √width, and a gated feed-forward part with GELU. Sources: modeling_gemma*.py. */
function readGemma(settings: Settings, variant: Variant): DecoderPart {
  const { size } = variant;
  const width = settings.count('hidden_size', size.width);
  const heads = checkedHeads(settings, {
    width,
    heads: settings.parts('num_attention_heads', size.heads),
    keyHeads: settings.count('num_key_value_heads', size.keyHeads),
    headWidth: settings.count('head_dim', 256),
  });
  const epsilon = settings.number('rms_norm_eps', 1e-6);
  const count = settings.parts('num_hidden_layers', size.layers);
  const positions = settings.count('max_position_embeddings', variant.positions);
  const hasBias = settings.flag('attention_bias', false);
  const inner = settings.count('intermediate_size', size.inner);
  const activation = variant.activation(settings);
  settings.only('use_bidirectional_attention', false);
  const change = variant.attention(settings, heads, epsilon, count, positions);
  const blocks = layers(count, (layer): BlockPart => {
    const module = `model.layers.${layer}`;
    const at = (name: string) => norm(`${module}.${name}`, width, epsilon);
    const attention: AttentionPart = {
      ...headsPart(heads),
      projections: separate(`${module}.self_attn`, heads, hasBias),
      rotary: undefined,
      window: undefined,
      output: outputOf(`${module}.self_attn.o_proj`, heads, hasBias),
      ...change(layer, `${module}.self_attn`),
    };
    return {
      attention: {
        before: at('input_layernorm'),
        work: attention,
        after: variant.hasPostNorms ? at('post_attention_layernorm') : undefined,
      },
      feedForward: {
        before: at(variant.hasPostNorms ? 'pre_feedforward_layernorm' : 'post_attention_layernorm'),
        work: {
          kind: 'gated',
          gate: linear(`${module}.mlp.gate_proj`, width, inner),
          up: linear(`${module}.mlp.up_proj`, width, inner),
          activation,
          down: linear(`${module}.mlp.down_proj`, inner, width),
        },
        after: variant.hasPostNorms ? at('post_feedforward_layernorm') : undefined,
      },
      order: 'one after the other',
    };
  });
  return {
    width,
    vocabulary: settings.count('vocab_size', variant.vocabulary),
    embedding: { tokens: 'model.embed_tokens.weight', width, scale: Math.sqrt(width) },
    blocks,
    norm: norm('model.norm', width, epsilon),
    head: { weights: ['lm_head.weight'], isTied: settings.flag('tie_word_embeddings', true), cap: variant.cap(settings) },
  };
}

export const gemma: Family = {
  types: ['gemma'],
  classes: ['GemmaForCausalLM', 'GemmaModel'],
  base: 'model',
  read: (settings) => {
    // the class reads hidden_act alone
    settings.only('hidden_activation', 'gelu_pytorch_tanh');
    return readGemma(settings, {
      size: { width: 3072, inner: 24576, layers: 28, heads: 16, keyHeads: 16 },
      vocabulary: 256000,
      positions: 8192,
      // older files say gelu and mean its tanh form; configuration_gemma.py
      activation: (s) => (s.text('hidden_act', USUAL) === 'gelu' ? 'gelu tanh' : activationOf(s, 'hidden_act', USUAL)),
      hasPostNorms: false,
      attention: (s, { headWidth }, _epsilon, _count, positions) => {
        const rotary = readRotary(s, { headWidth, positions });
        return () => ({ rotary });
      },
      cap: () => undefined,
    });
  },
};

/** What Gemma 2 and 3 share: a scale of the scores of its own, and layers that see a window. */
function gemmaScale(s: Settings): number {
  const scalar = s.number('query_pre_attn_scalar', 256);
  if (scalar <= 0) throw s.bad(`query_pre_attn_scalar is ${scalar}; a number above 0 was expected.`);
  return scalar ** -0.5;
}

const finalCap = (otherwise: number | null) => (s: Settings) => s.numberOrNull('final_logit_softcapping', otherwise) ?? undefined;

export const gemma2: Family = {
  types: ['gemma2'],
  classes: ['Gemma2ForCausalLM', 'Gemma2Model'],
  base: 'model',
  read: (settings) =>
    readGemma(settings, {
      size: { width: 2304, inner: 9216, layers: 26, heads: 8, keyHeads: 4 },
      vocabulary: 256000,
      positions: 8192,
      activation: (s) => activationOf(s, 'hidden_activation', USUAL),
      hasPostNorms: true,
      attention: (s, { headWidth }, _epsilon, count, positions) => {
        s.ignore('hidden_act');
        const rotary = readRotary(s, { headWidth, positions });
        const scale = gemmaScale(s);
        const cap = s.numberOrNull('attn_logit_softcapping', 50) ?? undefined;
        const window = s.countOrNull('sliding_window', 4096) ?? undefined;
        const slides = slidingLayers(s, count, (layer) => layer % 2 === 0);
        return (layer) => ({ rotary, scale, cap, window: slides[layer]! ? window : undefined });
      },
      cap: finalCap(30),
    }),
};

export const gemma3: Family = {
  types: ['gemma3_text'],
  classes: ['Gemma3ForCausalLM', 'Gemma3TextModel'],
  base: 'model',
  read: (settings) =>
    readGemma(settings, {
      size: { width: 2304, inner: 9216, layers: 26, heads: 8, keyHeads: 4 },
      vocabulary: 262208,
      positions: 131072,
      activation: (s) => activationOf(s, 'hidden_activation', USUAL),
      hasPostNorms: true,
      attention: (s, { headWidth }, epsilon, count, positions) => {
        s.ignore('hidden_act', 'attn_logit_softcapping'); // modeling_gemma3.py reads the cap and does not apply it
        const scale = gemmaScale(s);
        const window = s.countOrNull('sliding_window', 4096) ?? undefined;
        const every = s.count('sliding_window_pattern', 6);
        s.ignore('_sliding_window_pattern');
        const slides = slidingLayers(s, count, (layer) => (layer + 1) % every !== 0);
        const rotary = twoRotaries(s, { headWidth, positions }, 1_000_000, 'rope_local_base_freq', 10_000);
        return (layer, module) => ({
          rotary: slides[layer]! ? rotary.sliding : rotary.full,
          scale,
          window: slides[layer]! ? window : undefined,
          norms: { query: norm(`${module}.q_norm`, headWidth, epsilon), key: norm(`${module}.k_norm`, headWidth, epsilon), over: 'head' },
        });
      },
      cap: finalCap(null),
    }),
};

/**
 * Rotary positions of layers that see everything and of those that see a window. Older files scale the former by `rope_scaling`; newer ones
 * have `rope_parameters` for each. @param slidingThetaName where the whole configuration keeps the base of the latter, if anywhere
 */
export function twoRotaries(
  settings: Settings,
  defaults: Pick<RotaryDefaults, 'headWidth' | 'positions'>,
  theta: number,
  slidingThetaName: string | undefined,
  slidingTheta: number,
): { readonly full: RotaryPart; readonly sliding: RotaryPart } {
  const scaling = filled(settings.within('rope_scaling'));
  const parameters = settings.within('rope_parameters');
  const full = parameters?.within('full_attention');
  if (scaling !== undefined && full !== undefined) throw settings.bad('both rope_scaling and rope_parameters scale the layers.');
  const common = { ...defaults, grouped: true };
  return {
    full: rotaryOf(settings, scaling ?? full, { ...common, theta }),
    sliding: rotaryOf(settings, parameters?.within('sliding_attention'), {
      ...common,
      theta: slidingTheta,
      thetaName: slidingThetaName ?? null,
    }),
  };
}
