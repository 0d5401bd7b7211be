import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { EmendError } from '../../../shared/errors.ts';
import { CHECKPOINT, hasCheckpoint, isCheckpointFile, otherWeights } from './checkpoint-files.ts';

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
  const preferred = ['model.onnx', 'decoder_model_merged.onnx', 'decoder_with_past_model.onnx', 'decoder_model.onnx'];
  const best =
    preferred.map((name) => found.find((f) => basename(f) === name)).find((f) => f !== undefined) ??
    (found.length === 1 ? found[0] : undefined);
  if (best !== undefined) return best;
  if (found.length === 0) return checkpointFile(folder);
  throw new EmendError(
    'bad-input',
    `${folder} holds several graphs (${found.map((f) => basename(f)).join(', ')}).`,
    'Name the .onnx file itself.',
  );
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

/** Beside the graph, or a folder further up for a graph in onnx/. @param model folder or file of it */
export function tokenizerFolder(model: string): string {
  if (statSync(model).isDirectory()) return model;
  const beside = dirname(model);
  return existsSync(join(beside, 'tokenizer.json')) || !existsSync(join(dirname(beside), 'tokenizer.json')) ? beside : dirname(beside);
}
