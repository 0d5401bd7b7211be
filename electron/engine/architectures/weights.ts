import { EmendError } from '../../../shared/errors.ts';
import type { GraphBuilder } from '../onnx/build.ts';
import { codeOf } from '../onnx/dtypes.ts';
import { isFloatType } from '../onnx/floats.ts';
import type { Tensor } from '../onnx/graph.ts';
import type { Checkpoint } from './checkpoint.ts';

/** Tensors that older releases of transformers saved although they follow from the configuration: causal masks and frequencies. */
const BUFFERS: readonly { readonly name: RegExp; readonly is: (tensor: Tensor) => boolean }[] = [
  { name: /\.(attn|attention)\.bias$/, is: ({ dims }) => dims.length === 4 },
  { name: /\.(attn|attention)\.masked_bias$/, is: ({ dims }) => dims.length === 0 || dims.join() === '1' },
  { name: /\.rotary_emb\.inv_freq$/, is: ({ dims }) => dims.length === 1 },
];

/** A checkpoint's tensors as a graph takes them: under their own names, each noted when it is taken. */
export class Weights {
  readonly #tensors: Checkpoint['tensors'];
  readonly #base: string;
  readonly #used = new Set<string>();
  readonly #floats = new Map<string, string>();

  /** @param base what stands before most names, and is left out in files that were saved from the model without its head */
  constructor({ tensors }: Checkpoint, base: string) {
    this.#tensors = tensors;
    this.#base = `${base}.`;
  }

  has(name: string): boolean {
    return this.#stored(name) !== undefined;
  }

  /** The tensor as a float32 value of the graph. @throws EmendError 'bad-file' when it is missing, or of other dimensions or type */
  value(b: GraphBuilder, name: string, dims: readonly number[]): string {
    const { stored, tensor } = this.#take(b, name, dims);
    if (tensor.dtype === 'float32') return stored;
    let value = this.#floats.get(stored);
    if (value === undefined) this.#floats.set(stored, (value = b.op('Cast', [stored], { to: codeOf('float32')! })));
    return value;
  }

  /** Rows of a tensor [rows, width] as float32, at whole-number indices. */
  rows(b: GraphBuilder, name: string, dims: readonly [number, number], indices: string): string {
    const { stored, tensor } = this.#take(b, name, dims);
    const rows = b.op('Gather', [stored, indices]);
    return tensor.dtype === 'float32' ? rows : b.op('Cast', [rows], { to: codeOf('float32')! });
  }

  /** Tensors that nothing took and that are not known to follow from the configuration. */
  rest(): string[] {
    return [...this.#tensors]
      .filter(([name, tensor]) => !this.#used.has(name) && !BUFFERS.some((buffer) => buffer.name.test(`.${name}`) && buffer.is(tensor)))
      .map(([name]) => name);
  }

  #stored(name: string): string | undefined {
    if (this.#tensors.has(name)) return name;
    const bare = name.startsWith(this.#base) ? name.slice(this.#base.length) : name;
    return this.#tensors.has(bare) ? bare : undefined;
  }

  #take(b: GraphBuilder, name: string, dims: readonly number[]): { stored: string; tensor: Tensor } {
    const stored = this.#stored(name);
    const tensor = stored === undefined ? undefined : this.#tensors.get(stored);
    if (stored === undefined || tensor === undefined)
      throw new EmendError(
        'bad-file',
        `The checkpoint lacks the tensor "${name}" [${dims.join(', ')}], which its config.json asks for.`,
        'Download the model again; if it is whole, please report it with the name of the model.',
      );
    if (tensor.dims.join() !== dims.join())
      throw new EmendError(
        'bad-file',
        `The tensor "${stored}" is [${tensor.dims.join(', ')}] in the file; by config.json it should be [${dims.join(', ')}].`,
        'Take config.json and weights of the same model.',
      );
    if (!isFloatType(tensor.dtype))
      throw new EmendError(
        'unsupported',
        `The tensor "${stored}" is of type ${tensor.dtype}; float32, float16 or bfloat16 was expected.`,
        'Take the checkpoint of this model that is not quantised.',
      );
    this.#used.add(stored);
    b.graph.constants.set(stored, tensor);
    return { stored, tensor };
  }
}
