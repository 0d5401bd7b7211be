import * as ort from 'onnxruntime-node';
import { GraphBuilder } from '../../electron/engine/onnx/build.ts';
import { copyGraph, type Graph, intAttribute, type Node } from '../../electron/engine/onnx/graph.ts';
import { encodeModel } from '../../electron/engine/onnx/write.ts';
import type { Decoder } from '../../electron/engine/decoder/decoder.ts';
import type { Session } from '../../electron/engine/runtime/session.ts';
import { value } from '../../electron/engine/runtime/surgery.ts';
import { type Clock, timed } from './clock.ts';

/** Plain float32 matrix products, measured between other work on the same threads: what the machine gives at that moment. */
export class Yardstick {
  /** Operations per second, one sample a measurement. */
  readonly rates: number[] = [];
  private readonly session: ort.InferenceSession;
  private readonly feeds: Record<string, ort.Tensor>;

  private readonly clock: Clock;

  private constructor(session: ort.InferenceSession, clock: Clock, size: number) {
    this.clock = clock;
    this.session = session;
    const operand = () =>
      new ort.Tensor(
        'float32',
        new Float32Array(size * size).map((_, i) => Math.sin(i)),
        [size, size],
      );
    this.feeds = { a: operand(), b: operand() };
  }

  static async create(clock: Clock, threads: number, size: number): Promise<Yardstick> {
    // Only one row leaves the session, so that the copy of the result does not count.
    const graph: Graph = {
      name: 'product',
      inputs: [value('a', 'float32', [size, size]), value('b', 'float32', [size, size])],
      outputs: [value('row')],
      nodes: [],
      constants: new Map(),
    };
    const b = new GraphBuilder(graph, 'product');
    b.node('Gather', [b.op('MatMul', ['a', 'b']), b.int(0)], ['row'], { axis: 0 });
    graph.nodes.push(...b.take());
    const bytes = encodeModel({
      folder: '',
      file: 'product',
      irVersion: 8,
      opsets: new Map([['', 18]]),
      producer: '',
      metadata: {},
      functions: [],
      graph,
    });
    const yardstick = new Yardstick(
      await ort.InferenceSession.create(bytes, { executionProviders: ['cpu'], intraOpNumThreads: threads, logSeverityLevel: 3 }),
      clock,
      size,
    );
    await yardstick.session.run(yardstick.feeds);
    return yardstick;
  }

  /** Measures once. @returns seconds that this took */
  async measure(): Promise<number> {
    const { seconds } = await timed(this.clock, () => this.session.run(this.feeds));
    const size = this.feeds['a']!.dims[0]!;
    this.rates.push((2 * size ** 3) / seconds);
    return seconds;
  }

  median(from = 0): number {
    return median(this.rates.slice(from));
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The decoder, but every session that it makes from now on goes through `wrap`. */
export function watched(decoder: Decoder, wrap: (graph: Graph, make: (graph: Graph) => Promise<Session>) => Promise<Session>): Decoder {
  const session: Decoder['session'] = (graph, options) => wrap(graph, (g) => decoder.session(g, options));
  return Object.assign(Object.create(decoder) as Decoder, { session });
}

/** A session that does something after every run. */
export function afterRun(session: Session, act: (result: Record<string, ort.Tensor>) => void | Promise<void>): Session {
  const run: Session['run'] = async (feeds, fetches) => {
    const result = await session.run(feeds, fetches);
    await act(result);
    return result;
  };
  return Object.assign(Object.create(session) as Session, { run });
}

const isProduct = (node: Node) => ['MatMul', 'Gemm', 'FusedMatMul'].includes(node.op);

/** A copy that also gives the shapes of every matrix product's operands, and how to sum up a run's arithmetic from them. */
export function countingProducts(graph: Graph): { graph: Graph; operations: (result: Record<string, ort.Tensor>) => number } {
  const copy = copyGraph(graph);
  const b = new GraphBuilder(copy, 'count');
  const products = copy.nodes
    .filter(isProduct)
    .map((node) => ({ node, shapes: node.inputs.slice(0, 2).map((operand) => b.op('Shape', [operand])) as [string, string] }));
  copy.nodes.push(...b.take());
  copy.outputs = [...copy.outputs, ...products.flatMap((p) => p.shapes.map((name) => value(name, 'int64', [undefined])))];
  const operations = (result: Record<string, ort.Tensor>) => {
    const dims = (name: string) => Array.from(result[name]!.data as BigInt64Array, Number);
    return products.reduce((sum, { node, shapes }) => sum + productOperations(node, dims(shapes[0]), dims(shapes[1])), 0);
  };
  return { graph: copy, operations };
}

/** 2·batch·m·k·n. */
function productOperations(node: Node, a: readonly number[], b: readonly number[]): number {
  const [m, k] = intAttribute(node, 'transA', 0) === 1 ? [a.at(-1)!, a.at(-2)!] : [a.at(-2)!, a.at(-1)!];
  const n = intAttribute(node, 'transB', 0) === 1 ? b.at(-2)! : b.at(-1)!;
  const size = (dims: readonly number[]) => dims.reduce((p, d) => p * d, 1);
  const batch = Math.max(size(a.slice(0, -2)), size(b.slice(0, -2)));
  return 2 * batch * m * k * n;
}
