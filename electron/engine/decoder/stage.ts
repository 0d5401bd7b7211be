import type * as ort from 'onnxruntime-node';
import { SIZES } from '../runtime/probe.ts';
import { GraphBuilder } from '../onnx/build.ts';
import { copyGraph, type Graph, reads } from '../onnx/graph.ts';
import type { Decoder } from './decoder.ts';
import { feedsFor, type PastSlot, type Rows } from '../runtime/inputs.ts';
import type { Session, SessionOptions } from '../runtime/session.ts';
import { feedInstead, slice } from '../runtime/surgery.ts';

/**
 * The values that must be fed for the work behind `value` to go on without what came before:
 * everything computed at or before it that something later reads. One value alone where the graph has a cut.
 */
export function liveAt(decoder: Decoder, value: string): string[] {
  const { position } = decoder.flow;
  const at = position.get(value)!;
  const live = new Set<string>();
  for (const node of decoder.graph.nodes) {
    if (!node.outputs.some((o) => (position.get(o) ?? -1) > at)) continue;
    for (const input of reads(node)) {
      const from = position.get(input);
      if (from !== undefined && from <= at) live.add(input);
    }
  }
  return [...live];
}

/** The graph from `value` on (from the tokens when undefined) up to `outputs`. */
export function graphFrom(
  decoder: Decoder,
  from: string | undefined,
  outputs: readonly string[],
  graph = decoder.graph,
): { graph: Graph; live: string[] } {
  if (from === undefined) return { graph: slice(graph, outputs), live: [] };
  const live = liveAt(decoder, from);
  const cut = (source: Graph) => {
    const fed = live.reduce(
      (g, name) =>
        feedInstead(
          g,
          name,
          'float32',
          decoder.shapes.get(name)!.dims.map((d, i) => d ?? `${name}.${i}`),
        ),
      source,
    );
    return slice(fed, outputs);
  };
  const first = cut(graph);
  const dragged = earlierWork(first, decoder, from, live);
  const result = dragged ? cut(detachShapes(graph, decoder)) : first;
  const needed = new Set(result.inputs.map((v) => v.name));
  return { graph: result, live: live.filter((name) => needed.has(name)) };
}

/** True when a slice still computes activations from before its start, for the sake of a shape. */
function earlierWork(graph: Graph, decoder: Decoder, from: string, live: readonly string[]): boolean {
  const { position, embedding } = decoder.flow;
  const start = position.get(from)!;
  return graph.nodes.some((n) => n.outputs.some((o) => o !== embedding && !live.includes(o) && (position.get(o) ?? Infinity) < start));
}

/** A copy in which Shape of an activation [batch, length, …] is built from the shape of the ids. */
function detachShapes(graph: Graph, decoder: Decoder): Graph {
  const copy = copyGraph(graph);
  const builder = new GraphBuilder(copy, 'shape');
  const nodes = [];
  for (const node of copy.nodes) {
    const sizes =
      node.op === 'Shape' && decoder.flow.position.has(node.inputs[0]!) ? decoder.shapes.get(node.inputs[0]!)?.sizes : undefined;
    const isBatchAndLength =
      sizes && sizes[0].length >= 2 && SIZES.every((size, i) => sizes[i]![0] === size.batch && sizes[i]![1] === size.length);
    const rest = sizes?.[0].slice(2);
    if (!isBatchAndLength || rest!.some((d, i) => d !== sizes[1][i + 2]) || node.attributes['start'] || node.attributes['end']) {
      nodes.push(node);
      continue;
    }
    const ids = builder.op('Shape', [decoder.inputs.ids.name]);
    builder.node('Concat', rest!.length > 0 ? [ids, builder.ints(rest!)] : [ids], [node.outputs[0]!], { axis: 0 });
    nodes.push(...builder.take());
  }
  copy.nodes = nodes;
  return copy;
}

/** A part of the decoder that can be run on rows: from live values (or the tokens) to chosen values, with the cache it needs. */
export class Stage {
  readonly live: readonly string[];
  /** Cache slots that this part reads. */
  readonly slots: readonly PastSlot[];
  private readonly session: Session;
  private readonly decoder: Decoder;

  private constructor(decoder: Decoder, session: Session, live: readonly string[]) {
    this.decoder = decoder;
    this.session = session;
    this.live = live;
    this.slots = decoder.inputs.past.filter((p) => session.inputs.has(p.input));
  }

  /** Makes the part from `from` (a value; undefined: from the tokens) to `to`. */
  static async create(decoder: Decoder, from: string | undefined, to: readonly string[], options: SessionOptions = {}): Promise<Stage> {
    const { graph, live } = graphFrom(decoder, from, [...new Set(to)]);
    return new Stage(decoder, await decoder.session(graph, options), live);
  }

  /** Wraps a session whose graph was derived by the caller. */
  static of(decoder: Decoder, session: Session, live: readonly string[]): Stage {
    return new Stage(decoder, session, live);
  }

  /** Whether the part asks for an input. */
  takes(name: string): boolean {
    return this.session.inputs.has(name);
  }

  /** Runs on rows; `extra` holds live values and whatever else the graph asks for. @param wanted all results when left out */
  run(
    rows: Rows,
    extra: Readonly<Record<string, ort.Tensor>> = {},
    past?: ReadonlyMap<string, ort.Tensor>,
    wanted?: readonly string[],
  ): Promise<Record<string, ort.Tensor>> {
    return this.session.run({ ...feedsFor(this.decoder.inputs, rows, this.session.inputs, past), ...extra }, wanted);
  }

  /** Frees the session. */
  release(): Promise<void> {
    return this.session.release();
  }
}

/** Whether a value has rank 2, [batch·length, width], so that positions in it are flat. */
export function isFlat(decoder: Decoder, value: string): boolean {
  return decoder.shapes.get(value)!.dims.length === 2;
}

/** Positions (row, token) as the indices that a value of this decoder takes. */
export function indicesFor(
  flat: boolean,
  length: number,
  places: readonly { row: number; token: number }[],
): { data: number[]; dims: [number, number] } {
  return flat
    ? { data: places.map((p) => p.row * length + p.token), dims: [places.length, 1] }
    : { data: places.flatMap((p) => [p.row, p.token]), dims: [places.length, 2] };
}
