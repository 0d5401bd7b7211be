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
