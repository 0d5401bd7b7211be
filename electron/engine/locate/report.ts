import type { Average, Effects } from './averages.ts';
import type { LensPlace } from './lens.ts';
import type { Outcome } from './patching.ts';
import type { Change } from './takeover.ts';
import type { PatchKind, Severed, TraceKind } from '../../../shared/tracing.ts';

/** A token of the text that was looked into. */
export interface TextToken {
  readonly id: number;
  readonly text: string;
  readonly isSubject: boolean;
}

/** How a trace was made; everything that another one needs to come out alike. */
export interface TraceSettings {
  readonly samples: number;
  readonly seed: number;
  /** Noise in standard deviations of the embeddings. */
  readonly level: number;
  /** Layers whose outputs are put back together. */
  readonly window: number;
  readonly kinds: readonly TraceKind[];
}

/** Settings as they are asked for. */
export interface TraceChoices extends Omit<TraceSettings, 'window'> {
  /** The published share of the model's depth when left out (shared/tracing.ts). */
  readonly window?: number | undefined;
}

/** A causal trace. Indirect effect: score − low; total effect: high − low. */
export interface TraceReport {
  readonly prompt: string;
  readonly tokens: readonly TextToken[];
  readonly answer: { readonly id: number; readonly text: string };
  readonly high: number;
  readonly low: number;
  /** Of the embeddings of how many subjects, and how large it is. */
  readonly deviation: { readonly subjects: number; readonly value: number };
  /** As they were used. */
  readonly settings: TraceSettings;
  /** Probability of the answer with a state put back: [tokens][layers]. */
  readonly scores: Readonly<Partial<Record<TraceKind, readonly (readonly number[])[]>>>;
  /** Severed traces at the subject's last token; [layers]. */
  readonly severed?: SeveredScores | undefined;
}

/** Probability of the answer by the layer whose hidden state is put back at `token`. */
export interface SeveredScores {
  readonly how: Severed;
  readonly token: number;
  readonly ordinary: readonly number[];
  /** With that token's MLPs, or attention, of all layers as in the corrupted run. */
  readonly mlp: readonly number[];
  readonly attention: readonly number[];
}

/** Causal traces averaged over facts. */
export interface FactsTraceReport {
  readonly settings: TraceSettings;
  readonly deviation: { readonly subjects: number; readonly value: number };
  readonly layers: number;
  /** Facts that the averages are of, and how many of them the file already held. */
  readonly traced: number;
  readonly resumed: number;
  /** Facts left out since the model answers something else, with what it answers. */
  readonly skipped: readonly { readonly prompt: string; readonly subject: string; readonly target: string; readonly answer: string }[];
  /** Probability of the answer, clean and corrupted; undefined when no fact was traced. */
  readonly high: Average | undefined;
  readonly low: Average | undefined;
  /** Indirect effects: score − low, each fact counting once. */
  readonly effects: Effects;
}

/** Outcomes with one site at a time put in place: [tokens][layers], [heads][layers] for heads; null where nothing could be put. */
export type PatchGrids = Readonly<Partial<Record<PatchKind, readonly (readonly (Outcome | null)[])[]>>>;

/** A text and what the model said to it. */
export interface PatchedText {
  readonly prompt: string;
  readonly tokens: readonly TextToken[];
  readonly outcome: Outcome;
}

/** Activation patching: states of the clean run put into the counterfactual one. */
export interface PatchReport {
  readonly clean: PatchedText;
  readonly counterfactual: PatchedText;
  /** The clean one first, as in every outcome. */
  readonly answers: readonly { readonly id: number; readonly text: string }[];
  /** Texts of different lengths are aligned at their ends; what the clean one has nothing for is null. */
  readonly alignment: 'token by token' | 'from the end';
  /** By tokens of the counterfactual. */
  readonly grids: PatchGrids;
}

/** Single outputs replaced by zero or by their average. */
export interface AblationReport extends PatchedText {
  readonly answers: readonly { readonly id: number; readonly text: string }[];
  readonly how: 'zero' | 'mean';
  readonly grids: PatchGrids;
}

/** What a model would say behind each block. */
export interface LensReport {
  readonly prompt: string;
  readonly tokens: readonly TextToken[];
  readonly watched: readonly { readonly id: number; readonly text: string }[];
  /** [layers + 1][tokens], before the first block first. */
  readonly places: readonly (readonly LensPlace[])[];
  /** Name of the file of a tuned lens. */
  readonly tuned?: string | undefined;
  /** Texts of the ids among the top tokens. */
  readonly texts: Readonly<Record<number, string>>;
}

/** Where along the layers the answer of one version takes over from that of another, behind the last token of the text. */
export interface ChangeReport extends Change {
  readonly prompt: string;
  readonly tokens: readonly TextToken[];
  readonly answers: Readonly<Record<'old' | 'new', { readonly id: number; readonly text: string }>>;
}

/** What each part adds to the logits of the watched tokens behind the last token of the text. */
export interface AttributionReport {
  readonly prompt: string;
  readonly watched: readonly { readonly id: number; readonly text: string }[];
  readonly embedding: readonly number[];
  /** [layers][watched]. */
  readonly attention: readonly (readonly number[])[];
  readonly mlp: readonly (readonly number[])[];
  /** [layers][heads][watched]; empty for the layers of `headless`. */
  readonly heads: readonly (readonly (readonly number[])[])[];
  /** Layers whose heads cannot be told apart, and why. */
  readonly headless: readonly { readonly layer: number; readonly reason: string }[];
  /** How far the sum of an attention's heads and biases is from it, at most. */
  readonly headResidue: number;
  readonly constant: readonly number[];
  readonly total: readonly number[];
  /** How far the sum of the parts is from the logits, at most. */
  readonly residue: number;
}

/** Where the heads of one layer look: [heads][queries][keys]. */
export interface AttentionReport {
  readonly prompt: string;
  readonly tokens: readonly TextToken[];
  readonly layer: number;
  /** How many layers the model has. */
  readonly layers: number;
  readonly heads: readonly (readonly (readonly number[])[])[];
}
