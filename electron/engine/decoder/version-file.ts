import { EmendError } from '../../../shared/errors.ts';
import { readSafetensors, writeSafetensors } from '../onnx/safetensors.ts';
import { tensorBytes } from '../onnx/tensors.ts';
import type { Decoder } from './decoder.ts';
import type { Tensor } from '../onnx/graph.ts';
import { writeDurably } from '../../storage/durable.ts';
import { explained } from '../../storage/file-errors.ts';
import { disk } from '../../storage/files.ts';

/** A tensor of a version that differs from the imported file. */
export interface ChangedTensor {
  readonly tensor: string;
  readonly sha256Base: string;
  readonly sha256: string;
}

/**
 * Keeps the tensors in which a version differs from the imported files, as safetensors under the graph's own names. The same version gives
 * the same bytes.
 */
export async function saveVersion(decoder: Decoder, file: string): Promise<void> {
  const tensors = new Map(
    [...decoder.changes].map(([name, tensor]) => [
      name,
      { dtype: tensor.dtype, dims: tensor.dims, bytes: tensorBytes(decoder.model, tensor) },
    ]),
  );
  await writeDurably(explained(disk), file, writeSafetensors(tensors, { format: 'emend-version-1' }));
}

/**
 * A decoder with the tensors of a version file in place of its own; they stay on disk until a session reads them.
 * @throws EmendError 'bad-file' when the file is of another model
 */
export function readVersion(decoder: Decoder, file: string): Decoder {
  const stored = readSafetensors(file);
  const changes = new Map<string, Tensor>();
  for (const [name, tensor] of stored.tensors) {
    const own = decoder.graph.constants.get(name);
    if (!own || own.dtype !== tensor.dtype || own.dims.join() !== tensor.dims.join()) {
      throw new EmendError(
        'bad-file',
        `${file} holds "${name}" as ${tensor.dtype}[${tensor.dims.join(', ')}]; the model has ` +
          `${own ? `${own.dtype}[${own.dims.join(', ')}]` : 'no such weight'}.`,
        'It is rebuilt from the ledger when it is removed.',
      );
    }
    changes.set(name, { ...own, data: { kind: 'bytes', bytes: tensorBytes(stored, tensor) } });
  }
  return decoder.withConstants(changes);
}
