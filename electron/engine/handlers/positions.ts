import { dirname } from 'node:path';
import { readModelConfig } from '../onnx/model-config.ts';
import { graphFile, tokenizerFolder } from '../onnx/model-folder.ts';

/** How many tokens a model reads at most, as its folder says; undefined where it says nothing. */
export function positionsOf(folder: string): number | undefined {
  return [folder, dirname(graphFile(folder)), tokenizerFolder(folder)]
    .map((one) => readModelConfig(one).positions)
    .find((one) => one !== undefined);
}
