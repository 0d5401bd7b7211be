import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { EmendError } from '../../../shared/errors.ts';

type JsonObject = Readonly<Record<string, unknown>>;

const COPY_AGAIN = 'Copy the file again from where the model came from.';

/** What a model's config.json or genai_config.json says of it, as far as Emend asks. */
export interface ModelConfig {
  readonly layers: number | undefined;
  readonly hiddenSize: number | undefined;
  readonly heads: number | undefined;
  /** How many tokens it reads at most. */
  readonly positions: number | undefined;
}

/**
 * A JSON file of a model folder that holds an object.
 * @returns undefined when there is no such file
 * @throws EmendError 'bad-file' when it is anything else
 */
export function readModelJson(folder: string, name: string): JsonObject | undefined {
  const path = join(folder, name);
  if (!lstatSync(path, { throwIfNoEntry: false })) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const hint = `${COPY_AGAIN} A file of about 130 bytes is a Git LFS pointer: run \`git lfs pull\` there.`;
    throw new EmendError('bad-file', `${path} cannot be read as JSON: ${reason}`, hint);
  }
  return objectIn(json, path);
}

/** @param what for the error. @throws EmendError 'bad-file' for anything but an object */
export function objectIn(value: unknown, what: string): JsonObject {
  const parsed = v.safeParse(v.looseObject({}), value);
  if (parsed.success && !Array.isArray(value)) return parsed.output;
  throw new EmendError('bad-file', `${what}: expected an object.`, COPY_AGAIN);
}

/** Layer count, width and heads as config.json states them, for cross-checking: a file that is absent or odd says nothing. */
export function readModelConfig(folder: string): ModelConfig {
  const outer = orNothing(folder, 'config.json');
  const config = { ...outer, ...fields(outer['text_config']) };
  const number = (...names: string[]) => names.map((name) => config[name]).find((value): value is number => typeof value === 'number');
  return {
    layers: number('num_hidden_layers', 'n_layer', 'num_layers'),
    hiddenSize: number('hidden_size', 'n_embd', 'd_model'),
    heads: number('num_attention_heads', 'n_head', 'num_heads'),
    positions: number('max_position_embeddings', 'n_positions', 'max_sequence_length', 'max_seq_len', 'n_ctx'),
  };
}

/**
 * The model's family (gpt2, llama, …) as config.json says, or genai_config.json; undefined when neither does.
 * @param folder of the .onnx file, or the one above it
 */
export function readModelType(folder: string): string | undefined {
  for (const at of [folder, join(folder, '..')]) {
    const plain = orNothing(at, 'config.json')['model_type'];
    if (typeof plain === 'string') return plain;
    const genai = fields(orNothing(at, 'genai_config.json')['model'])['type'];
    if (typeof genai === 'string') return genai;
  }
  return undefined;
}

/** What such a file says, or nothing when it cannot be read: not every model has one, and nothing hangs on it. */
function orNothing(folder: string, name: string): JsonObject {
  try {
    return readModelJson(folder, name) ?? {};
  } catch {
    return {};
  }
}

function fields(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null ? (value as JsonObject) : {};
}
