import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { Model } from './graph.ts';

/** Names of the files that a model's graph and weights lie in, the graph file first. */
export function modelFiles(model: Model): string[] {
  const files = new Set([model.file]);
  for (const tensor of model.graph.constants.values()) if (tensor.data.kind === 'file') files.add(tensor.data.file);
  return [...files];
}

/** SHA-256 over graph and weight files, with their names: what a model is, wherever it lies. */
export async function modelHash(model: Model): Promise<string> {
  const whole = createHash('sha256');
  for (const file of modelFiles(model).sort()) whole.update(`${file} ${await fileHash(join(model.folder, file))}\n`);
  return whole.digest('hex');
}

/** SHA-256 of a file, read in pieces. */
export async function fileHash(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(piece as Uint8Array);
  return hash.digest('hex');
}
