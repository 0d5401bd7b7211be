import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { EmendError } from '../../../shared/errors.ts';
import { readModel } from './read.ts';
import { CHECKPOINT, hasCheckpoint, isCheckpointFile, isCheckpointWeights, otherWeights } from './checkpoint-files.ts';
import { hasTokenizerFiles } from './tokenizer-files.ts';

/** The two halves that exporters write a decoder in: one goes on from a cache, one begins. */
const WITH_PAST = 'decoder_with_past_model.onnx';
const BEGINNING = 'decoder_model.onnx';

/**
 * The file that says what a model's graph is. In a folder: the only .onnx file, or the one that exporters call the decoder, in onnx/ too;
 * without one the configuration of a checkpoint. A checkpoint beside an .onnx file is meant by naming a file of its own.
 * @throws EmendError 'not-found', 'bad-input'; 'unsupported' for weights in a form that cannot be opened
 */
export function graphFile(folder: string): string {
  if (!existsSync(folder)) throw new EmendError('not-found', `There is no folder ${folder}.`, 'Give the folder that holds the model.');
  if (!statSync(folder).isDirectory()) {
    if (folder.endsWith('.onnx')) return folder;
    if (isCheckpointFile(basename(folder))) return join(dirname(folder), CHECKPOINT.config);
    const other = otherWeights(dirname(folder), [basename(folder)]);
    if (other) throw other;
    throw new EmendError(
      'bad-input',
      `${folder} is neither a folder nor an .onnx or safetensors file.`,
      'Give the folder that holds the model.',
    );
  }
  const places = [folder, join(folder, 'onnx')].filter((p) => existsSync(p));
  const found = places.flatMap((p) =>
    readdirSync(p)
      .filter((f) => f.endsWith('.onnx'))
      .map((f) => join(p, f)),
  );
  const best =
    PREFERRED.map((name) => found.find((f) => basename(f) === name)).find((f) => f !== undefined) ??
    (found.length === 1 ? found[0] : undefined);
  if (best !== undefined) return forPrompts(best, found);
  if (found.length === 0) return checkpointFile(folder);
  throw new EmendError(
    'bad-input',
    `${folder} holds several graphs (${found.map((f) => basename(f)).join(', ')}).`,
    'Name the .onnx file itself.',
  );
}

const PREFERRED = ['model.onnx', 'decoder_model_merged.onnx', WITH_PAST, BEGINNING];

/** Of two halves of a decoder, the one that goes on from a cache runs prompts too, unless it takes one token alone: then the other does. */
function forPrompts(best: string, found: readonly string[]): string {
  const beginning = found.find((file) => basename(file) === BEGINNING);
  if (basename(best) !== WITH_PAST || beginning === undefined) return best;
  const ids = readModel(best).graph.inputs.find(({ name }) => name === 'input_ids');
  return ids?.dims?.[1] === 1 ? beginning : best;
}

/** How {@link othersBeside} are called. */
export function otherGraphs(file: string): string[] {
  return othersBeside(file).map((path) => basename(path));
}

/**
 * Other graphs in the same folder as a model's own: variants of it in other precisions, halves, and a checkpoint's weights.
 * @param file the model's own @returns their paths
 */
export function othersBeside(file: string): string[] {
  const folder = dirname(file);
  const named = (place: string, isOne: (name: string) => boolean) =>
    readdirSync(place)
      .filter(isOne)
      .sort()
      .map((name) => join(place, name));
  const isGraph = (name: string) => name.endsWith('.onnx') && name !== basename(file);
  // Beside a checkpoint lie graphs of the same model, which do not read its weights.
  if (!file.endsWith('.onnx'))
    return [folder, join(folder, 'onnx')].filter((place) => existsSync(place)).flatMap((place) => named(place, isGraph));
  const graphs = named(folder, isGraph);
  const places = [folder, ...(basename(folder) === 'onnx' ? [dirname(folder)] : [])];
  return [...graphs, ...places.flatMap((place) => named(place, (name) => isCheckpointWeights(name) && name.endsWith('.safetensors')))];
}

function checkpointFile(folder: string): string {
  if (hasCheckpoint(folder)) return join(folder, CHECKPOINT.config);
  const names = readdirSync(folder);
  const other = otherWeights(folder, names);
  if (other) throw other;
  throw new EmendError(
    'not-found',
    `${folder} holds neither an .onnx file nor a safetensors checkpoint (found ${names.slice(0, 8).join(', ') || 'nothing'}).`,
    'Give the folder that holds the model: config.json with model.safetensors, or model.onnx.',
  );
}

/** A whole model's folder where its onnx/ folder was chosen and the tokenizer lies beside that; any other path as it is. */
export function wholeModel(path: string): string {
  const above = dirname(resolve(path));
  const isGraphs = basename(resolve(path)) === 'onnx' && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  return isGraphs && !hasTokenizer(path) && hasTokenizer(above) ? above : path;
}

function hasTokenizer(folder: string): boolean {
  return hasTokenizerFiles((name) => existsSync(join(folder, name)));
}

/** Beside the graph, or a folder further up for a graph in onnx/. @param model folder or file of it */
export function tokenizerFolder(model: string): string {
  if (statSync(model).isDirectory()) return model;
  const beside = dirname(model);
  return hasTokenizer(beside) || !hasTokenizer(dirname(beside)) ? beside : dirname(beside);
}
