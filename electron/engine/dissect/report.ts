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
