import { withBias } from '../anatomy/linears.ts';
import type { Linear } from '../anatomy/types.ts';
import type { Decoder } from '../decoder/decoder.ts';
import { type Matrix, matrix } from '../linalg/matrix.ts';
import { consumers, producers } from '../onnx/graph.ts';
import { tensorFloats } from '../onnx/tensors.ts';
import type { Intervention } from '../../../shared/steering/intervention.ts';
import type { Positions } from '../../../shared/steering/positions.ts';
import { type Change, changesOf } from './changes.ts';
import type { Steering } from './steering.ts';
import { isTied } from './tied.ts';
import { embeddings } from './writers.ts';

/** How one change of a value is carried into an exported model. */
export interface Baked {
  /** 'weights': into constants that are there, exactly; 'graph': as nodes of the graph; 'impossible': not at all. */
  readonly way: 'weights' | 'graph' | 'impossible';
  /** In words: which constants; on what condition it is the same; or why not. */
  readonly said: string;
  readonly change: Change;
  /** What is added to constants: left [rows, hidden] and right [rows, other axis]. */
  readonly weights: readonly { readonly weight: string; readonly axis: 'first' | 'last'; readonly left: Matrix; readonly right: Matrix }[];
}

/** What becomes of a steering in an exported model. */
export interface BakePlan {
  readonly changes: readonly Baked[];
  /** What becomes of a rule of decoding. */
  readonly decoding: { readonly way: 'graph'; readonly said: string } | undefined;
}

/** On what the answer's tokens and the prompt's end can be told in a graph. */
const PASSES = 'exact when the prompt is read in one pass and the answer token by token, with the cache';

/** Decides for every change of a steering how it is carried into an exported model. @throws EmendError where it does not fit the model */
export function bakePlan(decoder: Decoder, steering: Steering): BakePlan {
  const all = changesOf(decoder, steering);
  const changes = [...all.values()].flatMap((some) =>
    some.map((change, at): Baked => (at === 0 ? intoWeights(decoder, change, some, all) : undefined) ?? intoGraph(decoder, change)),
  );
  return { changes, decoding: decodingSaid(steering.intervention) };
}

function decodingSaid({ decoding }: Intervention): BakePlan['decoding'] {
  if (!decoding) return undefined;
  const said =
    'the last position of each pass has the contrasted scores in place of logits; the repetition penalty ' +
    `(${decoding.repetitionPenalty}) stays with whoever chooses the tokens`;
  return { way: 'graph', said };
}

function intoGraph({ inputs }: Decoder, change: Change): Baked {
  const made = (way: Baked['way'], said: string): Baked => ({ way, said, change, weights: [] });
  const needs = needed(change.positions);
  if (needs === 'nothing') return made('graph', 'the same for every input');
  if (needs === 'boundary') return made('impossible', 'how far an answer has come cannot be told in a graph');
  return inputs.past.length > 0 ? made('graph', PASSES) : made('impossible', 'without a cache a graph cannot tell where the prompt ends');
}

/** What a graph must know to tell the touched tokens. */
function needed(positions: Positions): 'nothing' | 'passes' | 'boundary' {
  if (positions.kind === 'answer') return positions.offset > 0 ? 'boundary' : 'passes';
  const fromFront =
    positions.kind === 'aligned' ? positions.to === 'front' : positions.kind === 'at' && positions.positions.every((at) => at >= 0);
  return positions.kind === 'all' || positions.kind === 'from' || fromFront ? 'nothing' : 'passes';
}

/**
 * Into constants that are there: only the first change of a value, since what comes later sees it, and only where every token is touched.
 */
function intoWeights(
  decoder: Decoder,
  change: Change,
  some: readonly Change[],
  all: ReadonlyMap<string, readonly Change[]>,
): Baked | undefined {
  if (change.positions.kind !== 'all' || change.keepsNorm) return undefined;
  const { anatomy } = decoder;
  const { name } = change.place;
  const untouched = (value: string) => value === name || !all.has(value);
  const added = (weights: Baked['weights'], said: string): Baked => ({ way: 'weights', said, change, weights });
  const vector = change.vectors.data.map((x) => x * change.times);
  if (change.operator === 'add') {
    for (const layer of anatomy.layers) {
      const { attention, mlp } = layer;
      const isPlainSum = !mlp.postNorm && untouched(mlp.output);
      if (name === mlp.output || (name === layer.residual && isPlainSum)) {
        const bias = biasOf(decoder, mlp.down);
        if (bias !== undefined) return added([toVector(bias, vector)], `in the bias "${bias}"`);
      }
      if (!attention) continue;
      const bias = biasOf(decoder, attention.projection);
      if (bias === undefined) continue;
      if (name === attention.output) return added([toVector(bias, vector)], `in the bias "${bias}"`);
      if (name === attention.mixed && untouched(attention.output) && !attention.projection.quantised)
        return added([toVector(bias, projected(decoder, attention.projection, vector))], `in the bias "${bias}", through the projection`);
    }
    if (name === anatomy.embedding) return intoTable(decoder, change, vector);
  }
  if (change.operator === 'scale' && some.length === 1)
    for (const { attention, mlp } of anatomy.layers) {
      const linear = name === mlp.key ? mlp.down : name === attention?.mixed ? attention.projection : undefined;
      if (!linear || linear.quantised || readersOf(decoder, linear.weight) > 1) continue;
      return added([scaledRows(decoder, linear, change)], `in rows of the weight "${linear.weight}"`);
    }
  return undefined;
}

/** The bias behind a product, where nothing else reads it. */
function biasOf(decoder: Decoder, linear: Linear): string | undefined {
  const { bias } = withBias(producers(decoder.graph).get(linear.product)!, linear.product, decoder.graph);
  return bias !== undefined && readersOf(decoder, bias) === 1 ? bias : undefined;
}

function readersOf(decoder: Decoder, constant: string): number {
  return consumers(decoder.graph).get(constant)?.length ?? 0;
}

/** Every row of the first hidden state: in learned positions where there are some, else in an embedding that is not the head too. */
function intoTable(decoder: Decoder, change: Change, vector: Float32Array): Baked | undefined {
  const tables = embeddings(decoder);
  const positions = tables.find(({ kind }) => kind === 'positions');
  const tokens = tables.find(({ kind }) => kind === 'embedding');
  const isHeadToo = isTied(decoder) || tokens?.weight === decoder.anatomy.unembedding.weight;
  const table = positions ?? (isHeadToo || decoder.anatomy.tokens !== decoder.anatomy.embedding ? undefined : tokens);
  if (!table || readersOf(decoder, table.weight) > 1 || isScaled(decoder)) return undefined;
  const rows = decoder.graph.constants.get(table.weight)!.dims[table.axis === 'last' ? 0 : 1]!;
  const weights = [
    {
      weight: table.weight,
      axis: table.axis,
      left: matrix(1, vector.length, Float64Array.from(vector)),
      right: matrix(1, rows, new Float64Array(rows).fill(1)),
    },
  ];
  return { way: 'weights', said: `in every row of "${table.weight}"`, change, weights };
}

/** Embeddings that are multiplied behind the table (Gemma), or normed (BLOOM), are not what the table holds. */
function isScaled({ flow, anatomy, graph }: Decoder): boolean {
  const made = producers(graph);
  for (let at = anatomy.embedding; at !== flow.embedding;) {
    const node = made.get(at);
    if (!node || !['Add', 'Cast', 'Identity', 'Reshape'].includes(node.op)) return true;
    const next = node.inputs.find((input) => flow.position.has(input));
    if (next === undefined) return true;
    at = next;
  }
  return false;
}

function toVector(weight: string, vector: Float32Array): Baked['weights'][number] {
  return { weight, axis: 'last', left: matrix(1, vector.length, Float64Array.from(vector)), right: matrix(1, 1, Float64Array.of(1)) };
}

/** x·W of one vector, in float64: a displacement of the heads as the residual stream sees it. */
function projected(decoder: Decoder, { weight, layout, inWidth, outWidth }: Linear, x: Float32Array): Float32Array {
  const values = tensorFloats(decoder.model, decoder.graph.constants.get(weight)!);
  const out = new Float64Array(outWidth);
  for (let i = 0; i < inWidth; i++)
    if (x[i] !== 0) for (let o = 0; o < outWidth; o++) out[o]! += x[i]! * values[layout === 'in-out' ? i * outWidth + o : o * inWidth + i]!;
  return Float32Array.from(out);
}

/** Rows of a weight times the scale: what a unit, or a head, gives to the residual stream. */
function scaledRows(decoder: Decoder, { weight, layout, inWidth, outWidth }: Linear, change: Change): Baked['weights'][number] {
  const values = tensorFloats(decoder.model, decoder.graph.constants.get(weight)!);
  const rows = [...change.vectors.data.keys()].filter((i) => change.vectors.data[i] !== 0);
  const [left, right] = [matrix(rows.length, outWidth), matrix(rows.length, inWidth)];
  rows.forEach((i, r) => {
    right.data[r * inWidth + i] = 1;
    for (let o = 0; o < outWidth; o++)
      left.data[r * outWidth + o] = (change.times - 1) * values[layout === 'in-out' ? i * outWidth + o : o * inWidth + i]!;
  });
  return { weight, axis: layout === 'in-out' ? 'last' : 'first', left, right };
}
