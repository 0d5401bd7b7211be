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
  /** Other graphs of the model that went along as they were imported: variants of it in other precisions, and halves. */
  readonly others: readonly string[];
  /** Files that were left out by choice: those graphs, and the weights that no other graph has. */
  readonly leftOut: readonly string[];
  /**
   * Of a steered version: how each steering went in, and how far the exported model was found from the one that is steered while running.
   */
  readonly steering?: {
    readonly changes: readonly { readonly place: string; readonly way: string; readonly said: string }[];
    readonly prompts: number;
    readonly largest: number;
  };
}
