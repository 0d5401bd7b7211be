import type { DataType } from '../onnx/graph.ts';

/** Why a layer's facts cannot be written, and what to do instead; undefined when they can. */
export interface Refusal {
  readonly reason: string;
  readonly hint: string;
}

/** A matrix product with a constant weight: y = x·W (`in-out`, [F, D]) or y = x·Wᵀ (`out-in`, [D, F]). */
export interface Linear {
  /** Name of its input value, before any quantisation of it. */
  readonly input: string;
  /** Name of the product itself as floats, before any separate bias. */
  readonly product: string;
  /** Name of the constant that holds the weight. */
  readonly weight: string;
  readonly layout: 'in-out' | 'out-in';
  readonly inWidth: number;
  readonly outWidth: number;
  readonly dtype: DataType;
  /** True when the weight is stored in a quantised form. */
  readonly quantised: boolean;
}

/**
 * A layer's feed-forward part. Its key is the down-projection's input, [.., F]; its output [.., D] includes the bias, where that follows at
 * once.
 */
export interface MlpAnatomy {
  readonly down: Linear;
  readonly key: string;
  readonly output: string;
  readonly bias: string | undefined;
  /** The key is a product of two projections (gated, as in Llama). */
  readonly gated: boolean;
  /** A norm stands between the output and the residual (Gemma 2 and 3, OPT-350m). */
  readonly postNorm: boolean;
  readonly refusal: Refusal | undefined;
}

/**
 * Queries, keys and values as projected, bias included, before norms of their own and before rotation: [batch, length, width],
 * [batch·length, width], [batch, length, heads, headWidth] or [batch, heads, length, headWidth]. Undefined where no value is one of them
 * alone.
 */
export interface Projected {
  readonly query?: string | undefined;
  readonly key?: string | undefined;
  readonly value?: string | undefined;
}

/** A layer's attention. */
export interface AttentionAnatomy {
  readonly heads: number;
  readonly headWidth: number;
  /** Heads of keys and values in the cache; undefined without a cache. */
  readonly cachedHeads: number | undefined;
  /** Heads side by side, [.., heads·headWidth]: the input of the output projection. */
  readonly mixed: string;
  readonly projection: Linear;
  /** After the softmax, [batch, heads, queries, keys]; undefined where attention is one operation. */
  readonly pattern: string | undefined;
  readonly projected: Projected;
  readonly output: string;
}

/** One block of the decoder. */
export interface LayerAnatomy {
  /** Hidden state after the block, behind its norm where blocks end in one: [batch, length, D] or [batch·length, D]. */
  readonly residual: string;
  readonly mlp: MlpAnatomy;
  readonly attention: AttentionAnatomy | undefined;
  /** Attention and MLP read the same hidden state (GPT-J, NeoX, Phi, Falcon). */
  readonly parallel: boolean;
  /** The values that attention and MLP add to the hidden state; undefined where the block is no such sum. */
  readonly added: { readonly attention: string; readonly mlp: string } | undefined;
  /** Hidden state between attention and MLP: what was before the block with the attention added. Undefined where there is no such sum. */
  readonly middle: string | undefined;
}

/** What a decoder graph was found to contain. Names are those of the analysis copy. */
export interface Anatomy {
  readonly hiddenSize: number;
  readonly vocabulary: number;
  readonly layers: readonly LayerAnatomy[];
  /** Output of the token embedding, scaled where the model does that. */
  readonly tokens: string;
  /** The hidden state that enters the first block. */
  readonly embedding: string;
  readonly unembedding: Linear;
  readonly logits: string;
  /** Findings that disagree with the model's config, worded for people. */
  readonly warnings: readonly string[];
}
