import type { Fact } from '../../shared/fact.ts';
import type { CheckReport } from './evaluate/report.ts';
import type { CheckRecord } from './evaluate/records.ts';
import type { EditWarning } from './edit/types.ts';

/** What a job works on: an imported folder, and the delta file that makes it a version. */
export interface ModelRef {
  readonly folder: string;
  readonly delta?: string | undefined;
}

/** Greedy when the temperature is 0. */
export interface Sampling {
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly repetitionPenalty: number;
  readonly seed: number;
}

/** What was found in a model, for people and programs. */
export interface Inspection {
  readonly folder: string;
  readonly graphFile: string;
  readonly producer: string;
  readonly opset: number;
  readonly parameters: number;
  readonly bytes: number;
  readonly hiddenSize: number;
  readonly vocabulary: number;
  readonly cache: boolean;
  readonly precision: string;
  readonly tokenizer: { readonly kind: string; readonly size: number; readonly bos: string | undefined; readonly eos: string | undefined };
  readonly layers: readonly LayerSummary[];
  readonly warnings: readonly string[];
}

export interface LayerSummary {
  readonly layer: number;
  readonly heads: number | undefined;
  readonly keyWidth: number;
  readonly weight: string;
  readonly layout: string;
  readonly gated: boolean;
  readonly parallel: boolean;
  readonly postNorm: boolean;
  /** Why this layer cannot be edited, and what to do instead; undefined when it can. */
  readonly refusal: { readonly reason: string; readonly hint: string } | undefined;
}

export interface TokenChance {
  readonly token: string;
  readonly id: number;
  readonly probability: number;
}

export interface Answer {
  readonly prompt: string;
  readonly next: readonly TokenChance[];
  /** The continuation, without the prompt. */
  readonly text: string;
  readonly tokens: number;
}

export type EditMethodName = 'rome' | 'memit';

/** What a person may set; everything left out is derived from the model and explained in the result. */
export interface EditChoices {
  /** A published JSON or EasyEdit YAML hyperparameter file. */
  readonly hyperparameterFile?: string | undefined;
  readonly layers?: readonly number[] | undefined;
  readonly steps?: number | undefined;
  readonly learningRate?: number | undefined;
  readonly weightDecay?: number | undefined;
  readonly klFactor?: number | undefined;
  readonly clamp?: number | undefined;
  /** MEMIT's λ. */
  readonly covarianceWeight?: number | undefined;
  /** ROME: 'averaged' (2403.07175) or 'mixed' (the first published code). */
  readonly key?: 'averaged' | 'mixed' | undefined;
  /** A text file for the covariance; the model's own text when left out. */
  readonly covarianceText?: string | undefined;
  readonly covarianceTokens?: number | undefined;
  readonly seed?: number | undefined;
}

/** An edit as worked out; nothing on disk but the delta file that was asked for. */
export interface EditOutcome {
  readonly method: EditMethodName;
  readonly layers: readonly number[];
  /** Name and value of every hyperparameter that was used, and where it came from. */
  readonly hyperparameters: readonly { readonly name: string; readonly value: string; readonly source: string }[];
  readonly contexts: readonly string[];
  readonly seed: number;
  readonly covariance: { readonly tokens: number; readonly text: string; readonly cached: boolean; readonly ridges: readonly string[] };
  readonly facts: readonly FactOutcome[];
  readonly weights: readonly { readonly layer: number; readonly weight: string; readonly deltaNorm: number; readonly weightNorm: number; readonly rank: number; readonly sha256Before: string; readonly sha256After: string }[];
  readonly warnings: readonly EditWarning[];
  readonly seconds: number;
  readonly deltaFile: string | undefined;
}

export interface FactOutcome {
  readonly subject: string;
  readonly prompt: string;
  readonly target: string;
  readonly steps: number;
  readonly firstLoss: number;
  readonly lastLoss: number;
  /** Probability of the target (geometric mean over its tokens) before and after the edit. */
  readonly before: number;
  readonly after: number;
}

export interface ExportOutcome {
  readonly target: string;
  readonly files: number;
  readonly bytes: number;
  readonly changed: readonly { readonly file: string; readonly weight: string; readonly offset: number; readonly length: number; readonly sha256Before: string; readonly sha256After: string }[];
}

/** What a check measures besides the targets. */
export interface CheckChoices {
  /** Whether the answer written freely begins with the target. Default true. */
  readonly exactMatch?: boolean;
  /** Write on from the generation prompts. Default: 100 tokens, top-k 5, as published; false leaves it out. */
  readonly generation?: { readonly maxLength: number; readonly topK: number; readonly seed: number } | false;
  /** Prompts and texts that have nothing to do with the facts, for drift against the model without its delta. */
  readonly driftProbes?: readonly string[];
  readonly driftTexts?: readonly string[];
}

/** Every job that the engine does: what it is given and what it gives back. Everything is plain data. */
export interface Jobs {
  readonly inspect: { readonly params: { readonly model: ModelRef }; readonly result: Inspection };
  readonly ask: { readonly params: { readonly model: ModelRef; readonly prompt: string; readonly top: number; readonly maxTokens: number; readonly sampling: Sampling }; readonly result: Answer };
  readonly edit: { readonly params: { readonly model: ModelRef; readonly facts: readonly Fact[]; readonly method: EditMethodName; readonly choices: EditChoices; readonly save?: string | undefined }; readonly result: EditOutcome };
  /** Measures `model`; with a delta, drift is measured against the folder without it. */
  readonly check: { readonly params: { readonly model: ModelRef; readonly records: readonly CheckRecord[]; readonly options: CheckChoices }; readonly result: CheckReport };
  readonly export: { readonly params: { readonly model: ModelRef; readonly target: string }; readonly result: ExportOutcome };
}

export type JobName = keyof Jobs;

/** How far a job is: `done` of `total` units of this phase. */
export interface JobProgress {
  readonly phase: string;
  readonly done: number;
  readonly total: number;
}
