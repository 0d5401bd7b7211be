import { EmendError } from '../../../shared/errors.ts';
import type { Anatomy } from '../anatomy/types.ts';
import { type SafetensorsEntry, writeSafetensors } from '../onnx/safetensors.ts';
import { checkpointWeight } from './checkpoint-names.ts';

/** What a file of changed tensors is made from. */
export interface ChangedInputs {
  readonly anatomy: Anatomy;
  /** Name in the graph → the whole tensor as the version has it, in the graph's type and layout. */
  readonly changed: ReadonlyMap<string, SafetensorsEntry>;
  /** model_type of config.json. */
  readonly modelType?: string | undefined;
  /** The graph is that of a checkpoint, whose names and layouts it has. */
  readonly isCheckpoint?: boolean;
  /** Texts for the header. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** The file, and which tensor of the graph each of its tensors is. */
export interface ChangedTensors {
  readonly bytes: Uint8Array;
  /** Name in the file → name in the graph; the same where the checkpoint's could not be told. */
  readonly names: Readonly<Record<string, string>>;
  /** Why some kept the graph's name and layout, one sentence each; the header has them too. */
  readonly notes: readonly string[];
}

/**
 * The changed tensors alone as safetensors, under the names and in the layout of the checkpoint, ready to be loaded over it.
 * A tensor whose place there cannot be told keeps the graph's name and layout, and a note in the header says so. The same inputs give the
 * same bytes.
 * @throws EmendError 'bad-input' when there is none, or a weight's bytes do not fit its dimensions
 */
export function changedTensorsFile({ anatomy, changed, modelType, isCheckpoint = false, metadata = {} }: ChangedInputs): ChangedTensors {
  if (changed.size === 0) throw new EmendError('bad-input', 'No tensor differs from the base model.', 'Choose a version with an edit.');
  const tensors = new Map<string, SafetensorsEntry>();
  const names: Record<string, string> = {};
  const notes: string[] = [];
  for (const [weight, entry] of changed) {
    const { name, tensor, note } = isCheckpoint ? { name: weight, tensor: entry } : inCheckpoint(anatomy, weight, entry, modelType);
    tensors.set(name, tensor);
    names[name] = weight;
    if (note !== undefined) notes.push(note);
  }
  const header = { format: 'pt', ...metadata, graph_names: JSON.stringify(names), ...(notes.length > 0 ? { note: notes.join('\n') } : {}) };
  return { bytes: writeSafetensors(tensors, header), names, notes };
}

function inCheckpoint(
  anatomy: Anatomy,
  weight: string,
  entry: SafetensorsEntry,
  modelType: string | undefined,
): { name: string; tensor: SafetensorsEntry; note?: string } {
  const kept = (why: string) => ({ name: weight, tensor: entry, note: `"${weight}" has the name and layout of the ONNX graph. ${why}` });
  const layer = anatomy.layers.findIndex((one) => one.mlp.down.weight === weight);
  if (layer === -1) return kept('It is no down-projection of a layer.');
  try {
    const { module, kind } = checkpointWeight(anatomy, layer, modelType);
    const sameLayout = (anatomy.layers[layer]!.mlp.down.layout === 'in-out') === (kind === 'conv1d');
    return { name: `${module}.weight`, tensor: sameLayout ? entry : transposed(entry) };
  } catch (error) {
    if (error instanceof EmendError && error.code === 'unsupported') return kept(error.message);
    throw error;
  }
}

/** A matrix with its rows as columns, whatever its elements are. */
export function transposed({ dtype, dims, bytes }: SafetensorsEntry): SafetensorsEntry {
  const [rows, columns] = dims as readonly [number, number];
  const width = bytes.length / (rows * columns);
  if (dims.length !== 2 || !Number.isInteger(width))
    throw new EmendError(
      'bad-input',
      `A weight of type ${dtype}[${dims.join(', ')}] has ${bytes.length} bytes and cannot be transposed.`,
      'Export the whole folder.',
    );
  const out = new Uint8Array(bytes.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const from = (i * columns + j) * width;
      out.set(bytes.subarray(from, from + width), (j * rows + i) * width);
    }
  }
  return { dtype, dims: [columns, rows], bytes: out };
}
