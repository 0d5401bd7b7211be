import { sha256 } from '../../storage/hash.ts';
import { tensorBytes } from '../onnx/tensors.ts';
import type { Decoder } from '../decoder/decoder.ts';

/** SHA-256 of a weight's bytes in a version. */
export function tensorHash(decoder: Decoder, name: string): string {
  return sha256(tensorBytes(decoder.model, decoder.graph.constants.get(name)!));
}
