import { createHash } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { matrix, type Matrix } from '../linalg/matrix.ts';
import { readSafetensors, writeSafetensors } from '../onnx/safetensors.ts';
import { tensorBytes } from '../onnx/tensors.ts';
import type { Covariance } from './covariance.ts';

/** Where covariances are kept: EMEND_CACHE, or the user's cache folder. */
export function cacheFolder(): string {
  return process.env['EMEND_CACHE'] ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'emend');
}

/** One layer's covariance is kept under the hash of model, corpus and layer; a damaged or foreign file counts as absent. */
export async function keepCovariance(model: string, corpus: string, covariance: Covariance): Promise<void> {
  const folder = join(cacheFolder(), 'covariance');
  await mkdir(folder, { recursive: true });
  for (const [layer, c] of covariance.layers) {
    const bytes = writeSafetensors(
      new Map([['covariance', { dtype: 'float64' as const, dims: [c.rows, c.columns], bytes: new Uint8Array(c.data.buffer, c.data.byteOffset, c.data.byteLength) }]]),
      { model, corpus, layer: String(layer), tokens: String(covariance.tokens) },
    );
    const file = fileOf(model, corpus, layer);
    await writeFile(`${file}.${process.pid}.new`, bytes);
    await rename(`${file}.${process.pid}.new`, file);
  }
}

/** The covariance of a layer if it was kept. */
export function keptCovariance(model: string, corpus: string, layer: number): { tokens: number; matrix: Matrix } | undefined {
  const file = fileOf(model, corpus, layer);
  if (!existsSync(file)) return undefined;
  try {
    const kept = readSafetensors(file);
    const tensor = kept.tensors.get('covariance');
    const about = kept.metadata;
    if (!tensor || about['model'] !== model || about['corpus'] !== corpus || about['layer'] !== String(layer)) return undefined;
    const bytes = tensorBytes(kept, tensor);
    const data = new Float64Array(bytes.length / 8);
    new Uint8Array(data.buffer).set(bytes);
    return { tokens: Number(about['tokens']), matrix: matrix(tensor.dims[0]!, tensor.dims[1]!, data) };
  } catch {
    return undefined;
  }
}

function fileOf(model: string, corpus: string, layer: number): string {
  return join(cacheFolder(), 'covariance', `${createHash('sha256').update(`${model} ${corpus} ${layer}`).digest('hex')}.safetensors`);
}
