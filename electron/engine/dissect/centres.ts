import { EmendError } from '../../../shared/errors.ts';
import type { Graph, Node } from '../onnx/graph.ts';
import { traitsOf } from '../onnx/op-traits.ts';
import { tensorInts, type TensorHome } from '../onnx/tensors.ts';

/** What one cell of a map sees of the input along one axis: cell i sees the pixels offset + i·step … + size − 1. */
export interface Field {
  readonly offset: number;
  readonly size: number;
  readonly step: number;
  /** Cells along the axis. */
  readonly length: number;
}

/** Rows and columns. */
export type Fields = readonly [vertical: Field, horizontal: Field];

/** The pixel in the middle of what each cell sees (CSAILVision/NetDissect, upsample.centered_arange). */
export function centres({ offset, size, step, length }: Field): number[] {
  return Array.from({ length }, (_, i) => offset + Math.floor(size / 2) + i * step);
}

/** A window that moves over a map. */
export interface Window {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  /** Cells added in front. */
  readonly before: number;
  /** Cells of the result. */
  readonly length: number;
}

/** What a cell behind a window sees. */
export function through(field: Field, { kernel, stride, dilation, before, length }: Window): Field {
  const span = (kernel - 1) * dilation + 1;
  return { offset: field.offset - before * field.step, size: (span - 1) * field.step + field.size, step: field.step * stride, length };
}

/** What a cell that two maps meet in sees: all that either sees. @throws EmendError 'unsupported' for maps of different steps */
export function union(a: Field, b: Field, where: string): Field {
  if (a.step !== b.step || a.length !== b.length)
    throw new EmendError(
      'unsupported',
      `Maps of different sizes meet in ${where} (${a.length} and ${b.length} cells, steps of ${a.step} and ${b.step} pixels).`,
      'Choose a layer before it.',
    );
  const offset = Math.min(a.offset, b.offset);
  return { ...a, offset, size: Math.max(a.offset + a.size, b.offset + b.size) - offset };
}

/**
 * What the cells of each value that follows from the input see of it, by value name; undefined for what holds for the whole picture.
 * @param size rows and columns of the input
 */
export class FieldMap {
  readonly #graph: Graph;
  readonly #home: TensorHome;
  readonly #made: ReadonlyMap<string, Node>;
  readonly #known = new Map<string, Fields | undefined>();

  constructor(graph: Graph, home: TensorHome, input: string, size: readonly [number, number]) {
    this.#graph = graph;
    this.#home = home;
    this.#made = new Map(graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
    const [rows, columns] = size;
    const start = (length: number): Field => ({ offset: 0, size: 1, step: 1, length });
    this.#known.set(input, [start(rows), start(columns)]);
  }

  /** @throws EmendError 'unsupported' naming the operator that a cell's place cannot be followed through */
  of(value: string): Fields | undefined {
    if (this.#known.has(value)) return this.#known.get(value);
    // Graphs are deep: what is needed first is worked out first, without recursion.
    const waiting = [value];
    while (waiting.length > 0) {
      const name = waiting.at(-1)!;
      const node = this.#made.get(name);
      const missing = node?.inputs.filter((input) => input !== '' && !this.#known.has(input)) ?? [];
      if (missing.length > 0) {
        waiting.push(...missing);
        continue;
      }
      waiting.pop();
      if (!this.#known.has(name)) this.#known.set(name, node && this.#behind(node));
    }
    return this.#known.get(value);
  }

  #behind(node: Node): Fields | undefined {
    const maps = node.inputs.map((input) => (input === '' ? undefined : this.#known.get(input))).filter((fields) => fields !== undefined);
    if (maps.length === 0) return undefined;
    const { cells, pointwise, chooses } = traitsOf(node);
    if (cells === 'whole') return undefined;
    if (cells === 'window') return [this.#window(node, maps[0]!, 0), this.#window(node, maps[0]!, 1)];
    if (node.op === 'Pad') return this.#padded(node, maps[0]!);
    if (cells === 'kept' || pointwise === true || chooses === true)
      return maps.reduce((a, b) => [union(a[0], b[0], `"${node.name}"`), union(a[1], b[1], `"${node.name}"`)]);
    throw new EmendError(
      'unsupported',
      `Where in the picture a cell lies cannot be followed through the operator ${node.op} ("${node.name}").`,
      'Choose a layer before it.',
    );
  }

  #window(node: Node, fields: Fields, axis: 0 | 1): Field {
    const field = fields[axis];
    const listed = (name: string, otherwise: number) => {
      const attribute = node.attributes[name];
      return attribute?.type === 'ints' ? attribute.value[axis]! : otherwise;
    };
    const weight = node.op === 'Conv' ? this.#graph.constants.get(node.inputs[1]!)?.dims[2 + axis] : undefined;
    const kernel = listed('kernel_shape', weight ?? 1);
    const [stride, dilation] = [listed('strides', 1), listed('dilations', 1)];
    const span = (kernel - 1) * dilation + 1;
    const auto = node.attributes['auto_pad']?.type === 'string' ? node.attributes['auto_pad'].value : 'NOTSET';
    if (auto === 'SAME_UPPER' || auto === 'SAME_LOWER') {
      const length = Math.ceil(field.length / stride);
      const added = Math.max(0, (length - 1) * stride + span - field.length);
      const before = auto === 'SAME_UPPER' ? Math.floor(added / 2) : Math.ceil(added / 2);
      return through(field, { kernel, stride, dilation, before, length });
    }
    const pads = node.attributes['pads']?.type === 'ints' && auto === 'NOTSET' ? node.attributes['pads'].value : [0, 0, 0, 0];
    const [before, after] = [pads[axis]!, pads[2 + axis]!];
    const free = (field.length + before + after - span) / stride;
    const ceil = node.attributes['ceil_mode']?.type === 'int' && node.attributes['ceil_mode'].value === 1;
    let length = (ceil ? Math.ceil(free) : Math.floor(free)) + 1;
    // A window that would begin behind the input is left out (ONNX, MaxPool).
    if (ceil && (length - 1) * stride >= field.length + before) length--;
    return through(field, { kernel, stride, dilation, before, length });
  }

  #padded(node: Node, fields: Fields): Fields {
    const constant = this.#graph.constants.get(node.inputs[1] ?? '');
    const pads = constant && tensorInts(this.#home, constant);
    if (pads?.length !== 8)
      throw new EmendError(
        'unsupported',
        `How far "${node.name}" pads its input is not written in the graph.`,
        'Choose a layer before it.',
      );
    const padded = (axis: 0 | 1): Field => {
      const [before, after] = [pads[2 + axis]!, pads[6 + axis]!];
      return through(fields[axis], { kernel: 1, stride: 1, dilation: 1, before, length: fields[axis].length + before + after });
    };
    return [padded(0), padded(1)];
  }
}
