import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { JobContext } from '../../../shared/progress.ts';
import { writeDurably } from '../../storage/durable.ts';
import { explained } from '../../storage/file-errors.ts';
import { disk } from '../../storage/files.ts';
import { changedTensorsFile } from '../edit/changed-tensors.ts';
import { readModelType } from '../onnx/model-config.ts';
import { changedBytes, withDelta } from '../edit/delta.ts';
import { readDelta } from '../edit/delta-file.ts';
import { loraAdapter } from '../edit/lora.ts';
import type { Jobs } from '../jobs.ts';
import type { ExportOutcome } from '../onnx/export-outcome.ts';
import { patchModel } from '../onnx/patch.ts';
import { tensorBytes } from '../onnx/tensors.ts';
import { exportable, exportGraph, proveExport, weightsOf } from '../steer/export.ts';
import type { Steering } from '../steer/steering.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import type { OpenModels } from './open-models.ts';
import { planSaid } from './plan-said.ts';
import { steeringOf } from './steering-of.ts';

/** Writes a version as a whole model folder. A steering goes into its weights or its graph, and the result is held against it. */
export async function exportModel(models: OpenModels, params: Jobs['export']['params'], context: JobContext): Promise<ExportOutcome> {
  const { unsteered, folder, tokenizer } = await models.open(params.model);
  const target = resolve(params.target);
  const { steering: refs = [] } = params.model;
  const steering = refs.length > 0 ? steeringOf(refs) : undefined;
  const plan = steering && exportable(unsteered, steering);
  const baked = plan ? withDelta(unsteered, { weights: [], others: weightsOf(plan) }) : unsteered;
  const root = statSync(folder).isDirectory() ? { root: folder } : {};
  const report = await patchModel({ model: unsteered.source, target, changes: changedBytes(baked), ...root }, context);
  const rewritten = steering && plan && (await exportGraph(unsteered, steering, plan, report.model));
  const proof = steering && (await proveExport(unsteered, steering, report.model, proofRows(tokenizer, steering), context));
  // In a file that was written anew nothing lies where it lay.
  const kept = report.ranges.filter(({ file }) => !rewritten || join(target, file) !== report.model);
  return {
    target,
    files: report.files.length,
    bytes: report.files.reduce((sum, f) => sum + statSync(join(target, f)).size, 0),
    changed: kept.map((r) => ({
      file: r.file,
      weight: r.tensor,
      offset: r.offset,
      length: r.length,
      sha256Before: r.before,
      sha256After: r.after,
    })),
    ...(plan && proof ? { steering: { changes: planSaid(unsteered, plan), ...proof } } : {}),
  };
}

/** Prompts that an exported steering is tried on, each long enough for what lies on prompts. */
function proofRows(tokenizer: Tokenizer, { intervention }: Steering): number[][] {
  const least = Math.max(1, ...intervention.parts.map(({ positions }) => (positions.kind === 'aligned' ? positions.tokens : 0)));
  return PROOF.map((text) => {
    const ids = tokenizer.encode(text);
    while (ids.length < least) ids.push(...tokenizer.encode(` ${text}`, { addSpecialTokens: false }));
    return ids;
  });
}
const PROOF = ['The capital of France is', 'Once upon a time there was a', 'She opened the door and', '12 + 30 ='];

/** Writes a PEFT LoRA adapter of deltas on the imported model. */
export async function adapter(
  models: OpenModels,
  { model, deltas, target, metadata }: Jobs['adapter']['params'],
): Promise<Jobs['adapter']['result']> {
  const { base } = await models.open(model);
  const made = loraAdapter({
    anatomy: base.anatomy,
    deltas: deltas.map((file) => readDelta(file).delta),
    modelType: readModelType(base.source.folder),
    metadata,
  });
  await writeDurably(explained(disk), join(target, 'adapter_config.json'), Buffer.from(made.config));
  await writeDurably(explained(disk), join(target, 'adapter_model.safetensors'), made.weights);
  return { files: ['adapter_config.json', 'adapter_model.safetensors'] };
}

/** Writes the tensors in which a version differs, under the checkpoint's names where they can be told. */
export async function tensorsFile(
  models: OpenModels,
  { model, target, metadata }: Jobs['tensorsFile']['params'],
): Promise<Jobs['tensorsFile']['result']> {
  const { decoder } = await models.open(model);
  const changed = new Map(
    [...decoder.changes].map(([name, tensor]) => [
      name,
      { dtype: tensor.dtype, dims: tensor.dims, bytes: tensorBytes(decoder.model, tensor) },
    ]),
  );
  const { bytes } = changedTensorsFile({ anatomy: decoder.anatomy, changed, modelType: readModelType(decoder.source.folder), metadata });
  await writeDurably(explained(disk), join(target, 'changed.safetensors'), bytes);
  return { files: ['changed.safetensors'] };
}
