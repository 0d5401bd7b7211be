import { type GraphBuilder, floatTensor } from '../../onnx/build.ts';
import type { RotaryPart } from '../spec.ts';
import type { Weights } from '../weights.ts';

/** What the parts of one graph share while it is put together. */
export class Net {
  readonly b: GraphBuilder;
  readonly ids = 'input_ids';
  readonly attended = 'attention_mask';
  readonly positions = 'position_ids';
  readonly #weights: Weights;
  readonly #made = new Map<unknown, unknown>();

  constructor(b: GraphBuilder, weights: Weights) {
    this.b = b;
    this.#weights = weights;
  }

  /** A tensor of the checkpoint as float32. @throws EmendError when it is missing or has other dimensions */
  weight(name: string, dims: readonly number[]): string {
    return this.#weights.value(this.b, name, dims);
  }

  /** Rows of a table of the checkpoint, [.., width]. Only they are made float32. */
  rows(name: string, dims: readonly [number, number], indices: string): string {
    return this.#weights.rows(this.b, name, dims, indices);
  }

  /** A vector of float32 numbers. */
  vector(values: Float32Array | readonly number[]): string {
    return this.b.constant(floatTensor(Float32Array.from(values), [values.length]));
  }

  /** What several parts need, made once for each key: a rotation's tables, a mask. */
  once<T>(key: RotaryPart | string, make: () => T): T {
    if (!this.#made.has(key)) this.#made.set(key, make());
    return this.#made.get(key) as T;
  }
}
