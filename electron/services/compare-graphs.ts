import type { GraphsCompared } from '../../shared/contract/library.ts';
import { EmendError } from '../../shared/errors.ts';
import type { JobControl } from './job-list.ts';
import type { Engine } from './jobs.ts';
import { bothGraphs } from './look.ts';

/**
 * Asks the ONNX graph and the checkpoint of a folder the same.
 * @throws EmendError 'bad-input' where the folder does not hold both
 */
export async function compareGraphs(engine: Engine, path: string, control: JobControl): Promise<GraphsCompared> {
  const both = bothGraphs(path);
  if (!both)
    throw new EmendError(
      'bad-input',
      `${path} does not hold both an ONNX graph and a checkpoint.`,
      'Give a folder with model.onnx and config.json with model.safetensors in it.',
    );
  const { texts } = await engine.run('compareGraphs', { model: { folder: both.onnx }, other: { folder: both.checkpoint } }, control);
  return {
    largest: Math.max(...texts.map(({ largest }) => largest)),
    texts: texts.map(({ prompt, says, other, largest }) => ({ prompt, onnx: says, checkpoint: other, largest })),
  };
}
