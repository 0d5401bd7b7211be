/** What a job works on: an imported folder, the file of changed tensors that makes it a version, and a delta file on top. */
export interface ModelRef {
  readonly folder: string;
  /** A file that a 'rebuild' saved. */
  readonly version?: string | undefined;
  readonly delta?: string | undefined;
}
