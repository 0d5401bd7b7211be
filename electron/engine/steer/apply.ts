import { hashOf, sha256 } from '../../storage/hash.ts';
import type { Decoder } from '../decoder/decoder.ts';
import { copyGraph, type Graph } from '../onnx/graph.ts';
import type { GraphBuilder } from '../onnx/build.ts';
import { changeValue, prepend, value } from '../runtime/surgery.ts';
import { type Change, changesOf } from './changes.ts';
import { dolaRule } from './dola.ts';
import { CHANGES, restored } from './operators.ts';
import { alignedRows, FLOAT, fromBoundaries, marksOf, type Whereabouts } from './positions.ts';
import type { Steering } from './steering.ts';

const BOUNDARIES = value('emend.boundaries', 'int64', ['batch', 3]);

/**
 * A decoder whose runs are steered, whatever they are for: every graph derived from it has the changes in it, and an input more that says
 * where prompts end. Nothing on disk changes.
 * @throws EmendError where the intervention does not fit the model
 */
export function steered(decoder: Decoder, steering: Steering): Decoder {
  const { parts, decoding } = steering.intervention;
  const graph = copyGraph(decoder.graph);
  let { inputs } = decoder;
  if (parts.some(({ positions }) => positions.kind !== 'all')) {
    const lengths = parts.map(({ positions }) => (positions.kind === 'aligned' ? positions.tokens : 0));
    if (!inputs.boundaries) graph.inputs.push(BOUNDARIES);
    inputs = { ...inputs, boundaries: { value: BOUNDARIES, least: Math.max(inputs.boundaries?.least ?? 0, ...lengths) } };
  }
  const made = withChanges(graph, changesOf(decoder, steering), (b) => fromBoundaries(b, BOUNDARIES.name, inputs.ids.name));
  const { position: before, embedding } = decoder.flow;
  const order = [...before.keys()].flatMap((name) => [...(name === embedding ? [] : (made.inserted.get(name) ?? [])), name]);
  const shapes = new Map(decoder.shapes);
  for (const [name, inserted] of made.inserted) for (const one of inserted) shapes.set(one, decoder.shapes.get(name)!);
  return decoder.steered({
    graph: made.graph,
    inputs,
    shapes,
    flow: { ...decoder.flow, position: new Map(order.map((name, at) => [name, at])) },
    decoding: decoding ? dolaRule(decoder, decoding) : decoder.decoding,
    steering: steeringHash(steering),
  });
}

/** SHA-256 of what a steering does. */
export function steeringHash({ intervention, vectors }: Steering): string {
  const hashes = [...vectors].map(([name, { dims, data }]) => ({
    name,
    dims: [...dims],
    sha256: sha256(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  }));
  return hashOf({ intervention, vectors: hashes.sort((a, b) => (a.name < b.name ? -1 : 1)) });
}

/**
 * A copy of a graph with values changed.
 * @param whereabouts builds what positions are told by; called once, and only where some are
 * @param options.casts whether values may be of half precision; changes are worked out in float32
 * @returns for each changed value also the names of what was put in front of it
 */
export function withChanges(
  graph: Graph,
  changes: ReadonlyMap<string, readonly Change[]>,
  whereabouts: (b: GraphBuilder) => Whereabouts,
  { casts = false } = {},
): { graph: Graph; inserted: Map<string, string[]> } {
  const { graph: marked, made: rows } = prepend(graph, 'steer/where', (b) => rowsOf(b, [...changes.values()].flat(), whereabouts));
  let now = marked;
  const inserted = new Map<string, string[]>();
  for (const [name, some] of changes) {
    const made = changeValue(now, name, (b, before) => {
      const after = some.reduce(
        (h, change) => applied(b, h, change, rows.get(change)),
        casts ? b.op('Cast', [before], { to: FLOAT }) : before,
      );
      return casts ? b.op('CastLike', [after, before]) : after;
    });
    now = made.graph;
    inserted.set(name, [made.before, ...made.between]);
  }
  return { graph: now, inserted };
}

/**
 * For each change that does not touch every token: its marks, [.., 1], or its vectors laid on the rows, [.., width], in the form of the
 * value.
 * Equal marks are made once.
 */
function rowsOf(b: GraphBuilder, changes: readonly Change[], whereabouts: (b: GraphBuilder) => Whereabouts): Map<Change, string> {
  const rows = new Map<Change, string>();
  const marks = new Map<string, string>();
  let where: Whereabouts | undefined;
  for (const change of changes) {
    const { positions, place, vectors, times } = change;
    if (positions.kind === 'all') continue;
    where ??= whereabouts(b);
    const inForm = (made: string, width: number) => (place.isFlat ? b.op('Reshape', [made, b.ints([-1, width])]) : made);
    if (positions.kind === 'aligned') {
      const added = { width: vectors.width, data: vectors.data.map((x) => x * times) };
      rows.set(change, inForm(alignedRows(b, positions, added, where), vectors.width));
      continue;
    }
    const key = `${JSON.stringify(positions)} ${place.isFlat}`;
    const known = marks.get(key) ?? inForm(marksOf(b, positions, where), 1);
    marks.set(key, known);
    rows.set(change, known);
  }
  return rows;
}

function applied(b: GraphBuilder, h: string, change: Change, rows: string | undefined): string {
  const { operator, vectors, times, keepsNorm, positions } = change;
  const built = () => CHANGES[operator](b, { h, vector: vectors.data, times });
  const added = positions.kind === 'aligned' ? rows! : rows === undefined ? built() : b.op('Mul', [rows, built()]);
  const after = b.op('Add', [h, added]);
  return keepsNorm ? restored(b, h, after) : after;
}
