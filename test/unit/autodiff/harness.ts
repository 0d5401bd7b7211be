import * as ort from 'onnxruntime-node';
import { gradient } from '../../../electron/engine/autodiff/gradient.ts';
import type { DataType, Graph, Shape, Shapes } from '../../../electron/engine/onnx/graph.ts';
import { copyGraph } from '../../../electron/engine/onnx/graph.ts';
import { encodeModel } from '../../../electron/engine/onnx/write.ts';

export type Feeds = Record<string, ort.Tensor>;
export type Level = 'disabled' | 'all';

/** A session of a graph with the given outputs. */
export async function open(
  graph: Graph,
  outputs: readonly string[],
  opset: number,
  level: Level = 'disabled',
  threads = 1,
): Promise<ort.InferenceSession> {
  const wanted = { ...graph, outputs: outputs.map((name) => ({ name, dtype: 'other' as DataType, dims: undefined })) };
  const model = {
    folder: '',
    file: '',
    irVersion: 10,
    opsets: new Map([['', opset]]),
    producer: '',
    metadata: {},
    functions: [],
    graph: wanted,
  };
  return ort.InferenceSession.create(encodeModel(model), {
    graphOptimizationLevel: level,
    logSeverityLevel: 4,
    intraOpNumThreads: threads,
  });
}

export async function run(graph: Graph, outputs: readonly string[], feeds: Feeds, opset: number, level?: Level): Promise<Feeds> {
  const session = await open(graph, outputs, opset, level);
  const result = await session.run(feeds);
  await session.release();
  return result;
}

/** What two runs tell about every value of a graph. */
export async function observe(graph: Graph, first: Feeds, second: Feeds, opset: number): Promise<Shapes> {
  const made = graph.nodes.flatMap((n) => n.outputs).filter((o) => o !== '');
  const session = await open(graph, made, opset);
  const [a, b] = [
    { ...first, ...(await session.run(first)) },
    { ...second, ...(await session.run(second)) },
  ];
  await session.release();
  return new Map(
    Object.keys(a).map((name): [string, Shape] => {
      const [one, two] = [a[name]!, b[name]!];
      return [name, { dtype: one.type as DataType, dims: one.dims.map((d, i) => (d === two.dims[i] ? d : null)) }];
    }),
  );
}

/** Numbers in [-2, 2) from a seed, none within 0.15 of zero, where many functions have a kink. */
export function numbers(seed: number, count: number): number[] {
  let state = seed * 2654435761 + 12345;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const x = (state / 2 ** 32) * 4 - 2;
    return x + (x < 0 ? -0.15 : 0.15);
  });
}

export function real(values: readonly number[], dims: readonly number[], type: 'float32' | 'float64'): ort.Tensor {
  return type === 'float32'
    ? new ort.Tensor('float32', Float32Array.from(values), dims)
    : new ort.Tensor('float64', Float64Array.from(values), dims);
}

export function whole(values: readonly number[], dims: readonly number[]): ort.Tensor {
  return new ort.Tensor('int64', BigInt64Array.from(values, BigInt), dims);
}

/** The values of a float tensor. */
export function values(tensor: ort.Tensor | undefined): number[] {
  return Array.from(tensor!.data as Float32Array | Float64Array);
}

export function hash(text: string): number {
  return [...text].reduce((h, ch) => (Math.imul(h, 31) + ch.charCodeAt(0)) >>> 0, 7);
}

/** A cotangent for each seed, as graph inputs and feeds. */
export function cotangents(
  graph: Graph,
  seeds: readonly string[],
  results: Feeds,
): { graph: Graph; seeds: Map<string, string>; feeds: Feeds } {
  const copy = copyGraph(graph);
  const feeds: Feeds = {};
  const names = new Map<string, string>();
  for (const seed of seeds) {
    const { type, dims, size } = results[seed]!;
    const name = `cotangent of ${seed}`;
    copy.inputs.push({ name, dtype: type as DataType, dims: dims.map(() => undefined) });
    feeds[name] = real(numbers(hash(name), size), dims, type as 'float32' | 'float64');
    names.set(seed, name);
  }
  return { graph: copy, seeds: names, feeds };
}

/** Gradients of Σ seed∘cotangent as the backward graph computes them, and its shapes. */
export async function backward(
  graph: Graph,
  seeds: readonly string[],
  wrt: readonly string[],
  feeds: Feeds,
  shapes: Shapes,
  opset: number,
  level: Level,
): Promise<Feeds> {
  const given = cotangents(graph, seeds, await run(graph, seeds, feeds, opset));
  const names = gradient(given.graph, given.seeds, wrt, shapes);
  const result = await run(given.graph, [...names.values()], { ...feeds, ...given.feeds }, opset, level);
  return Object.fromEntries([...names].map(([value, name]) => [value, result[name]!]));
}

/** The same by finite differences of inputs: fourth-order central ones, so that float32 runs still say something. */
export async function differences(
  graph: Graph,
  seeds: readonly string[],
  wrt: readonly string[],
  feeds: Feeds,
  opset: number,
): Promise<Record<string, number[]>> {
  const session = await open(graph, seeds, opset);
  const { feeds: weights, seeds: names } = cotangents(graph, seeds, await session.run(feeds));
  const value = async (changed: Feeds): Promise<number> => {
    const result = await session.run(changed);
    return seeds.reduce((sum, seed) => {
      const w = values(weights[names.get(seed)!]);
      return values(result[seed]).reduce((s, y, i) => s + y * w[i]!, sum);
    }, 0);
  };
  const out: Record<string, number[]> = {};
  for (const name of wrt) {
    const base = feeds[name]!;
    const type = base.type as 'float32' | 'float64';
    const h = type === 'float64' ? 1e-3 : 1 / 32;
    out[name] = [];
    for (let i = 0; i < base.size; i++) {
      const at = (by: number) => {
        const moved = values(base);
        moved[i]! += by;
        return value({ ...feeds, [name]: real(moved, base.dims, type) });
      };
      out[name].push((8 * ((await at(h)) - (await at(-h))) - ((await at(2 * h)) - (await at(-2 * h)))) / (12 * h));
    }
  }
  await session.release();
  return out;
}

/** The largest difference, relative to the largest number (or to one, if all are smaller). */
export function error(found: readonly number[], wanted: readonly number[]): number {
  if (found.length !== wanted.length) return Infinity;
  const scale = Math.max(1, ...wanted.map(Math.abs));
  return Math.max(0, ...found.map((x, i) => (Number.isFinite(x) ? Math.abs(x - wanted[i]!) / scale : Infinity)));
}
