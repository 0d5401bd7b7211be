/** What a job works on: an imported folder, the file of changed tensors that makes it a version, a delta file and steerings on top. */
export interface ModelRef {
  readonly folder: string;
  /** A file that a 'rebuild' saved. */
  readonly version?: string | undefined;
  readonly delta?: string | undefined;
  /** In the order in which they are applied. */
  readonly steering?: readonly SteeringRef[] | undefined;
}

/** A steering file, and how it is applied. */
export interface SteeringRef {
  readonly file: string;
  /** Times the strength that it has; 1 when left out. */
  readonly scale?: number | undefined;
  /** In place of its vectors random ones of equal length, by this seed: a control. */
  readonly random?: number | undefined;
}

/** A steering that is tried on a version. */
export interface SteeringCandidate {
  readonly steering: SteeringRef;
  /** In place of the steering, where it goes into the weights. */
  readonly delta?: string | undefined;
  /** A steering of shuffled labels. */
  readonly control?: string | undefined;
}
