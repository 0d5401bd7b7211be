import type { HonestReport } from '../../shared/contract/honest.ts';
import type { Fact } from '../../shared/fact.ts';
import type { NearSource } from '../../shared/near.ts';
import type { PatchKind, Severed } from '../../shared/tracing.ts';
import type { SteeringExample } from '../../shared/steering/data.ts';
import type { SteeringChoices, SteeringMethodName } from '../../shared/steering/list.ts';
import type { Choices, EditMethodName } from '../../shared/methods/list.ts';
import type { Inspection } from './anatomy/inspection.ts';
import type { HyperparameterFile } from './edit/hparams/read.ts';
import type { Trial } from './edit/search.ts';
import type { Nearness } from './edit/near-keys.ts';
import type { EditOutcome } from './edit/outcome.ts';
import type { Hyperparameter } from './edit/settings.ts';
import type { Concept } from './dissect/labels.ts';
import type { AblationReport, DissectionReport, DissectionSettings, ImageDissectionReport } from './dissect/report.ts';
import type { LabelledText } from './dissect/texts.ts';
import type { CheckChoices } from './evaluate/choices.ts';
import type { FactSource, ReadFacts } from './evaluate/fact-file.ts';
import type { HonestFact } from './evaluate/honest/check.ts';
import type { CheckRecord } from './evaluate/records.ts';
import type { CheckReport } from './evaluate/report.ts';
import type { ModelRef, SteeringCandidate, SteeringRef } from './model-ref.ts';
import type { ConstantRanges } from './architectures/constant-ranges.ts';
import type { ExportOutcome } from './onnx/export-outcome.ts';
import type { Answer } from './decoder/answer.ts';
import type {
  AblationReport as SiteAblationReport,
  AttentionReport,
  AttributionReport,
  ChangeReport,
  FactsTraceReport,
  LensReport,
  PatchReport,
  TraceChoices,
  TraceReport,
} from './locate/report.ts';
import type { SteeringMaterial } from './evaluate/steering-check.ts';
import type { SweepPlan } from './evaluate/steering-sweep.ts';
import type { Sampling } from './runtime/sampling.ts';
import type { BakingReport, ReadingReport, SteeringCheckReport, SteeringOutcome, SweepReport } from './steer/report.ts';
import type { UsedSetting } from './steer/settings.ts';
import type { CutFact, Problem as CutProblem } from './text/cut.ts';
import type { ChangedTensor } from './decoder/version-file.ts';

// The types that the jobs speak of, for the services; each lies with the part of the engine that owns it.
export type { Inspection, LayerSummary } from './anatomy/inspection.ts';
export type { HyperparameterFile } from './edit/hparams/read.ts';
export type { EditOutcome, FactOutcome } from './edit/outcome.ts';
export type { Hyperparameter } from './edit/settings.ts';
export type { CheckChoices } from './evaluate/choices.ts';
export type { HonestFact } from './evaluate/honest/check.ts';
export type { CheckRecord } from './evaluate/records.ts';
export type { CheckReport } from './evaluate/report.ts';
export type { ModelRef, SteeringCandidate, SteeringRef } from './model-ref.ts';
export type { SteeringMaterial } from './evaluate/steering-check.ts';
export type { BakingReport, ReadingReport, SteeringCheckReport, SteeringOutcome, SweepReport } from './steer/report.ts';
export type { ConstantRanges } from './architectures/constant-ranges.ts';
export type { ExportOutcome } from './onnx/export-outcome.ts';
export type { Answer, TokenChance } from './decoder/answer.ts';
export type {
  AblationReport,
  ConceptFinding,
  DissectionReport,
  DissectionSettings,
  ImageDissectionReport,
  LayerFinding,
  UnitFinding,
} from './dissect/report.ts';
export type { LabelledText } from './dissect/texts.ts';
export type { Sampling } from './runtime/sampling.ts';
export type { CutFact } from './text/cut.ts';
export type { ChangedTensor } from './decoder/version-file.ts';

/** How pixels are brought to what a network was trained on, by channel. */
interface Normalised {
  readonly mean: readonly number[] | undefined;
  readonly deviation: readonly number[] | undefined;
}

/** How an edit that is only thought of would be made. */
interface Recipe {
  readonly method: EditMethodName;
  readonly choices: Choices;
  readonly hyperparameterFile?: HyperparameterFile | undefined;
  readonly covarianceText?: string | undefined;
  /** What the model is called, for published hyperparameters. */
  readonly name: string;
}

/** How near a prompt comes to an edited key in a layer, at its nearest token. */
interface NearPlace extends Pick<Nearness, 'layer' | 'share' | 'cosine'> {
  readonly token: string;
}

/** What may move with an edit. */
interface NearKeysReport {
  readonly layers: readonly number[];
  /** Nobody chose layers: these are all that the edit would choose from. */
  readonly isOpen: boolean;
  /** What the covariance is of, in words. */
  readonly covariance: string;
  readonly facts: readonly {
    readonly subject: string;
    readonly prompt: string;
    readonly target: string;
    readonly looked: number;
    /** The nearest first. */
    readonly near: readonly {
      readonly prompt: string;
      readonly from: NearSource;
      readonly answer?: string | undefined;
      readonly nearest: NearPlace;
      readonly places: readonly NearPlace[];
    }[];
  }[];
}

/**
 * Where a fact may be edited. `settings` are those that the trace was made with in the end: with less noise than asked for, where that much
 * drowns everything.
 */
interface LayersReport extends Pick<TraceReport, 'answer' | 'high' | 'low' | 'settings'> {
  /** Whether the trace tells layers apart; where it does not, nothing agrees with it. */
  readonly tells: boolean;
  readonly steps: number;
  readonly layers: readonly {
    /** Indirect effect of the MLPs around the layer at the subject's last token. */
    readonly effect: number;
    /** How an edit in this layer alone did; undefined where it cannot be edited, for the reason given. */
    readonly trial?: Pick<Trial, 'efficacy' | 'drift' | 'score'> | undefined;
    readonly refusal?: string | undefined;
  }[];
  readonly agreeing: readonly number[];
  /** Those of them that the method would take: all, or of a method that edits one layer the one whose trial did best. */
  readonly suggested: readonly number[];
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
      /** The prompt is what a user says, to be written by the model's chat template. */
      readonly chat?: boolean;
    };
    readonly result: Answer;
  };
  /** What a version answers to prompts by itself, each read by greedy decoding. */
  readonly answers: {
    readonly params: { readonly model: ModelRef; readonly prompts: readonly string[] };
    readonly result: {
      readonly answers: readonly {
        /** What it writes, which goes on behind the answer. */
        readonly text: string;
        readonly answer: string;
        /** That of the whole answer, 0 to 1. */
        readonly probability: number;
      }[];
    };
  };
  readonly edit: {
    readonly params: {
      readonly model: ModelRef;
      readonly facts: readonly Fact[];
      /** Facts that earlier edits wrote and that are in force, the oldest first. */
      readonly earlier?: readonly Fact[] | undefined;
      /** Delta files of everything in force, the first applied first. */
      readonly inForce?: readonly string[] | undefined;
      readonly method: EditMethodName;
      readonly choices?: Choices | undefined;
      readonly hyperparameterFile?: HyperparameterFile | undefined;
      /** A text file for the covariance; the model's own text when left out. */
      readonly covarianceText?: string | undefined;
      /** Made only to be measured, by all that its facts name: it is told nothing. */
      readonly isTrial?: boolean;
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
  /** Asks `model` as people ask, and `baseline` beside it: when left out, the same without delta and steering. */
  readonly honest: {
    readonly params: {
      readonly model: ModelRef;
      readonly facts: readonly HonestFact[];
      /** Sentences that have nothing to do with any fact. */
      readonly sentences: readonly string[];
      /** Facts among which these are asked, with the same unrelated text in front; these alone when left out. */
      readonly among?: readonly Fact[] | undefined;
      readonly baseline?: ModelRef | undefined;
    };
    readonly result: HonestReport;
  };
  readonly export: {
    readonly params: {
      readonly model: ModelRef;
      readonly target: string;
      /** Without the other graphs of the model. */
      readonly leavesOutOthers?: boolean;
    };
    readonly result: ExportOutcome;
  };
  /** Measures a GGUF file of the imported model in llama.cpp: without the adapter that deltas make, and with it against that. */
  readonly ggufCheck: {
    readonly params: {
      readonly model: ModelRef;
      readonly deltas: readonly string[];
      readonly gguf: string;
      readonly records: readonly CheckRecord[];
    };
    readonly result: {
      readonly before: CheckReport;
      readonly after: CheckReport;
      readonly file: { readonly name: string; readonly architecture: string; readonly type: string };
      /** What ran it, with versions. */
      readonly runtime: string;
      /** How many texts were asked, and of how many of them llama.cpp makes other tokens than Emend. */
      readonly texts: number;
      readonly cutOtherwise: number;
    };
  };
  /** Writes a version as an ONNX graph with its weights in one data file, tokenizer and configuration beside it, into a folder. */
  readonly onnxFolder: {
    readonly params: { readonly model: ModelRef; readonly target: string };
    readonly result: { readonly files: readonly string[] } & Pick<ExportOutcome, 'steering'>;
  };
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
  /** What two graphs of one model say behind the same texts, and the largest difference of a log-probability of the next token, in nats. */
  readonly compareGraphs: {
    readonly params: { readonly model: ModelRef; readonly other: ModelRef };
    readonly result: {
      readonly texts: readonly { readonly prompt: string; readonly says: string; readonly other: string; readonly largest: number }[];
    };
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
  /** Writes the same as a GGUF adapter for llama.cpp, with a Modelfile for Ollama, into an existing folder. */
  readonly ggufAdapter: Jobs['adapter'];
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
      readonly choices?: Choices | undefined;
      readonly hyperparameterFile?: HyperparameterFile | undefined;
      readonly name: string;
    };
    readonly result: {
      readonly settings: readonly Hyperparameter[];
      /** What of the hyperparameter file was not used. */
      readonly unused: readonly { readonly message: string; readonly hint: string }[];
    };
  };
  /** Before an edit: the prompts whose keys lie near those that the facts would be written to. */
  readonly near: {
    readonly params: Recipe & {
      readonly model: ModelRef;
      readonly facts: readonly {
        readonly fact: Fact;
        readonly candidates: readonly {
          readonly prompt: string;
          readonly from: NearSource;
          readonly entry?: number;
          readonly answer?: string | undefined;
        }[];
      }[];
      /** Of each fact so many, the nearest. */
      readonly most: number;
    };
    readonly result: NearKeysReport;
  };
  /** Before an edit: the layers where the trace of a fact and a short trial edit agree. */
  readonly layers: {
    readonly params: Recipe & {
      readonly model: ModelRef;
      readonly fact: Fact;
      /** As for a trace. */
      readonly subjects: readonly string[];
      readonly settings: Omit<TraceChoices, 'kinds'>;
      /** Of the search for the wanted state in a trial. */
      readonly steps: number;
    };
    readonly result: LayersReport;
  };
  /** Causal tracing of one prompt. */
  readonly trace: {
    readonly params: {
      readonly model: ModelRef;
      /** With one {} for the subject. */
      readonly prompt: string;
      readonly subject: string;
      /** The answer to follow; the model's own when left out. */
      readonly answer?: string | undefined;
      /** Subjects whose embeddings say how large the noise is; the prompt's own when there are none. */
      readonly subjects: readonly string[];
      readonly settings: TraceChoices;
      /** Severed traces at the subject's last token as well. */
      readonly severed?: Severed | undefined;
    };
    readonly result: TraceReport;
  };
  /** Causal tracing of many facts, averaged over groups of tokens. A cancelled run leaves the facts that it finished in the file. */
  readonly traceFacts: {
    readonly params: {
      readonly model: ModelRef;
      /** Prompts with one {} for the subject. A fact is left out when the model's top answer is not the target's first token. */
      readonly facts: readonly { readonly prompt: string; readonly subject: string; readonly target: string }[];
      /** Subjects whose embeddings say how large the noise is; those of the facts, one for each fact, when there are none. */
      readonly subjects: readonly string[];
      readonly settings: TraceChoices;
      /**
       * Keeps the facts' traces as JSON lines; a run on the same file goes on where the last one stopped. 'cache': a file of the cache
       * folder. They are kept nowhere when left out.
       */
      readonly keep?: 'cache' | { readonly file: string } | undefined;
    };
    readonly result: FactsTraceReport;
  };
  /** Activation patching between two prompts; of the answers the first token is followed. */
  readonly patch: {
    readonly params: {
      readonly model: ModelRef;
      readonly clean: string;
      readonly counterfactual: string;
      /** To the clean prompt, and to the counterfactual one; the model's own when there are none. */
      readonly answers: readonly [] | readonly [string, string];
      readonly kinds: readonly PatchKind[];
    };
    readonly result: PatchReport;
  };
  /** Ablation of single outputs. */
  readonly ablate: {
    readonly params: {
      readonly model: ModelRef;
      readonly prompt: string;
      /** The model's own when there are none. */
      readonly answers: readonly string[];
      readonly kinds: readonly PatchKind[];
      readonly how: 'zero' | 'mean';
      /** Texts that 'mean' averages over, every token alike. */
      readonly texts: readonly string[];
    };
    readonly result: SiteAblationReport;
  };
  /** Logit lens; with a safetensors file of translators the tuned lens. `watched` are answers, of which the first token is followed. */
  readonly lens: {
    readonly params: {
      readonly model: ModelRef;
      readonly prompt: string;
      readonly watched: readonly string[];
      readonly top: number;
      readonly tuned?: string | undefined;
    };
    readonly result: LensReport;
  };
  /** Where along the layers of `model` the new answer takes over from the old one, and so in `against`, of the same folder. */
  readonly change: {
    readonly params: {
      readonly model: ModelRef;
      readonly against: ModelRef;
      readonly prompt: string;
      /** Followed by their first tokens; what the two versions answer themselves when left out. */
      readonly old?: string | undefined;
      readonly new?: string | undefined;
    };
    readonly result: ChangeReport;
  };
  /** Direct logit attribution behind a prompt. */
  readonly attribute: {
    readonly params: { readonly model: ModelRef; readonly prompt: string; readonly watched: readonly string[] };
    readonly result: AttributionReport;
  };
  /** Attention patterns of one layer. */
  readonly attention: {
    readonly params: { readonly model: ModelRef; readonly prompt: string; readonly layer: number };
    readonly result: AttentionReport;
  };
  /** Network Dissection of MLP neurons. */
  readonly dissect: {
    readonly params: {
      readonly model: ModelRef;
      readonly texts: readonly LabelledText[];
      /** As many of the texts as have about so many tokens. */
      readonly tokens: number;
      /** All of them when left out. */
      readonly layers?: readonly number[] | undefined;
      readonly settings: DissectionSettings;
    };
    readonly result: DissectionReport;
  };
  /** What a model loses on texts when one neuron is held at 0. */
  readonly ablateUnit: {
    readonly params: {
      readonly model: ModelRef;
      readonly texts: readonly LabelledText[];
      readonly tokens: number;
      readonly layer: number;
      readonly unit: number;
      /** The concept whose tokens are looked at beside the others. */
      readonly concept?: Concept | undefined;
    };
    readonly result: AblationReport;
  };
  /** Network Dissection of convolutions; `model` is an image classifier, `data` a folder as NetDissect reads it. */
  readonly dissectImages: {
    readonly params: {
      readonly model: ModelRef;
      readonly data: string;
      readonly normalisation: Partial<Normalised>;
      /** The last convolution, behind its activation, when left out. */
      readonly layers?: readonly string[] | undefined;
      readonly settings: DissectionSettings;
    };
    readonly result: ImageDissectionReport;
  };
  /** Layers of an image classifier that can be dissected, in the order of its graph. */
  readonly convolutions: {
    readonly params: { readonly model: ModelRef };
    readonly result: { readonly layers: readonly { readonly name: string; readonly units: number; readonly isActivated: boolean }[] };
  };
  /** Pictures of a data set with the places where a unit is on: PNG in base64. */
  readonly pictures: {
    readonly params: {
      readonly model: ModelRef;
      readonly data: string;
      readonly normalisation: Partial<Normalised>;
      readonly layer: string;
      readonly unit: number;
      readonly threshold: number;
      readonly images: readonly number[];
    };
    readonly result: { readonly pictures: readonly { readonly image: string; readonly shade: string; readonly share: number }[] };
  };
  /** What a steering method would use where nobody chooses. */
  readonly steeringDefaults: {
    readonly params: { readonly model: ModelRef; readonly method: SteeringMethodName };
    readonly result: { readonly settings: readonly UsedSetting[] };
  };
  /** Fits a steering; what it made lies in the files afterwards. */
  readonly steerFit: {
    readonly params: {
      readonly model: ModelRef;
      readonly method: SteeringMethodName;
      readonly choices: SteeringChoices;
      readonly examples: readonly SteeringExample[];
      /** Texts along which spread is measured; the fitted ones when there are none. */
      readonly tuning: readonly string[];
      /** Share of the groups that nothing is chosen by. */
      readonly heldOut: number;
      /** The delta is written where the direction is taken out of the weights, the control where labels can be shuffled. */
      readonly save: { readonly steering: string; readonly delta: string; readonly control?: string | undefined };
    };
    readonly result: SteeringOutcome;
  };
  /** Measures a steering on `model` beside the same without it, and beside controls. */
  readonly steerCheck: {
    readonly params: {
      readonly model: ModelRef;
      readonly candidate: SteeringCandidate;
      readonly material: SteeringMaterial;
      /** Random vectors to hold it against. */
      readonly draws: number;
      /** Put in front of every prompt: the plain way of asking for the same. */
      readonly prefix?: string | undefined;
    };
    readonly result: SteeringCheckReport;
  };
  /** Effect and cost of a steering on `model` over layers and strengths. */
  readonly steerSweep: {
    readonly params: {
      readonly model: ModelRef;
      readonly steering: SteeringRef;
      readonly material: SteeringMaterial;
      readonly plan: SweepPlan;
    };
    readonly result: SweepReport;
  };
  /** A text read along the directions of a steering file. */
  readonly steerRead: {
    readonly params: { readonly model: ModelRef; readonly file: string; readonly text: string };
    readonly result: ReadingReport;
  };
  /** How the steering of `model` would be carried into an exported model. */
  readonly steerPlan: { readonly params: { readonly model: ModelRef }; readonly result: BakingReport };
  /** Writes the steering of `model` as a GGUF control vector. */
  readonly steerControlVector: {
    readonly params: { readonly model: ModelRef; readonly save: string };
    readonly result: { readonly blocks: readonly number[] };
  };
  /**
   * The files that a model's graph and weights lie in, from the graph's structure; no weights are read.
   * @returns paths, the graph file first
   */
  readonly files: { readonly params: { readonly model: ModelRef }; readonly result: { readonly files: readonly string[] } };
  /** Where the constants of a model folder are stored; no weights are read. */
  readonly ranges: { readonly params: { readonly model: ModelRef }; readonly result: { readonly files: readonly ConstantRanges[] } };
  /** Facts of a file or a text, with what they are checked by; of a long file only its beginning. */
  readonly facts: { readonly params: FactSource; readonly result: ReadFacts };
  /** Facts cut into tokens. */
  readonly cut: {
    readonly params: { readonly model: ModelRef; readonly facts: readonly Fact[] };
    readonly result: { readonly facts: readonly CutFact[]; readonly tooLong: readonly (readonly CutProblem[])[] };
  };
  /** What of facts is longer than the model reads, for each of them. */
  readonly longer: {
    readonly params: { readonly model: ModelRef; readonly facts: readonly Fact[] };
    readonly result: { readonly tooLong: readonly (readonly CutProblem[])[] };
  };
  /** The tokens of a text. */
  readonly tokens: {
    readonly params: { readonly model: ModelRef; readonly text: string };
    readonly result: { readonly tokens: readonly { readonly id: number; readonly text: string }[] };
  };
}

export type JobName = keyof Jobs;

/** Jobs that open no model. They have a thread of their own: a screen that shows what was dropped, or tokens, cannot wait for an edit. */
export const QUICK_JOBS: readonly string[] = ['facts', 'files', 'ranges', 'cut', 'longer', 'tokens'] satisfies JobName[];

/** Jobs that write where nothing may be yet: what an engine that was ended left of them keeps them from being done again. */
export const ONCE_JOBS: readonly string[] = ['export', 'onnxFolder'] satisfies JobName[];
