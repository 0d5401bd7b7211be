import type { JobContext } from '../../../shared/progress.ts';
import { withDelta } from '../edit/delta.ts';
import { readDelta } from '../edit/delta-file.ts';
import type { Jobs } from '../jobs.ts';
import { norm } from '../linalg/matrix.ts';
import { tensorFloats } from '../onnx/tensors.ts';
import type { OpenModels } from './open-models.ts';
import { saveVersion } from '../decoder/version-file.ts';
import { tensorHash } from './tensor-hash.ts';

/** Adds deltas in their order and keeps the tensors that differ from the imported file. */
export async function rebuild(
  models: OpenModels,
  { model, deltas, save }: Jobs['rebuild']['params'],
  context: JobContext,
): Promise<Jobs['rebuild']['result']> {
  const { decoder, base } = await models.open(model);
  let now = decoder;
  for (const [done, file] of deltas.entries()) {
    context.progress('rebuilding', done, deltas.length);
    context.check();
    now = withDelta(now, readDelta(file).delta);
  }
  context.progress('rebuilding', deltas.length, deltas.length);
  await saveVersion(now, save);
  return {
    changed: [...now.changes.keys()].map((tensor) => ({ tensor, sha256Base: tensorHash(base, tensor), sha256: tensorHash(now, tensor) })),
  };
}

/** How far each tensor of two versions lies apart. */
export async function compare(models: OpenModels, params: Jobs['compare']['params']): Promise<Jobs['compare']['result']> {
  const { decoder: one } = await models.open(params.model);
  const { decoder: other } = await models.open(params.other);
  const names = new Set([...one.changes.keys(), ...other.changes.keys()]);
  const weights = [...names].flatMap((tensor) => {
    const [a, b] = [one, other].map((decoder) => tensorFloats(decoder.model, decoder.graph.constants.get(tensor)!)) as [
      Float32Array,
      Float32Array,
    ];
    const difference = norm(Float64Array.from(a, (x, i) => b[i]! - x));
    return difference === 0 ? [] : [{ tensor, norm: difference, weightNorm: norm(a) }];
  });
  return { weights };
}
