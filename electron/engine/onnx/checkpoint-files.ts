import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { EmendError } from '../../../shared/errors.ts';

/** Files of a Hugging Face checkpoint. */
export const CHECKPOINT = { config: 'config.json', weights: 'model.safetensors', index: 'model.safetensors.index.json' } as const;

/** Whether a folder holds weights as safetensors, adapters aside. */
export function hasCheckpoint(folder: string): boolean {
  return existsSync(join(folder, CHECKPOINT.index)) || readdirSync(folder).some(isWeights);
}

/** Whether a file's name is one by which a checkpoint may be meant. */
export function isCheckpointFile(name: string): boolean {
  return isWeights(name) || name === CHECKPOINT.config || name === CHECKPOINT.index;
}

/** Whether a file in a folder, by its path there, holds weights of the checkpoint in it, or says where they lie. */
export function isCheckpointWeights(path: string): boolean {
  return isWeights(path) || path === CHECKPOINT.index;
}

function isWeights(name: string): boolean {
  return !name.includes('/') && name.endsWith('.safetensors') && !name.startsWith('adapter_');
}

interface OtherWeights {
  readonly is: (name: string) => boolean;
  readonly what: string;
  readonly hint: string;
}

/** Forms of weights that cannot be opened: what they are, and what to do. */
const OTHERS: readonly OtherWeights[] = [
  {
    is: (name) => name.endsWith('.gguf'),
    what: 'a GGUF file, whose weights are made for running and mostly quantised',
    hint: 'Take the safetensors checkpoint that it was made from.',
  },
  {
    is: (name) => /^adapter_(config\.json|model\.(safetensors|bin))$/.test(name),
    what: 'an adapter without the model that it changes',
    hint: 'Merge it into its base model (PEFT: merge_and_unload, then save_pretrained), and take that folder.',
  },
  {
    is: (name) => /\.(bin|pt|pth|ckpt)$/.test(name) && !/^(training_args|optimizer|scheduler|rng_state)/.test(name),
    what: 'pickled weights only, which can run code when they are read',
    hint: 'Take the safetensors files of this model; many repositories have them in a branch of a pull request.',
  },
  {
    is: (name) => /\.(h5|msgpack|ot)$/.test(name),
    what: 'weights for TensorFlow, Flax or Rust only',
    hint: 'Take the safetensors files of this model.',
  },
];

/** The error for a folder, or a file, whose weights are in another form; undefined when there are none. */
export function otherWeights(folder: string, names: readonly string[]): EmendError | undefined {
  for (const { is, what, hint } of OTHERS) {
    const found = names.find(is);
    if (found !== undefined) return new EmendError('unsupported', `${join(folder, found)} is ${what}.`, hint);
  }
  return undefined;
}

/** The error for a folder with a configuration and no safetensors. */
export function refuseOtherWeights(folder: string): EmendError {
  return (
    otherWeights(folder, readdirSync(folder)) ??
    new EmendError('not-found', `${folder} holds no safetensors file.`, 'Download the weights (model.safetensors, or all its parts) too.')
  );
}
