import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { EmendError } from '../../../shared/errors.ts';
import { sha256 } from '../../storage/hash.ts';
import { readSafetensors } from '../onnx/safetensors.ts';
import { tensorBytes } from '../onnx/tensors.ts';
import { transposed as transposedTensor } from './changed-tensors.ts';
import { readDelta } from './delta-file.ts';
import { stacked, transposed } from './factors.ts';
import { GGUF_ARCHITECTURES, ggufOf } from './gguf-adapter.ts';
import { adapterConfig } from './lora.ts';
import type { WeightDelta } from './types.ts';

// What those who hold an export against the record of it need of its files.

/** A tensor of a file of changed tensors. */
export interface ExportedTensor {
  /** Name in the graph. */
  readonly tensor: string;
  /** SHA-256 of its bytes, in the graph's layout or turned, since the checkpoint's layout may be the other one. */
  readonly hashes: readonly string[];
}

const NamesSchema = v.record(v.string(), v.string());

/** The tensors of a file that `changedTensorsFile` wrote, and the texts of its header. @throws EmendError 'bad-file' when it is another */
export function exportedTensors(file: string): { tensors: ExportedTensor[]; metadata: Readonly<Record<string, string>> } {
  const stored = readSafetensors(file);
  const names = namesIn(file, stored.metadata['graph_names']);
  const tensors = [...stored.tensors].map(([name, tensor]) => {
    const bytes = tensorBytes(stored, tensor);
    const { dtype, dims } = tensor;
    const turned = dims.length === 2 ? [sha256(transposedTensor({ dtype, dims: [...dims], bytes }).bytes)] : [];
    return { tensor: names[name] ?? name, hashes: [sha256(bytes), ...turned] };
  });
  return { tensors, metadata: stored.metadata };
}

function namesIn(file: string, text: string | undefined): Readonly<Record<string, string>> {
  try {
    return v.parse(NamesSchema, JSON.parse(text ?? ''));
  } catch {
    throw new EmendError('bad-file', `${file} does not say which tensors of the graph it holds.`, 'Get the folder anew from its maker.');
  }
}

/**
 * What keeps a PEFT adapter from being the sum of deltas; undefined when it is.
 * Each module has A = the rights and B = the lefts turned (lora.ts), so that no anatomy is needed; a module's name has its layer's number.
 * @param folder with adapter_config.json and adapter_model.safetensors @param deltas files, the first applied first
 */
export function adapterProblem(folder: string, deltas: readonly string[]): string | undefined {
  const stored = readSafetensors(join(folder, 'adapter_model.safetensors'));
  const bytes = (name: string) => {
    const tensor = stored.tensors.get(name);
    return tensor === undefined ? undefined : sha256(tensorBytes(stored, tensor));
  };
  const modules = [...stored.tensors.keys()].flatMap((name) => /^base_model\.model\.(.+)\.lora_A\.weight$/.exec(name)?.[1] ?? []);
  const layers = layersOf(deltas);
  if (stored.tensors.size !== 2 * modules.length || modules.length !== layers.length)
    return `it has factors for ${modules.length} modules; the record says that ${layers.length} layers were changed`;
  const ranks: Record<string, number> = {};
  for (const { layer, rank, a, b } of layers) {
    const module = modules.find((one) => one.split('.').includes(String(layer)));
    if (module === undefined) return `it has no factors for layer ${layer}, which the record says was changed`;
    if (bytes(`base_model.model.${module}.lora_A.weight`) !== a || bytes(`base_model.model.${module}.lora_B.weight`) !== b)
      return `its factors for ${module} are not those of the edits that the record names`;
    ranks[module] = rank;
  }
  const config = readFileSync(join(folder, 'adapter_config.json'), 'utf8');
  const fits = [true, false].some((conv1d) => config === adapterConfig(ranks, conv1d, undefined));
  return fits ? undefined : 'its configuration is not that of its factors';
}

/**
 * What keeps an adapter for llama.cpp from being the sum of deltas; undefined when it is. The whole file follows from them but for what
 * the graph is called there, which the file says.
 * @param folder with adapter.gguf and Modelfile @param deltas files, the first applied first @param metadata that the file must state
 */
export function ggufProblem(folder: string, deltas: readonly string[], metadata: Readonly<Record<string, string>>): string | undefined {
  const found = readFileSync(join(folder, 'adapter.gguf'));
  const beginning = found.subarray(0, 4096).toString('latin1');
  const modelfile = readFileSync(join(folder, 'Modelfile'), 'utf8');
  const layers = partsByLayer(deltas);
  const made = GGUF_ARCHITECTURES.filter((name) => beginning.includes(name)).map((name) => ggufOf(name, layers, metadata));
  if (!made.some(({ bytes }) => found.equals(bytes))) return 'its bytes are not those that the edits which the record names give';
  return made[0]!.modelfile === modelfile ? undefined : 'its Modelfile is not the one that belongs to it';
}

/** The changed layers, in their order: rank, and SHA-256 of the factors as the adapter has them. */
function layersOf(deltas: readonly string[]): { layer: number; rank: number; a: string; b: string }[] {
  return partsByLayer(deltas).map(([layer, parts]) => {
    const rank = parts.reduce((sum, part) => sum + part.left.rows, 0);
    const lefts = transposed(stacked(parts.map((part) => part.left)), rank, parts[0]!.left.columns);
    return { layer, rank, a: sha256(floats(stacked(parts.map((part) => part.right)))), b: sha256(floats(lefts)) };
  });
}

function partsByLayer(deltas: readonly string[]): [number, WeightDelta[]][] {
  const byLayer = new Map<number, WeightDelta[]>();
  for (const part of deltas.flatMap((file) => readDelta(file).delta.weights))
    if (part.left.rows > 0) byLayer.set(part.layer, [...(byLayer.get(part.layer) ?? []), part]);
  return [...byLayer].sort(([a], [b]) => a - b);
}

function floats(values: Float64Array): Uint8Array {
  return new Uint8Array(Float32Array.from(values).buffer);
}
