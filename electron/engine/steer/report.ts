import type { SteeringMethodName } from '../../../shared/steering/list.ts';
import type { Reader } from '../../../shared/steering/reader.ts';
import type { PlaceFinding } from './method.ts';
import type { UsedSetting } from './settings.ts';

/** What fitting a steering gave. */
export interface SteeringOutcome {
  readonly method: SteeringMethodName;
  readonly settings: readonly UsedSetting[];
  /** SHA-256 of the model that it was fitted on. */
  readonly model: string;
  /** How many groups of texts each part had. */
  readonly groups: { readonly train: number; readonly validation: number; readonly heldOut: number };
  readonly places: readonly PlaceFinding[];
  readonly readers: readonly Reader[];
  /** Values of the model that are steered, layer by layer, in words. */
  readonly parts: readonly string[];
  /** Tensors that change, where the direction is taken out of the weights. */
  readonly weights: readonly {
    readonly tensor: string;
    readonly kind: string;
    readonly sha256Before: string;
    readonly sha256After: string;
  }[];
  readonly warnings: readonly { readonly message: string; readonly hint: string }[];
  readonly seconds: number;
}

/** A mean over questions or texts, with its standard error. */
export interface Mean {
  readonly mean: number;
  readonly error: number | undefined;
  readonly count: number;
}

/** What one form of a model does on the material of a check. What there is no material for is left out. */
export interface SteeringMeasures {
  readonly MC1?: Mean | undefined;
  readonly MC2?: Mean | undefined;
  readonly MC3?: Mean | undefined;
  /** Share of what it writes that has one of the words. */
  readonly words?: Mean | undefined;
  /** Variety of what it writes, in bits. */
  readonly fluency?: Mean | undefined;
  /** Nats per token of ordinary text, and KL of the next token from the model as it was. */
  readonly crossEntropy?: Mean | undefined;
  readonly kl?: Mean | undefined;
}

/** A form of the model that was measured. */
export interface Measured {
  /** 'base': unsteered; 'steered'; 'random': vectors of equal length; 'shuffled': directions of shuffled labels; 'prompt': asked for it. */
  readonly what: 'base' | 'steered' | 'random' | 'shuffled' | 'prompt';
  /** Of random ones, which draw. */
  readonly draw?: number | undefined;
  readonly measures: SteeringMeasures;
}

/** A steering beside its controls. */
export interface SteeringCheckReport {
  readonly questions: number;
  readonly texts: number;
  readonly prompts: number;
  readonly measured: readonly Measured[];
  /** What each wrote after the first prompts. */
  readonly written: readonly { readonly prompt: string; readonly texts: readonly { readonly what: string; readonly text: string }[] }[];
}

/** Effect and cost of one strength in one place. */
export interface SweepPoint {
  /** All steered layers together when left out. */
  readonly layer?: number | undefined;
  /** Times the fitted strength. */
  readonly scale: number;
  /** MC1, or the share of texts with the words where there are no questions. */
  readonly effect: number;
  /** On the half of the questions that nothing was chosen by. */
  readonly heldOut: number | undefined;
  readonly kl: number | undefined;
}

export interface SweepReport {
  readonly base: { readonly effect: number; readonly heldOut: number | undefined };
  readonly measure: 'MC1' | 'words';
  readonly points: readonly SweepPoint[];
  /** The greatest effect on the one half of what costs no more than the limit; undefined where nothing does. */
  readonly best: SweepPoint | undefined;
  readonly limit: number | undefined;
}

/** A text read along a fitted direction. */
export interface ReadingReport {
  readonly tokens: readonly { readonly id: number; readonly text: string }[];
  readonly readers: readonly (Reader & { readonly scores: readonly number[] })[];
}

/** How a steering is carried into an exported model. */
export interface BakingReport {
  readonly changes: readonly { readonly place: string; readonly way: 'weights' | 'graph' | 'impossible'; readonly said: string }[];
}
