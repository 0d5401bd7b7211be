import type { Fact } from '../../shared/fact.ts';
import type { CheckReport } from './evaluate/report.ts';
import type { CheckRecord } from './evaluate/records.ts';
import type { CutFact } from './text/cut.ts';
import type { Choices, EditMethodName } from '../../shared/methods/list.ts';
import type { HyperparameterFile } from './edit/hparams/read.ts';
import type { EditOutcome } from './edit/outcome.ts';
import type { Hyperparameter } from './edit/settings.ts';
import type { Sampling } from './runtime/sampling.ts';

/** What a job works on: an imported folder, the file of changed tensors that makes it a version, and a delta file on top. */
export interface ModelRef {
  readonly folder: string;
  /** A file that a 'rebuild' saved. */
  readonly version?: string | undefined;
  readonly delta?: string | undefined;
}

/** What was found in a model, for people and programs. */
export interface Inspection {
  readonly folder: string;
  readonly graphFile: string;
  /** As the configuration calls it: gpt2, llama, … */
  readonly architecture: string;
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
  /** The continuation token by token, each with the probability that it had. */
  readonly pieces: readonly { readonly text: string; readonly probability: number }[];
}

export interface ExportOutcome {
  readonly target: string;
  readonly files: number;
  readonly bytes: number;
  readonly changed: readonly {
    readonly file: string;
    readonly weight: string;
    readonly offset: number;
    readonly length: number;
    readonly sha256Before: string;
    readonly sha256After: string;
  }[];
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

/** A tensor of a version that differs from the imported file. */
export interface ChangedTensor {
  readonly tensor: string;
  readonly sha256Base: string;
  readonly sha256: string;
}

/** Every job that the engine does: what it is given and what it gives back. Everything is plain data. */
export interface Jobs {
  readonly inspect: { readonly params: { readonly model: ModelRef }; readonly result: Inspection };
  readonly ask: {
    readonly params: {
      readonly model: ModelRef;
      readonly prompt: string;
      readonly top: number;
      readonly maxTokens: number;
      readonly sampling: Sampling;
    };
    readonly result: Answer;
  };
  readonly edit: {
    readonly params: {
      readonly model: ModelRef;
      readonly facts: readonly Fact[];
      /** Facts that earlier edits wrote and that are in force, the oldest first. */
      readonly earlier?: readonly Fact[] | undefined;
      readonly method: EditMethodName;
      readonly choices?: Choices | undefined;
      readonly hyperparameterFile?: HyperparameterFile | undefined;
      /** A text file for the covariance; the model's own text when left out. */
      readonly covarianceText?: string | undefined;
      readonly save?: string | undefined;
      /** What the model is called, for published hyperparameters; its folder when left out. */
      readonly name?: string | undefined;
    };
    readonly result: EditOutcome;
  };
  /** Measures `model`; drift and neighbours against `baseline`, or, with a delta, against the same without it. */
  readonly check: {
    readonly params: {
      readonly model: ModelRef;
      readonly records: readonly CheckRecord[];
      readonly options: CheckChoices;
      readonly baseline?: ModelRef | undefined;
    };
    readonly result: CheckReport;
  };
  readonly export: { readonly params: { readonly model: ModelRef; readonly target: string }; readonly result: ExportOutcome };
  /** Adds deltas to `model` in their order and keeps the tensors that differ from the imported file in `save`. */
  readonly rebuild: {
    readonly params: { readonly model: ModelRef; readonly deltas: readonly string[]; readonly save: string };
    readonly result: { readonly changed: readonly ChangedTensor[] };
  };
  /** Tensors that differ between two versions of one folder, with Frobenius norms of the difference and of the weight in `model`. */
  readonly compare: {
    readonly params: { readonly model: ModelRef; readonly other: ModelRef };
    readonly result: { readonly weights: readonly { readonly tensor: string; readonly norm: number; readonly weightNorm: number }[] };
  };
  /** Writes a PEFT LoRA adapter of deltas on the imported model into an existing folder. @returns names of the files */
  readonly adapter: {
    readonly params: {
      readonly model: ModelRef;
      readonly deltas: readonly string[];
      readonly target: string;
      readonly metadata: Readonly<Record<string, string>>;
    };
    readonly result: { readonly files: readonly string[] };
  };
  /** Writes the tensors in which a version differs, under the checkpoint's names where they can be told, into an existing folder. */
  readonly tensorsFile: {
    readonly params: { readonly model: ModelRef; readonly target: string; readonly metadata: Readonly<Record<string, string>> };
    readonly result: { readonly files: readonly string[] };
  };
  /** The hyperparameters that an edit would use, as far as they do not depend on the facts. */
  readonly settings: {
    readonly params: {
      readonly model: ModelRef;
      readonly method: EditMethodName;
      readonly hyperparameterFile?: HyperparameterFile | undefined;
      readonly name: string;
    };
    readonly result: {
      readonly settings: readonly Hyperparameter[];
      /** What of the hyperparameter file was not used. */
      readonly unused: readonly { readonly message: string; readonly hint: string }[];
    };
  };
  /** The files that a model's graph and weights lie in, from the graph's structure; no weights are read. @returns paths, the graph file first */
  readonly files: { readonly params: { readonly model: ModelRef }; readonly result: { readonly files: readonly string[] } };
  /** Facts cut into tokens. */
  readonly cut: {
    readonly params: { readonly model: ModelRef; readonly facts: readonly Fact[] };
    readonly result: { readonly facts: readonly CutFact[] };
  };
  /** The tokens of a text. */
  readonly tokens: {
    readonly params: { readonly model: ModelRef; readonly text: string };
    readonly result: { readonly tokens: readonly { readonly id: number; readonly text: string }[] };
  };
}

export type JobName = keyof Jobs;

/** Jobs that open no model. They have a thread of their own: a screen that shows what was dropped, or tokens, cannot wait for an edit. */
export const QUICK_JOBS: readonly string[] = ['files', 'cut', 'tokens'] satisfies JobName[];

/** How far a job is: `done` of `total` units of this phase. */
export interface JobProgress {
  readonly phase: string;
  readonly done: number;
  readonly total: number;
}
