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
