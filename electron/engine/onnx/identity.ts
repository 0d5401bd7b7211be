import { join } from 'node:path';
import { disk } from '../../storage/files.ts';
import { sha256, sha256OfFile } from '../../storage/hash.ts';
import type { Model } from './graph.ts';

/** Names of the files that a model's graph and weights lie in, the graph file first. */
export function modelFiles(model: Model): string[] {
  const files = new Set([model.file]);
  for (const tensor of model.graph.constants.values()) if (tensor.data.kind === 'file') files.add(tensor.data.file);
  return [...files];
}

/** SHA-256 over graph and weight files, with their names: what a model is, wherever it lies. */
export async function modelHash(model: Model): Promise<string> {
  const lines: string[] = [];
  for (const file of modelFiles(model).sort()) lines.push(`${file} ${await sha256OfFile(disk, join(model.folder, file))}\n`);
  return sha256(lines.join(''));
}
