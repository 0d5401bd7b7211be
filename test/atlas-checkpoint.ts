import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { floatsToBytes, type FloatType } from '../electron/engine/onnx/floats.ts';
import { readModel } from '../electron/engine/onnx/read.ts';
import { writeSafetensors } from '../electron/engine/onnx/safetensors.ts';
import { tensorFloats } from '../electron/engine/onnx/tensors.ts';

/** The built-in model's folder. */
export const ATLAS = join(import.meta.dirname, '../models/atlas');

/** Files beside the weights. */
const BESIDE = ['config.json', 'generation_config.json', 'tokenizer.json', 'tokenizer_config.json', 'special_tokens_map.json'];

/**
 * Writes the built-in model as the checkpoint that it was exported from: its constants under the names that the exporter kept.
 * @param shards how many files the weights are spread over, with an index when there are several
 */
export function writeAtlasCheckpoint(folder: string, dtype: FloatType = 'float32', shards = 1): void {
  mkdirSync(folder, { recursive: true });
  for (const name of BESIDE) copyFileSync(join(ATLAS, name), join(folder, name));
  const model = readModel(join(ATLAS, 'model.onnx'));
  const named = [...model.graph.constants].filter(([name]) => /^transformer\.[\w.]+\.(weight|bias)$/.test(name));
  const entries = named.map(([name, tensor]) => {
    const bytes = floatsToBytes(tensorFloats(model, tensor), dtype);
    return [name, { dtype, dims: tensor.dims, bytes }] as const;
  });
  const fileOf = (at: number) => `model-0000${at + 1}-of-0000${shards}.safetensors`;
  for (let at = 0; at < shards; at++) {
    const part = new Map(entries.filter((_, i) => i % shards === at));
    writeFileSync(join(folder, shards === 1 ? 'model.safetensors' : fileOf(at)), writeSafetensors(part, { format: 'pt' }));
  }
  if (shards === 1) return;
  const places = Object.fromEntries(entries.map(([name], i) => [name, fileOf(i % shards)]));
  writeFileSync(join(folder, 'model.safetensors.index.json'), JSON.stringify({ metadata: {}, weight_map: places }));
}
