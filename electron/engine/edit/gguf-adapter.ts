import { EmendError } from '../../../shared/errors.ts';
import type { Anatomy } from '../anatomy/types.ts';
import { type GgufTensor, type GgufValue, writeGguf } from '../onnx/gguf.ts';
import { byLayer, stacked, transposed } from './factors.ts';
import type { Delta, WeightDelta } from './types.ts';

/**
 * What llama.cpp calls the graph of a `model_type`. Only graphs in which the down-projection of layer N is `blk.N.ffn_down` and lies as
 * [out, in] there, its rows and columns in the checkpoint's order. Sources: llama.cpp, convert_hf_to_gguf.py and gguf-py/constants.py.
 */
const ARCHITECTURES: Readonly<Record<string, string | undefined>> = {
  bloom: 'bloom',
  cohere: 'command-r',
  falcon: 'falcon',
  gemma: 'gemma',
  gemma2: 'gemma2',
  gemma3_text: 'gemma3',
  gpt2: 'gpt2',
  gpt_neox: 'gptneox',
  granite: 'granite',
  llama: 'llama',
  mistral: 'llama',
  olmo2: 'olmo2',
  olmo3: 'olmo2',
  phi: 'phi2',
  phi3: 'phi3',
  qwen2: 'qwen2',
  qwen3: 'qwen3',
  smollm3: 'smollm3',
  stablelm: 'stablelm',
  starcoder2: 'starcoder2',
};

/** An adapter for llama.cpp and what builds on it: two files of a folder. */
export interface GgufAdapter {
  /** adapter.gguf, float32 */
  readonly bytes: Uint8Array;
  /** Modelfile, for Ollama; its comments say how llama.cpp takes the adapter. */
  readonly modelfile: string;
  /** Rank of the factors of each layer. */
  readonly ranks: Readonly<Record<number, number>>;
  /** What llama.cpp calls the graph. */
  readonly architecture: string;
  /** The matrices that are changed, by llama.cpp's names, as [out, in]. */
  readonly weights: ReadonlyMap<string, readonly [number, number]>;
}

export interface GgufInputs {
  readonly anatomy: Anatomy;
  /** All on the same base; their sum is what the adapter adds. */
  readonly deltas: readonly Delta[];
  readonly modelType: string | undefined;
  /** Texts for the file's own list of facts, under `emend.<key>`. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * The sum of deltas as a LoRA adapter in GGUF: for each changed layer `blk.N.ffn_down.weight.lora_a` [rank, in] and `.lora_b`
 * [out, rank], whose product is added. llama.cpp multiplies by alpha / rank with one alpha for all, so that all are filled up with zeros
 * to the largest rank.
 * Source: llama.cpp, src/llama-adapter.cpp and convert_lora_to_gguf.py.
 * @throws EmendError 'unsupported' where llama.cpp has no graph of this kind; 'bad-input' for deltas of another model or none at all
 */
export function ggufAdapter({ anatomy, deltas, modelType, metadata = {} }: GgufInputs): GgufAdapter {
  const architecture = architectureOf(modelType);
  if (architecture === undefined) {
    const what = modelType ?? 'model of unknown kind';
    throw new EmendError(
      'unsupported',
      `No adapter for llama.cpp can be made of a ${what}: how its graph is called there is not known.`,
      'Export the whole folder, and convert that.',
    );
  }
  return ggufOf(architecture, byLayer(anatomy, deltas), metadata);
}

/** Whether adapters can be made of a `model_type`. */
export function hasGgufGraph(modelType: string): boolean {
  return architectureOf(modelType) !== undefined;
}

function architectureOf(modelType: string | undefined): string | undefined {
  return modelType !== undefined && Object.hasOwn(ARCHITECTURES, modelType) ? ARCHITECTURES[modelType] : undefined;
}

/** What llama.cpp's graphs are called of which adapters are made. */
export const GGUF_ARCHITECTURES: readonly string[] = [...new Set(Object.values(ARCHITECTURES).filter((name) => name !== undefined))];

/**
 * An adapter of changed layers, each with its deltas in their order. The same inputs give the same bytes.
 * @param architecture what llama.cpp calls the graph
 * @throws EmendError 'bad-input' for no change at all, 'failed' for one that float32 cannot hold
 */
export function ggufOf(
  architecture: string,
  layers: readonly (readonly [number, readonly WeightDelta[]])[],
  metadata: Readonly<Record<string, string>>,
): GgufAdapter {
  const ranks = Object.fromEntries(layers.map(([layer, parts]) => [layer, parts.reduce((sum, part) => sum + part.left.rows, 0)]));
  const rank = Math.max(0, ...Object.values(ranks));
  if (rank === 0)
    throw new EmendError('bad-input', 'There is no change of the weights to make an adapter from.', 'Choose a version with an edit.');
  const tensors = new Map<string, GgufTensor>();
  const weights = new Map<string, readonly [number, number]>();
  for (const [layer, parts] of layers) {
    const [outWidth, inWidth] = [parts[0]!.left.columns, parts[0]!.right.columns];
    const name = `blk.${layer}.ffn_down.weight`;
    weights.set(name, [outWidth, inWidth]);
    const filled = (values: Float64Array, width: number) => {
      const whole = new Float64Array(rank * width);
      whole.set(values);
      return whole;
    };
    const a = filled(stacked(parts.map((part) => part.right)), inWidth);
    const b = transposed(filled(stacked(parts.map((part) => part.left)), outWidth), rank, outWidth);
    tensors.set(`${name}.lora_a`, float32([rank, inWidth], a, name));
    tensors.set(`${name}.lora_b`, float32([outWidth, rank], b, name));
  }
  const facts = new Map<string, GgufValue>([
    ['general.type', { type: 'string', value: 'adapter' }],
    ['general.architecture', { type: 'string', value: architecture }],
    ['adapter.type', { type: 'string', value: 'lora' }],
    ['adapter.lora.alpha', { type: 'float32', value: rank }],
    ...Object.entries(metadata).map(([key, value]) => [`emend.${key}`, { type: 'string', value }] as const),
  ]);
  return { bytes: writeGguf(facts, tensors), modelfile: modelfile(ranks), ranks, architecture, weights };
}

function modelfile(ranks: Readonly<Record<number, number>>): string {
  const each = Object.entries(ranks).map(([layer, rank]) => `layer ${layer}: rank ${rank}`);
  return [
    '# An edit that Emend made, to be laid over the GGUF file of the unedited model, quantised or not.',
    `# ${each.join(', ')}; the factors are float32, what quantisation does to the base is not made up for.`,
    '# Ollama: write the name of that file behind FROM, then: ollama create NAME -f Modelfile',
    '# llama.cpp: llama-cli -m BASE.gguf --lora adapter.gguf',
    '# Without the ADAPTER line, or without --lora, the model is the unedited one again.',
    'FROM ./BASE.gguf',
    'ADAPTER ./adapter.gguf',
    '',
  ].join('\n');
}

function float32(dims: readonly number[], values: Float64Array, name: string): GgufTensor {
  const floats = Float32Array.from(values);
  if (!floats.every(Number.isFinite))
    throw new EmendError('failed', `The change of ${name} has values that float32 cannot hold.`, 'Export the whole folder.');
  return { type: 'F32', dims, bytes: new Uint8Array(floats.buffer) };
}
