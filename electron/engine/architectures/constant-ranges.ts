import { join, relative } from 'node:path';
import { slashes } from '../../storage/folders.ts';
import { graphFile } from '../onnx/model-folder.ts';
import { readSourceAndRanges } from './source.ts';

/** Where the constants of a file lie. */
export interface ConstantRanges {
  /** Relative to the model's folder, with forward slashes. */
  readonly path: string;
  /** In the order of the file. Two constants may share a range. */
  readonly tensors: readonly { readonly tensor: string; readonly offset: number; readonly length: number }[];
}

/**
 * Where each constant of a model is stored, from the graph's structure; no weights are read. Constants stored element by element have no
 * range.
 * @param folder of the model, or a file that it is named by
 * @throws EmendError 'not-found', 'bad-file', 'unsupported' as reading the graph does
 */
export function constantRanges(folder: string): ConstantRanges[] {
  const { model, ranges } = readSourceAndRanges(graphFile(folder));
  const byFile = new Map<string, { tensor: string; offset: number; length: number }[]>();
  for (const [name, tensor] of model.graph.constants) {
    const range = ranges.get(tensor);
    if (!range) continue;
    const path = slashes(relative(folder, join(model.folder, range.file)));
    byFile.set(path, [...(byFile.get(path) ?? []), { tensor: name, offset: range.offset, length: range.length }]);
  }
  return [...byFile]
    .map(([path, tensors]) => ({ path, tensors: tensors.sort((a, b) => a.offset - b.offset || (a.tensor < b.tensor ? -1 : 1)) }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}
