import type { Concept } from './labels.ts';

/** What was found of one unit. Concepts are indices into the report's list. */
export interface UnitFinding {
  readonly unit: number;
  readonly threshold: number;
  /** Distance between the two activations that the threshold lies between. */
  readonly gap: number;
  /** Rounding decides which places are on, so that nothing can be said of the unit. */
  readonly undecided: boolean;
  /** Places above the threshold. */
  readonly active: number;
  readonly concept: number;
  /** The mask counted only in documents that carry a label of the concept's category. */
  readonly iou: number;
  readonly plainConcept: number;
  readonly plainIou: number;
  /** Best IoU with shuffled labels, one for each shuffle. */
  readonly shuffled: readonly number[];
  /** Where it is strongest, the strongest first. */
  readonly top: readonly { readonly place: number; readonly activation: number }[];
}

/** Units of one layer. Counts are of units that are decided. */
export interface LayerFinding {
  readonly layer: string;
  readonly units: readonly UnitFinding[];
  readonly undecided: number;
  readonly detectors: number;
  /** Concepts that some detector stands for. */
  readonly concepts: number;
  /** Units that would be detectors of shuffled labels, one count for each shuffle. */
  readonly shuffled: readonly number[];
}

export interface ConceptFinding extends Concept {
  /** Places that carry it (tokens, pixels). */
  readonly places: number;
  /** Documents that carry a label of its category. */
  readonly documents: number;
}

/** How a dissection was made; everything that another one needs to come out alike. */
export interface DissectionSettings {
  /** Share of places that a unit is on at. */
  readonly share: number;
  /** IoU above this makes a detector. */
  readonly limit: number;
  readonly shuffles: number;
  readonly seed: number;
}

/** A dissection of a language model's neurons. Places are tokens. */
export interface DissectionReport {
  readonly settings: DissectionSettings;
  /** Tokens of each text, without a start token; places count through them. */
  readonly texts: readonly (readonly string[])[];
  readonly tokens: number;
  readonly concepts: readonly ConceptFinding[];
  readonly layers: readonly LayerFinding[];
}

/** What becomes worse when a neuron is held at 0. Losses are −log p of a token given those before it, nats. */
export interface AblationReport {
  readonly layer: number;
  readonly unit: number;
  /** Mean change of the loss over tokens that carry the unit's concept, and over the others; the first token of a text has no loss. */
  readonly onConcept: { readonly tokens: number; readonly change: number };
  readonly elsewhere: { readonly tokens: number; readonly change: number };
  /** Tokens whose loss changed most, the greatest change first. */
  readonly places: readonly { readonly place: number; readonly before: number; readonly after: number }[];
  /** Probability of facts' answers behind their prompts: mean over all texts that are facts, and those that changed most. */
  readonly answers: {
    readonly count: number;
    readonly before: number;
    readonly after: number;
    readonly most: readonly {
      readonly text: number;
      readonly prompt: string;
      readonly answer: string;
      readonly before: number;
      readonly after: number;
    }[];
  };
}

/** A dissection of an image classifier's convolutions. A unit's strongest places are pictures. */
export interface ImageDissectionReport {
  readonly settings: DissectionSettings;
  readonly normalisation: { readonly mean: readonly number[]; readonly deviation: readonly number[] };
  /** Names of the pictures. */
  readonly images: readonly string[];
  /** Pixels of all label maps. */
  readonly cells: number;
  readonly concepts: readonly ConceptFinding[];
  readonly layers: readonly LayerFinding[];
  /** What was done to the pictures, in words. */
  readonly notes: readonly string[];
}
