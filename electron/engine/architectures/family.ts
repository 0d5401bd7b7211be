import type { Settings } from './settings.ts';
import type { DecoderPart } from './spec.ts';

/** A kind of checkpoint: what its configuration calls it, and how that configuration is read. */
export interface Family {
  /** `model_type` of config.json. */
  readonly types: readonly string[];
  /** Classes of transformers whose checkpoints these are (`architectures` of config.json): with a head for text generation, or bare. */
  readonly classes: readonly string[];
  /** What stands before the names of all tensors but the head's. */
  readonly base: string;
  /** @throws EmendError 'bad-file', 'unsupported' naming the key */
  readonly read: (settings: Settings) => DecoderPart;
}
