import type { EditMethodName } from '../../../shared/methods/list.ts';
import type { Hyperparameter } from './settings.ts';
import type { EditWarning } from './types.ts';

/** An edit as worked out, not measured; nothing on disk but the delta file that was asked for. */
export interface EditOutcome {
  readonly method: EditMethodName;
  readonly layers: readonly number[];
  readonly hyperparameters: readonly Hyperparameter[];
  readonly contexts: readonly string[];
  readonly seed: number;
  readonly covariance: { readonly tokens: number; readonly text: string; readonly cached: boolean; readonly ridges: readonly string[] };
  readonly facts: readonly FactOutcome[];
  readonly weights: readonly {
    readonly layer: number;
    readonly weight: string;
    readonly deltaNorm: number;
    readonly weightNorm: number;
    readonly rank: number;
    readonly sha256Before: string;
    readonly sha256After: string;
  }[];
  /** Facts of earlier edits that were solved anew with these; left out where none are solved together. */
  readonly solvedAnew?: number;
  readonly warnings: readonly EditWarning[];
  readonly seconds: number;
  /** What the last bits of the delta depend on beside what was asked for: sums are taken in another order elsewhere. */
  readonly workedOn: { readonly threads: number; readonly processor: string };
}

export interface FactOutcome {
  readonly subject: string;
  readonly prompt: string;
  readonly target: string;
  readonly steps: number;
  readonly firstLoss: number;
  readonly lastLoss: number;
}
