import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { ensureFolder, writeDurably } from '../../storage/durable.ts';
import { explained } from '../../storage/file-errors.ts';
import { disk } from '../../storage/files.ts';
import { sha256 } from '../../storage/hash.ts';
import { matrix, type Matrix } from '../linalg/matrix.ts';
import type { Tensor } from '../onnx/graph.ts';
import { readSafetensors, type Safetensors, writeSafetensors } from '../onnx/safetensors.ts';
import { tensorBytes } from '../onnx/tensors.ts';
import type { Covariance } from './covariance.ts';

/** Where covariances are kept: EMEND_CACHE, or the user's cache folder. */
export function cacheFolder(): string {
  return process.env['EMEND_CACHE'] ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'emend');
}

/** Keeps each layer's covariance under the hash of model, corpus and layer. */
export async function keepCovariance(model: string, corpus: string, covariance: Covariance): Promise<void> {
  for (const [layer, c] of covariance.layers) await keepMatrix(model, corpus, layer, covariance.tokens, c);
}

/** Keeps a matrix; `what` says which (a corpus for its covariance). A damaged or foreign file counts as absent later. */
export async function keepMatrix(model: string, what: string, layer: number, tokens: number, m: Matrix): Promise<void> {
  const bytes = writeSafetensors(
    new Map([
      [
        'matrix',
        {
          dtype: 'float64' as const,
          dims: [m.rows, m.columns],
          bytes: new Uint8Array(m.data.buffer, m.data.byteOffset, m.data.byteLength),
        },
      ],
    ]),
    { model, what, layer: String(layer), tokens: String(tokens) },
  );
  const files = explained(disk);
  const file = fileOf(model, what, layer);
  await ensureFolder(files, dirname(file));
  await writeDurably(files, file, bytes);
}

/** How many tokens the kept covariances of these layers were measured on; undefined unless all are there. */
export function isKept(model: string, corpus: string, layers: readonly number[]): number | undefined {
  const tokens = layers.map((l) => about(model, corpus, l)?.tokens);
  return tokens.every((t) => t !== undefined) ? tokens[0] : undefined;
}

/** A matrix that was kept, or undefined. */
export function keptMatrix(model: string, what: string, layer: number): Matrix | undefined {
  const kept = about(model, what, layer);
  if (!kept) return undefined;
  const bytes = tensorBytes(kept.stored, kept.tensor);
  const data = new Float64Array(bytes.length / 8);
  new Uint8Array(data.buffer).set(bytes);
  return matrix(kept.tensor.dims[0]!, kept.tensor.dims[1]!, data);
}

function about(model: string, what: string, layer: number): { stored: Safetensors; tensor: Tensor; tokens: number } | undefined {
  const file = fileOf(model, what, layer);
  if (!existsSync(file)) return undefined;
  try {
    const stored = readSafetensors(file);
    const tensor = stored.tensors.get('matrix');
    const { model: m, what: w, layer: l, tokens } = stored.metadata;
    return tensor?.dims.length === 2 && m === model && w === what && l === String(layer)
      ? { stored, tensor, tokens: Number(tokens) }
      : undefined;
  } catch {
    return undefined;
  }
}

function fileOf(model: string, what: string, layer: number): string {
  return join(cacheFolder(), 'covariance', `${sha256(`${model} ${what} ${layer}`)}.safetensors`);
}
