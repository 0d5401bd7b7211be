import { sha256 } from '../../storage/hash.ts';
import { modelHash } from '../onnx/identity.ts';
import { tensorBytes } from '../onnx/tensors.ts';
import type { Decoder } from './decoder.ts';

/**
 * SHA-256 of what a decoder is: the hash of the imported files where nothing was changed, otherwise over that, every changed tensor and the
 * steering.
 */
export async function versionHash(decoder: Decoder): Promise<string> {
  const imported = await modelHash(decoder.source);
  if (decoder.changes.size === 0 && decoder.steering === undefined) return imported;
  const changed = [...decoder.changes].map(([name, tensor]) => `${name} ${sha256(tensorBytes(decoder.model, tensor))}\n`);
  const steering = decoder.steering === undefined ? [] : [`steering ${decoder.steering}\n`];
  return sha256([`${imported}\n`, ...changed.sort(), ...steering].join(''));
}
