import type { Decoder } from '../decoder/decoder.ts';
import { producers, type Tensor } from '../onnx/graph.ts';
import { traitsOf } from '../onnx/op-traits.ts';
import { tensorFloats } from '../onnx/tensors.ts';

/** A constant that a value is taken from, and whether its first axis counts what is looked up (it is turned otherwise). */
export interface Table {
  readonly weight: string;
  readonly isTurned: boolean;
}

/** The table that token embeddings are looked up in; undefined where it is none that can be read as numbers. */
export function tokenTable(decoder: Decoder): Table | undefined {
  const maker = producers(decoder.graph).get(decoder.flow.embedding);
  return maker?.op === 'Gather' ? tableBehind(decoder, maker.inputs[0]!) : undefined;
}

/** The constant behind a table's casts and transposes. */
export function tableBehind(decoder: Decoder, name: string): Table | undefined {
  const made = producers(decoder.graph);
  let [at, isTurned] = [name, false];
  for (let node = made.get(at); node; node = made.get(at)) {
    const { holds } = traitsOf(node);
    if (holds !== 'same' && holds !== 'transposed') return undefined;
    if (holds === 'transposed') isTurned = !isTurned;
    at = node.inputs[0]!;
  }
  return decoder.graph.constants.has(at) ? { weight: at, isTurned } : undefined;
}

/** Whether embedding and head are one matrix: one constant, or two with the same numbers (exporters turn the head's and keep both). */
export function isTied(decoder: Decoder): boolean {
  const table = tokenTable(decoder);
  const { unembedding, hiddenSize } = decoder.anatomy;
  if (!table || unembedding.quantised) return false;
  if (table.weight === unembedding.weight) return true;
  const tensor = (name: string): Tensor => decoder.graph.constants.get(name)!;
  const [one, other] = [tensor(table.weight), tensor(unembedding.weight)];
  const rows = one.dims[table.isTurned ? 1 : 0];
  if (one.dims.length !== 2 || other.dims.length !== 2 || unembedding.outWidth !== rows || unembedding.inWidth !== hiddenSize) return false;
  const [a, b] = [tensorFloats(decoder.model, one), tensorFloats(decoder.model, other)];
  const isHeadTurned = unembedding.layout === 'in-out';
  for (let i = 0; i < rows; i++)
    for (let d = 0; d < hiddenSize; d++) {
      const x = a[table.isTurned ? d * rows + i : i * hiddenSize + d];
      if (x !== b[isHeadTurned ? d * rows + i : i * hiddenSize + d]) return false;
    }
  return true;
}
