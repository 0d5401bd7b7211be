/** A version written as a model folder: what it holds, and the bytes that differ from the imported files. */
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
  /**
   * Of a steered version: how each steering went in, and how far the exported model was found from the one that is steered while running.
   */
  readonly steering?: {
    readonly changes: readonly { readonly place: string; readonly way: string; readonly said: string }[];
    readonly prompts: number;
    readonly largest: number;
  };
}
