import { EmendError } from '../../../shared/errors.ts';
import { withBias } from '../anatomy/linears.ts';
import type { Linear } from '../anatomy/types.ts';
import type { Decoder } from '../decoder/decoder.ts';
import { type Matrix, matrix, norm } from '../linalg/matrix.ts';
import { consumers, producers } from '../onnx/graph.ts';
import { traitsOf } from '../onnx/op-traits.ts';
import { tensorFloats } from '../onnx/tensors.ts';
import { isTied, tableBehind, tokenTable } from './tied.ts';

/** A constant that writes to the residual stream, and the axis along which the hidden state lies in it. */
export interface Writer {
  readonly weight: string;
  readonly kind: 'embedding' | 'positions' | 'attention' | 'mlp' | 'bias' | 'head';
  readonly axis: 'first' | 'last';
}

/** A change of rank one of a constant: left [hidden] times right [the other axis], added. */
export interface RankOne extends Writer {
  readonly left: Matrix;
  readonly right: Matrix;
}

/** Which constants count. As published only the three kinds of weights; a head that shares its matrix with the embedding goes with it. */
export interface WriterChoice {
  readonly biases: boolean;
  /** Leaves the head's copy of a shared matrix as it is. */
  readonly keepsHead: boolean;
}

/**
 * Everything that writes to the residual stream, each constant once.
 * @throws EmendError 'unsupported' for weights that are quantised, or that other parts of the model read too
 */
export function writersOf(decoder: Decoder, { biases, keepsHead }: WriterChoice): Writer[] {
  const { graph, anatomy } = decoder;
  const made = producers(graph);
  const found = new Map<string, Writer>();
  const add = (writer: Writer) => {
    if (!found.has(writer.weight)) found.set(writer.weight, writer);
  };
  const linear = (one: Linear, kind: 'attention' | 'mlp') => {
    if (one.quantised)
      throw new EmendError('unsupported', `The weight "${one.weight}" is quantised (${one.dtype}).`, 'Use the float export of this model.');
    add({ weight: one.weight, kind, axis: one.layout === 'in-out' ? 'last' : 'first' });
    const { bias } = withBias(made.get(one.product)!, one.product, graph);
    if (biases && bias !== undefined) add({ weight: bias, kind: 'bias', axis: 'last' });
  };
  const tables = embeddings(decoder);
  if (tables.length === 0)
    throw new EmendError('unsupported', 'The embedding is no plain table of numbers.', 'Use a float export of this model.');
  for (const table of tables) if (biases || table.kind === 'embedding') add(table);
  for (const { attention, mlp } of anatomy.layers) {
    if (attention) linear(attention.projection, 'attention');
    linear(mlp.down, 'mlp');
  }
  const { unembedding } = anatomy;
  const shares = found.has(unembedding.weight);
  if (shares && keepsHead)
    throw new EmendError(
      'unsupported',
      `The head reads the embedding's own matrix "${unembedding.weight}", so that it cannot be left as it is.`,
      'Export the model with separate weights.',
    );
  if (!shares && !keepsHead && isTied(decoder))
    add({ weight: unembedding.weight, kind: 'head', axis: unembedding.layout === 'in-out' ? 'first' : 'last' });
  for (const writer of found.values()) refuseOthers(decoder, writer, found);
  return [...found.values()];
}

/** The tables that the first hidden state is a sum of: token embeddings, and learned positions. */
export function embeddings(decoder: Decoder): Writer[] {
  const { graph, anatomy } = decoder;
  const made = producers(graph);
  const tokens = tokenTable(decoder);
  if (!tokens) return [];
  const found: Writer[] = [];
  const queue = [anatomy.embedding];
  const seen = new Set(queue);
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    const node = made.get(name);
    if (!node) continue;
    const looksUp = node.op === 'Gather';
    const table = looksUp ? tableBehind(decoder, node.inputs[0]!) : undefined;
    if (table && graph.constants.get(table.weight)!.dims.length === 2) {
      const kind = table.weight === tokens.weight ? 'embedding' : 'positions';
      found.push({ weight: table.weight, kind, axis: table.isTurned ? 'first' : 'last' });
      continue;
    }
    for (const input of node.inputs) {
      if (seen.has(input) || !reachesTable(input, made)) continue;
      seen.add(input);
      queue.push(input);
    }
  }
  return found;
}

/** Shapes and positions are made of nothing that is looked up. */
function reachesTable(name: string, made: ReturnType<typeof producers>): boolean {
  return made.has(name) && traitsOf(made.get(name)!).tells === undefined;
}

/** A constant that something else reads too would change that. */
function refuseOthers(decoder: Decoder, { weight }: Writer, writers: ReadonlyMap<string, Writer>): void {
  const { anatomy, graph } = decoder;
  const readers = consumers(graph);
  const linears = [
    anatomy.unembedding,
    ...anatomy.layers.flatMap(({ attention, mlp }) => (attention ? [attention.projection, mlp.down] : [mlp.down])),
  ];
  const products = new Set(linears.map(({ product }) => product));
  const queue = [weight];
  for (let name = queue.pop(); name !== undefined; name = queue.pop())
    for (const node of readers.get(name) ?? []) {
      const { holds } = traitsOf(node);
      if (holds === 'same' || holds === 'transposed') queue.push(node.outputs[0]!);
      else if (node.op !== 'Gather' && node.op !== 'Add' && !node.outputs.some((output) => products.has(output)))
        throw new EmendError(
          'unsupported',
          `"${weight}" is also read by ${node.op} "${node.name}", which does not write to the residual stream.`,
          'Export the model without weight deduplication.',
          { writers: [...writers.keys()] },
        );
    }
}

/**
 * W ← W − (W r̂) r̂ᵀ for everything that writes: what is taken out of each (Arditi et al. 2024, weight orthogonalisation). Constants that
 * have
 * nothing of the direction are left out.
 */
export function orthogonalised(decoder: Decoder, direction: ArrayLike<number>, choice: WriterChoice): RankOne[] {
  const length = norm(direction);
  if (length === 0) throw new EmendError('bad-input', 'The direction has no length.', 'Fit it on texts that differ.');
  const unit = Float64Array.from(direction, (x) => x / length);
  return writersOf(decoder, choice).flatMap((writer) => {
    const tensor = decoder.graph.constants.get(writer.weight)!;
    const values = tensorFloats(decoder.model, tensor);
    const width = unit.length;
    const others = values.length / width;
    const right = new Float64Array(others);
    for (let i = 0; i < others; i++)
      for (let d = 0; d < width; d++) right[i]! += values[writer.axis === 'last' ? i * width + d : d * others + i]! * unit[d]!;
    return right.every((x) => x === 0)
      ? []
      : [
          {
            ...writer,
            left: matrix(
              1,
              width,
              unit.map((x) => -x),
            ),
            right: matrix(1, others, right),
          },
        ];
  });
}
