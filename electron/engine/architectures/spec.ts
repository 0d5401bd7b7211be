/**
 * How a decoder is put together, in the common vocabulary of its parts: plain data that a family reads off a configuration and
 * `decoderGraph` turns into a graph. Names are those of the checkpoint's tensors.
 */

/** y = x·Wᵀ + b with W [out, in], or y = x·W + b with W [in, out], as GPT-2 keeps it. */
export interface LinearPart {
  readonly weight: string;
  readonly bias: string | undefined;
  readonly layout: 'out-in' | 'in-out';
  readonly input: number;
  readonly output: number;
}

/** A norm over the last axis. */
export interface NormPart {
  readonly kind: 'layer' | 'rms';
  /** Undefined: no scale, which is one of 1. Several: one for each head. */
  readonly weight: string | readonly string[] | undefined;
  readonly bias: string | undefined;
  readonly epsilon: number;
  /** Dimensions of each weight; the last is the axis that is normalised. */
  readonly dims: readonly number[];
  /** The scale is 1 + weight (Gemma). */
  readonly aroundOne?: boolean;
}

/** Rotary positions: frequencies of the pairs, [rotated width / 2] in radians per position. */
export interface RotaryPart {
  readonly frequencies: Float32Array;
  /** Rotated dimensions of each head, the first ones. */
  readonly width: number;
  /** Multiplies cosines and sines (yarn, longrope). */
  readonly factor: number;
  /** Pairs are neighbours instead of halves. */
  readonly interleaved: boolean;
  /** Other frequencies for sequences longer than so many positions. */
  readonly long?: { readonly above: number; readonly frequencies: Float32Array };
  /** Frequencies that follow the sequence's length beyond so many positions (dynamic NTK). */
  readonly growing?: { readonly above: number; readonly base: number; readonly factor: number };
}

/** A penalty that grows with the distance between query and key. */
export interface AlibiPart {
  /** One for each head. */
  readonly slopes: readonly number[];
  /** Multiplies the penalty. */
  readonly scale: number;
  /** Slope times position is rounded to bfloat16, for that many positions. */
  readonly rounded: number | undefined;
}

export type Activation = 'gelu' | 'gelu tanh' | 'quick gelu' | 'silu' | 'relu' | 'relu squared' | 'tanh' | 'sigmoid';

/** Where queries, keys and values come from. */
export type ProjectionPart =
  | { readonly kind: 'separate'; readonly query: LinearPart; readonly key: LinearPart; readonly value: LinearPart }
  /** One product: all queries, then all keys, then all values. */
  | { readonly kind: 'side by side'; readonly linear: LinearPart }
  /** One product: for each key head its queries, its key, its value. */
  | { readonly kind: 'by key head'; readonly linear: LinearPart };

export interface AttentionPart {
  readonly heads: number;
  readonly keyHeads: number;
  readonly headWidth: number;
  readonly projections: ProjectionPart;
  /** Norms of queries and keys before rotation: over their whole width, or head by head. */
  readonly norms?: { readonly query: NormPart; readonly key: NormPart; readonly over: 'width' | 'head' } | undefined;
  readonly rotary: RotaryPart | undefined;
  readonly alibi?: AlibiPart | undefined;
  /** Multiplies the scores. */
  readonly scale: number;
  /** Scores become cap·tanh(score / cap). */
  readonly cap?: number | undefined;
  /** A query sees this many keys at most, its own among them. */
  readonly window: number | undefined;
  readonly output: LinearPart;
}

export type FeedForwardPart =
  | { readonly kind: 'plain'; readonly up: LinearPart; readonly activation: Activation; readonly down: LinearPart }
  | {
      readonly kind: 'gated';
      readonly gate: LinearPart;
      readonly up: LinearPart;
      readonly activation: Activation;
      readonly down: LinearPart;
    }
  /** Gate and up in one product, in this order. */
  | { readonly kind: 'gated together'; readonly both: LinearPart; readonly activation: Activation; readonly down: LinearPart };

/** A block's half: its work, the norm that it reads through, and the norms that its result goes through. */
export interface BranchPart<Work> {
  readonly before: NormPart | undefined;
  readonly work: Work;
  /** Before the result is added to the hidden state. */
  readonly after?: NormPart | undefined;
  /** On the sum. */
  readonly onSum?: NormPart | undefined;
}

export interface BlockPart {
  readonly attention: BranchPart<AttentionPart>;
  readonly feedForward: BranchPart<FeedForwardPart>;
  /**
   * `one after the other`; `side by side`: both read the block's input, each through its own norm; `through one norm`: both read
   * the attention's.
   */
  readonly order: 'one after the other' | 'side by side' | 'through one norm';
  /** What the halves add is multiplied by this (Granite). */
  readonly multiplier?: number;
  /** The halves are added to what their norm made of the hidden state (BLOOM, where the configuration says so). */
  readonly addsToNormed?: boolean;
}

export interface DecoderPart {
  readonly width: number;
  readonly vocabulary: number;
  readonly embedding: {
    readonly tokens: string;
    /** Width of the table where a projection follows. */
    readonly width: number;
    readonly projection?: LinearPart | undefined;
    readonly scale?: number | undefined;
    readonly norm?: NormPart | undefined;
    /** A learned table; the row is the position plus the offset. */
    readonly positions?: { readonly weight: string; readonly rows: number; readonly offset: number } | undefined;
  };
  readonly blocks: readonly BlockPart[];
  readonly norm: NormPart | undefined;
  readonly head: {
    readonly projection?: LinearPart | undefined;
    /** Names that the weight [vocabulary, width] goes by. */
    readonly weights: readonly string[];
    readonly bias?: string | undefined;
    /** Where none of the names is in the files, the embedding's table takes its place. */
    readonly isTied: boolean;
    /** Multiplies the logits. */
    readonly scale?: number | undefined;
    /** Divides the logits. */
    readonly divisor?: number | undefined;
    readonly cap?: number | undefined;
  };
}
