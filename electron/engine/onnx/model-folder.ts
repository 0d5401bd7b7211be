import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { EmendError } from '../../../shared/errors.ts';

/** The decoder graph in a folder: the only .onnx file, or the one that exporters call the decoder; in onnx/ too. */
export function graphFile(folder: string): string {
  if (!existsSync(folder)) throw new EmendError('not-found', `There is no folder ${folder}.`, 'Give the folder that holds the model.onnx.');
  if (!statSync(folder).isDirectory()) {
    if (folder.endsWith('.onnx')) return folder;
    throw new EmendError('bad-input', `${folder} is neither a folder nor an .onnx file.`, 'Give the folder that holds the model.onnx.');
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
  const listing = readdirSync(folder).slice(0, 8).join(', ');
  if (found.length === 0)
    throw new EmendError(
      'not-found',
      `${folder} holds no .onnx file (found ${listing || 'nothing'}).`,
      'Export the model first: optimum-cli export onnx --model <name> --task text-generation-with-past <folder>.',
    );
  throw new EmendError(
    'bad-input',
    `${folder} holds several graphs (${found.map((f) => basename(f)).join(', ')}).`,
    'Name the .onnx file itself.',
  );
}

/** Beside the graph, or a folder further up for a graph in onnx/. @param model folder or .onnx file */
export function tokenizerFolder(model: string): string {
  if (statSync(model).isDirectory()) return model;
  const beside = dirname(model);
  return existsSync(join(beside, 'tokenizer.json')) || !existsSync(join(dirname(beside), 'tokenizer.json')) ? beside : dirname(beside);
}
