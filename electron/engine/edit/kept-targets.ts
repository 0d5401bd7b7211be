import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureFolder, writeDurably } from '../../storage/durable.ts';
import { explained } from '../../storage/file-errors.ts';
import { disk } from '../../storage/files.ts';
import { sha256 } from '../../storage/hash.ts';
import { tensorBytes } from '../onnx/tensors.ts';
import { readSafetensors, writeSafetensors } from '../onnx/safetensors.ts';
import type { Decoder } from '../decoder/decoder.ts';
import { cacheFolder } from './covariance-cache.ts';
import type { KeptTargets, Target } from './target.ts';

/** What nobody came back for is removed after so long (ms). */
const LONGEST = 30 * 24 * 3_600_000;

/** Kept in the cache folder under the hash of all that a search depends on. @param model the hash of the decoder's files */
export function keptTargets(model: string, decoder: Decoder): KeptTargets {
  const own = new Set<string>();
  let found: unknown;
  // Hashed late: most edits are of few facts, of which none are kept.
  const of = () =>
    (found ??= [
      sha256(readFileSync(fileURLToPath(import.meta.url))), // another build may search otherwise
      model,
      decoder.steering,
      decoder.threads,
      [...decoder.changes].map(([name, tensor]) => [name, sha256(tensorBytes(decoder.model, tensor))]),
    ]);
  const fileOf = (what: unknown) => {
    const name = sha256(JSON.stringify([of(), what]));
    const file = join(cacheFolder(), 'targets', `${name}.safetensors`);
    own.add(file);
    return file;
  };
  return {
    read: (what) => {
      const file = fileOf(what);
      if (!existsSync(file)) return undefined;
      try {
        return targetsIn(file);
      } catch {
        return undefined; // damaged, as by a disk that was full: found anew
      }
    },
    keep: async (what, targets) => {
      const file = fileOf(what);
      const files = explained(disk);
      try {
        await ensureFolder(files, dirname(file));
        removeOld(dirname(file));
        await writeDurably(files, file, bytesOf(targets));
      } catch {
        // Without a place to keep it, a run that is broken off begins from the start.
      }
    },
    forget: () => {
      for (const file of own) remove(file);
    },
  };
}

function removeOld(folder: string): void {
  for (const name of readdirSync(folder)) {
    const file = join(folder, name);
    if ((statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Infinity) < Date.now() - LONGEST) remove(file);
  }
}

function remove(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // A cache that cannot be written to any more: nothing depends on it.
  }
}

function bytesOf(targets: readonly Target[]): Uint8Array {
  const tensors = targets.flatMap(({ z, before, history }, n) =>
    Object.entries({ z, before, history: Float64Array.from(history.flat()) }).map(
      ([name, data]) => [`${n}.${name}`, { dtype: 'float64' as const, dims: [data.length], bytes: new Uint8Array(data.buffer) }] as const,
    ),
  );
  return writeSafetensors(new Map(tensors), { targets: String(targets.length) });
}

function targetsIn(file: string): Target[] {
  const stored = readSafetensors(file);
  const numbers = (name: string) => {
    const bytes = tensorBytes(stored, stored.tensors.get(name)!);
    const data = new Float64Array(bytes.length / 8);
    new Uint8Array(data.buffer).set(bytes);
    return data;
  };
  return Array.from({ length: Number(stored.metadata['targets']) }, (_, n) => {
    const flat = numbers(`${n}.history`);
    const history = Array.from(
      { length: flat.length / 3 },
      (_, step) => [flat[3 * step]!, flat[3 * step + 1]!, flat[3 * step + 2]!] as const,
    );
    return { z: numbers(`${n}.z`), before: numbers(`${n}.before`), history };
  });
}
