import { basename, dirname, resolve } from 'node:path';
import { isCheckpointFile } from '../onnx/checkpoint-files.ts';
import type { Model, Tensor } from '../onnx/graph.ts';
import { readModelAndRanges } from '../onnx/read.ts';
import type { StoredRange } from '../onnx/read-tensor.ts';
import { buildCheckpoint } from './build.ts';

/** A model as its files say it, and the byte range of every tensor that has one. */
export interface SourceModel {
  readonly model: Model;
  readonly ranges: ReadonlyMap<Tensor, StoredRange>;
}

/**
 * The graph of a model without its weights: an .onnx file's own, or the one that a checkpoint's configuration stands for.
 * @param file as `graphFile` gives it
 * @throws EmendError `not-found`, `bad-file`, `unsupported`
 */
export function readSource(file: string): Model {
  return readSourceAndRanges(file).model;
}

/** {@link readSource} with byte ranges. */
export function readSourceAndRanges(file: string): SourceModel {
  if (!isCheckpointFile(basename(file))) return readModelAndRanges(file);
  const model = buildCheckpoint(dirname(resolve(file)));
  const ranges = new Map<Tensor, StoredRange>();
  for (const [name, tensor] of model.graph.constants)
    if (tensor.data.kind === 'file')
      ranges.set(tensor, { tensor: name, file: tensor.data.file, offset: tensor.data.offset, length: tensor.data.length });
  return { model, ranges };
}
