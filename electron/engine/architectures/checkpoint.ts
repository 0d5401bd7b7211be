import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { EmendError } from '../../../shared/errors.ts';
import type { Tensor } from '../onnx/graph.ts';
import { readModelJson } from '../onnx/model-config.ts';
import { CHECKPOINT, refuseOtherWeights } from '../onnx/checkpoint-files.ts';
import { checkLocation } from '../onnx/paths.ts';
import { readSafetensors } from '../onnx/safetensors.ts';

/** A Hugging Face model folder: its configuration, and where each of its tensors lies. Nothing of the weights is read. */
export interface Checkpoint {
  /** Absolute. */
  readonly folder: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** Tensor name → its byte range in a file of the folder. */
  readonly tensors: ReadonlyMap<string, Tensor>;
}

const IndexSchema = v.looseObject({ weight_map: v.record(v.string(), v.string()) });

/**
 * Reads config.json and the headers of the safetensors files.
 * @param folder absolute
 * @throws EmendError `not-found`, `bad-file` for what is missing or malformed, `unsupported` for weights in another form; each by name
 */
export function readCheckpoint(folder: string): Checkpoint {
  const config = readModelJson(folder, CHECKPOINT.config);
  if (config === undefined)
    throw new EmendError(
      'not-found',
      `${folder} holds no ${CHECKPOINT.config}, which says how the model is put together.`,
      `Copy ${CHECKPOINT.config} from where the model came from into the folder.`,
    );
  refuseQuantised(folder, config);
  return { folder, config, tensors: readTensors(folder) };
}

function refuseQuantised(folder: string, config: Readonly<Record<string, unknown>>): void {
  const said = config['quantization_config'] ?? config['compression_config'];
  if (said === undefined || said === null) return;
  const method = v.safeParse(v.looseObject({ quant_method: v.string() }), said);
  throw new EmendError(
    'unsupported',
    `The weights in ${folder} are quantised (${method.success ? method.output.quant_method : 'quantization_config'} in config.json).`,
    'Take the float16, bfloat16 or float32 checkpoint of this model; edits are made there.',
  );
}

function readTensors(folder: string): Map<string, Tensor> {
  const index = readIndex(folder);
  const tensors = new Map<string, Tensor>();
  for (const file of index?.files ?? [singleFile(folder)]) {
    if (!existsSync(join(folder, file))) throw missingShard(folder, file, index!);
    for (const [name, { dtype, dims, data }] of readSafetensors(join(folder, file)).tensors) {
      if (tensors.has(name)) throw bad(`The tensor "${name}" is in two files of ${folder}; one of them is ${file}.`);
      tensors.set(name, { dtype, dims, data: data.kind === 'file' ? { ...data, file } : data });
    }
  }
  const absent = [...(index?.places ?? [])].filter(([name, file]) => {
    const data = tensors.get(name)?.data;
    return data?.kind !== 'file' || data.file !== file;
  });
  const [first] = absent;
  if (first !== undefined)
    throw bad(`${CHECKPOINT.index} says that "${first[0]}" is in ${first[1]}, which does not hold it (${absent.length} such tensors).`);
  return tensors;
}

interface Index {
  /** Tensor name → file. */
  readonly places: ReadonlyMap<string, string>;
  readonly files: readonly string[];
}

function readIndex(folder: string): Index | undefined {
  const json = readModelJson(folder, CHECKPOINT.index);
  if (json === undefined) return undefined;
  const parsed = v.safeParse(IndexSchema, json);
  const entries = parsed.success ? Object.entries(parsed.output.weight_map) : [];
  if (entries.length === 0) throw bad(`${join(folder, CHECKPOINT.index)} has no weight_map of tensor names to file names.`);
  const places = new Map(entries.map(([name, file]) => [name, checkLocation(file, name)]));
  return { places, files: [...new Set(places.values())].sort() };
}

/** The one safetensors file where there is no index; adapters lie beside models and are none of it. */
function singleFile(folder: string): string {
  const found = readdirSync(folder).filter((name) => name.endsWith('.safetensors') && !name.startsWith('adapter_'));
  if (found.includes(CHECKPOINT.weights)) return CHECKPOINT.weights;
  const [only, another] = found;
  if (only !== undefined && another === undefined) return only;
  if (only === undefined) throw refuseOtherWeights(folder);
  throw new EmendError(
    'bad-file',
    `${folder} holds ${found.length} safetensors files and no ${CHECKPOINT.index} that says what is in which.`,
    `Download ${CHECKPOINT.index} too.`,
  );
}

function missingShard(folder: string, file: string, { places }: Index): EmendError {
  const count = [...places.values()].filter((place) => place === file).length;
  return new EmendError(
    'bad-file',
    `${folder} lacks ${file}, in which ${CHECKPOINT.index} places ${count} tensors.`,
    'Download the missing file into the folder.',
  );
}

function bad(message: string): EmendError {
  return new EmendError('bad-file', message, 'Download the model again.');
}
