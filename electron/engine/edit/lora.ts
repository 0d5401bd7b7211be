import { EmendError } from '../../../shared/errors.ts';
import type { Anatomy } from '../anatomy/types.ts';
import { type SafetensorsEntry, writeSafetensors } from '../onnx/safetensors.ts';
import { checkpointWeight, type CheckpointWeight } from './checkpoint-names.ts';
import { byLayer, stacked, transposed } from './factors.ts';
import type { Delta } from './types.ts';

/** A LoRA adapter as PEFT reads it: two files of a folder. */
export interface LoraAdapter {
  /** adapter_config.json */
  readonly config: string;
  /** adapter_model.safetensors, float32 */
  readonly weights: Uint8Array;
  /** The modules that it changes, each with its rank, in the order of the file. */
  readonly ranks: Readonly<Record<string, number>>;
}

/** What an adapter is made from. */
export interface LoraInputs {
  readonly anatomy: Anatomy;
  /** All on the same base; their sum is what the adapter adds. */
  readonly deltas: readonly Delta[];
  /** model_type of config.json. */
  readonly modelType?: string | undefined;
  /** Name or place of the checkpoint, for whoever loads the adapter; informative. */
  readonly baseModel?: string;
  /** Texts for the header of the weights file. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * The sum of deltas as a PEFT LoRA adapter. ΔW = Σ left_r ⊗ right_r is B·A with A = right and B = leftᵀ, scaled by alpha / r = 1;
 * deltas of one weight stand below each other, so their ranks add up. The same inputs give the same bytes.
 * @throws EmendError 'unsupported' when a weight's place in the checkpoint cannot be told, 'bad-input' for deltas of another model or none
 *   at all, 'failed' for values beyond float32
 */
export function loraAdapter({ anatomy, deltas, modelType, baseModel, metadata = {} }: LoraInputs): LoraAdapter {
  const tensors = new Map<string, SafetensorsEntry>();
  const ranks: Record<string, number> = {};
  const kinds = new Set<CheckpointWeight['kind']>();
  for (const [layer, parts] of byLayer(anatomy, deltas)) {
    const { module, kind } = checkpointWeight(anatomy, layer, modelType);
    const { outWidth, inWidth } = anatomy.layers[layer]!.mlp.down;
    const rank = parts.reduce((sum, part) => sum + part.left.rows, 0);
    kinds.add(kind);
    ranks[module] = rank;
    tensors.set(`base_model.model.${module}.lora_A.weight`, float32([rank, inWidth], stacked(parts.map((part) => part.right)), module));
    tensors.set(
      `base_model.model.${module}.lora_B.weight`,
      float32([outWidth, rank], transposed(stacked(parts.map((part) => part.left)), rank, outWidth), module),
    );
  }
  if (tensors.size === 0)
    throw new EmendError('bad-input', 'There is no change of the weights to make an adapter from.', 'Choose a version with an edit.');
  if (kinds.size > 1)
    throw new EmendError(
      'unsupported',
      'The model has changed weights of both kinds, [in, out] and [out, in]; one adapter cannot say which is which.',
      'Export the whole folder.',
    );
  return {
    config: adapterConfig(ranks, kinds.has('conv1d'), baseModel),
    weights: writeSafetensors(tensors, { format: 'pt', ...metadata }),
    ranks,
  };
}

/**
 * Every module has a rank of its own; alpha equals it, so that nothing is scaled. Module names go into patterns, which match a name's end
 * after a dot.
 */
export function adapterConfig(ranks: Readonly<Record<string, number>>, conv1d: boolean, baseModel: string | undefined): string {
  const r = Math.max(...Object.values(ranks));
  const config = {
    alpha_pattern: ranks,
    base_model_name_or_path: baseModel ?? null,
    bias: 'none',
    fan_in_fan_out: conv1d,
    inference_mode: true,
    init_lora_weights: true,
    lora_alpha: r,
    lora_dropout: 0,
    peft_type: 'LORA',
    r,
    rank_pattern: ranks,
    target_modules: Object.keys(ranks),
    task_type: 'CAUSAL_LM',
    use_dora: false,
    use_rslora: false,
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

function float32(dims: number[], values: Float64Array, module: string): SafetensorsEntry {
  const floats = Float32Array.from(values);
  if (!floats.every(Number.isFinite))
    throw new EmendError('failed', `The change of ${module} has values that float32 cannot hold.`, 'Export the whole folder.');
  return { dtype: 'float32', dims, bytes: new Uint8Array(floats.buffer) };
}
