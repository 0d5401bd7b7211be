import { statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { given } from '../../../shared/given.ts';
import type { JobContext } from '../../../shared/progress.ts';
import { writeDurably } from '../../storage/durable.ts';
import { explained } from '../../storage/file-errors.ts';
import { disk } from '../../storage/files.ts';
import { readSourceAndRanges } from '../architectures/source.ts';
import { changedTensorsFile } from '../edit/changed-tensors.ts';
import { slashes } from '../../storage/folders.ts';
import { othersBeside } from '../onnx/model-folder.ts';
import { isCheckpointFile } from '../onnx/checkpoint-files.ts';
import { readModelType } from '../onnx/model-config.ts';
import { changedBytes } from '../edit/delta.ts';
import { readDelta } from '../edit/delta-file.ts';
import { ggufAdapter } from '../edit/gguf-adapter.ts';
import { loraAdapter } from '../edit/lora.ts';
import type { Jobs } from '../jobs.ts';
import type { ExportOutcome } from '../onnx/export-outcome.ts';
import { belongingTo } from '../onnx/graphs-beside.ts';
import { patchModel } from '../onnx/patch.ts';
import { tensorBytes } from '../onnx/tensors.ts';
import { writeOnnxFolder } from '../onnx/write-folder.ts';
import type { OpenModels } from './open-models.ts';
import { steeredExport } from './steered-export.ts';

/** Writes a version as a whole model folder. A steering goes into its weights or its graph, and the result is held against it. */
export async function exportModel(models: OpenModels, params: Jobs['export']['params'], context: JobContext): Promise<ExportOutcome> {
  const opened = await models.open(params.model);
  const { unsteered, folder } = opened;
  const target = resolve(params.target);
  const { source } = unsteered;
  const steering = steeredExport(opened, params.model, !isCheckpointFile(source.file));
  const isFolder = statSync(folder).isDirectory();
  const own = join(source.folder, source.file);
  const fromRoot = (path: string) => slashes(relative(folder, path));
  const others = isFolder ? othersBeside(own) : [];
  const leftOut = params.leavesOutOthers ? belongingTo(own, others).map(fromRoot) : undefined;
  const report = await patchModel(
    {
      model: source,
      read: readSourceAndRanges,
      target,
      changes: changedBytes(steering?.baked ?? unsteered),
      ...(isFolder ? { root: folder } : {}),
      ...given({ without: leftOut }),
    },
    context,
  );
  const steered = await steering?.finish(report.model, context);
  // In a file that was written anew nothing lies where it lay.
  const kept = report.ranges.filter(({ file }) => !steered?.isRewritten || join(target, file) !== report.model);
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
    others: leftOut ? [] : others.map(fromRoot),
    leftOut: leftOut ?? [],
    ...given({ steering: steered?.said }),
  };
}

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

/** Writes a version as a folder for ONNX Runtime. A steering goes into its weights or its graph, and the result is held against it. */
export async function onnxFolder(
  models: OpenModels,
  { model, target }: Jobs['onnxFolder']['params'],
  context: JobContext,
): Promise<Jobs['onnxFolder']['result']> {
  const opened = await models.open(model);
  const { unsteered } = opened;
  const steering = steeredExport(opened, model, true);
  const { graph, files } = await writeOnnxFolder(unsteered.source, (steering?.baked ?? unsteered).changes, target, context);
  const steered = await steering?.finish(join(target, graph), context);
  return { files, ...given({ steering: steered?.said }) };
}

/** Writes an adapter of deltas for llama.cpp, with a Modelfile. */
export async function ggufAdapterFiles(
  models: OpenModels,
  { model, deltas, target, metadata }: Jobs['ggufAdapter']['params'],
): Promise<Jobs['ggufAdapter']['result']> {
  const { base } = await models.open(model);
  const made = ggufAdapter({
    anatomy: base.anatomy,
    deltas: deltas.map((file) => readDelta(file).delta),
    modelType: readModelType(base.source.folder),
    metadata,
  });
  await writeDurably(explained(disk), join(target, 'adapter.gguf'), made.bytes);
  await writeDurably(explained(disk), join(target, 'Modelfile'), Buffer.from(made.modelfile));
  return { files: ['adapter.gguf', 'Modelfile'] };
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
  const { source, anatomy } = decoder;
  const isCheckpoint = isCheckpointFile(source.file);
  const { bytes } = changedTensorsFile({ anatomy, changed, modelType: readModelType(source.folder), isCheckpoint, metadata });
  await writeDurably(explained(disk), join(target, 'changed.safetensors'), bytes);
  return { files: ['changed.safetensors'] };
}
