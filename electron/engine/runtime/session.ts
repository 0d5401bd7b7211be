import * as ort from 'onnxruntime-node';
import { EmendError } from '../../../shared/errors.ts';
import type { Graph, Model } from '../onnx/graph.ts';
import { withoutLinks } from '../onnx/linked.ts';
import { encodeModel } from '../onnx/write.ts';
import { weightsApart } from './apart.ts';

/** How a session spends threads and memory. */
export interface SessionOptions {
  /** ONNX Runtime's own rewriting: 'disabled' when every value must exist as written. */
  readonly optimize?: 'disabled' | 'basic' | 'extended' | 'all';
  /** Repacking weights for speed takes reading all of them, into memory of the process; sessions that run a few times go without. */
  readonly prepack?: boolean;
  readonly threads?: number;
}

/** Feeds and results by value name. */
export type Feeds = Readonly<Record<string, ort.Tensor>>;

/** A graph made ready to run. Runs block the calling thread. */
export class Session {
  readonly inputs: ReadonlySet<string>;
  readonly outputs: readonly string[];
  private readonly session: ort.InferenceSession;
  private released = false;

  private constructor(session: ort.InferenceSession) {
    this.session = session;
    this.inputs = new Set(session.inputNames);
    this.outputs = session.outputNames;
  }

  /**
   * Makes a session of a derived graph whose constants lie in the model's own files.
   * @throws EmendError 'unsupported' with ONNX Runtime's reason when it refuses the graph
   */
  static async create(model: Model, graph: Graph, options: SessionOptions = {}): Promise<Session> {
    const home = withoutLinks(model.folder, options.prepack === false ? graph : weightsApart(graph));
    const bytes = encodeModel({ ...model, graph: home.graph });
    try {
      const session = await ort.InferenceSession.create(bytes, {
        executionProviders: ['cpu'],
        graphOptimizationLevel: options.optimize ?? 'all',
        intraOpNumThreads: options.threads ?? 0,
        enableMemPattern: false,
        logSeverityLevel: 3,
        extra: {
          session: {
            model_external_initializers_file_folder_path: home.folder,
            ...(options.prepack === false ? { disable_prepacking: '1' } : {}),
          },
        },
      });
      return new Session(session);
    } catch (cause) {
      throw new EmendError(
        'unsupported',
        `ONNX Runtime cannot run a graph derived from ${model.file}: ${reason(cause)}`,
        'If the original file runs elsewhere, please report it with the name of its exporter.',
        { runtime: whole(cause) },
      );
    }
  }

  /** Runs; every feed must be an input and every input fed (ONNX Runtime itself would ignore a stray feed). */
  async run(feeds: Feeds, fetches?: readonly string[]): Promise<Record<string, ort.Tensor>> {
    for (const name of Object.keys(feeds)) {
      if (!this.inputs.has(name))
        throw new EmendError('failed', `"${name}" was fed, but the graph has no such input (it has ${[...this.inputs].join(', ')}).`);
    }
    for (const name of this.inputs) {
      if (!feeds[name]) throw new EmendError('failed', `Input "${name}" was not fed.`);
    }
    try {
      return (await this.session.run(feeds, fetches ?? this.outputs)) as Record<string, ort.Tensor>;
    } catch (cause) {
      const outside = /indices element out of data bounds, idx=(-?\d+)/.exec(reason(cause));
      if (outside)
        throw new EmendError(
          'bad-input',
          `A text has more tokens than the model has positions, or a token that it has no embedding for (index ${outside[1]}).`,
          'Take a shorter text; if it is short, the tokenizer is that of another model.',
        );
      throw new EmendError('failed', `ONNX Runtime stopped: ${reason(cause)}`, hintFor(cause), { runtime: whole(cause) });
    }
  }

  /** Frees the native memory; later calls do nothing. */
  async release(): Promise<void> {
    if (this.released) return;
    this.released = true;
    await this.session.release();
  }
}

/** What ONNX Runtime said, in one line; of sizes that do not fit, which they are. */
function reason(cause: unknown): string {
  const [first = '', ...more] = whole(cause)
    .split('\n')
    .map((line) => line.trim());
  return /for the following indices$/.test(first) ? [first, ...more.filter((line) => line !== '')].join(' ').slice(0, 500) : first;
}

/** All that it said. */
function whole(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** What to do, by what went wrong. */
function hintFor(cause: unknown): string {
  const said = whole(cause);
  if (/bad_alloc|allocat|out of memory/i.test(said)) return 'There was not enough memory: take a smaller batch, or a shorter text.';
  if (/invalid dimensions|rank|shape/i.test(said))
    return 'The graph takes other sizes than it was given. Export the model with dynamic axes; if it has them, please report it.';
  return 'If it happens again, please report it with the name of the exporter.';
}

/** A result's float values. */
export function floats(result: Record<string, ort.Tensor>, name: string): Float32Array {
  const tensor = result[name];
  if (!tensor || !(tensor.data instanceof Float32Array))
    throw new EmendError('failed', `"${name}" is not a float32 result (found ${tensor?.type ?? 'nothing'}).`);
  return tensor.data;
}

/** A float32 feed. */
export function floatFeed(data: Float32Array, dims: readonly number[]): ort.Tensor {
  return new ort.Tensor('float32', data, dims);
}

/** An int64 feed. */
export function intFeed(data: readonly number[] | Int32Array, dims: readonly number[]): ort.Tensor {
  return new ort.Tensor(
    'int64',
    BigInt64Array.from(data as readonly number[], (v) => BigInt(v)),
    dims,
  );
}
