import { SIZES } from '../runtime/probe.ts';
import type { GraphBuilder } from '../onnx/build.ts';
import { type Graph, intAttribute, intsAttribute, type Node, producers, type Shape } from '../onnx/graph.ts';
import { traitsOf } from '../onnx/op-traits.ts';
import { tensorInts } from '../onnx/tensors.ts';
import type { Decoder } from '../decoder/decoder.ts';

/**
 * Repeats the work behind the last values that mix tokens, for chosen tokens only: everything on the way to `value` that treats each
 * token by itself is written again on [n, width], from values gathered where it begins. So the last layer's MLP, the final norm and the
 * unembedding run on what the loss reads and on nothing else.
 */
export class Tail {
  private readonly builder: GraphBuilder;
  private readonly decoder: Decoder;
  private readonly shapes: Map<string, Shape>;
  private readonly rows: string;
  private readonly stops: ReadonlySet<string>;
  private readonly made: ReadonlyMap<string, Node>;
  private readonly constants: Graph['constants'];
  private readonly done = new Map<string, string>();

  /**
   * @param builder of the graph that holds `value`; new nodes go to it
   * @param shapes of the graph's values, to which those of the new values are added
   * @param rows int64 [n, 1]: which tokens, counted through the batch (row · length + token)
   * @param stops values to gather even though each token is still by itself there (the hidden state that enters the last layer)
   */
  constructor(builder: GraphBuilder, decoder: Decoder, shapes: Map<string, Shape>, rows: string, stops: ReadonlySet<string>) {
    this.builder = builder;
    this.decoder = decoder;
    this.shapes = shapes;
    this.rows = rows;
    this.stops = stops;
    this.made = producers(builder.graph);
    this.constants = builder.graph.constants;
  }

  /** The value at the chosen tokens, [n, width]; it must be [batch, length, width] or [batch·length, width]. */
  at(value: string): string {
    let made = this.done.get(value);
    if (made === undefined) {
      made = (this.stops.has(value) ? undefined : this.again(value)) ?? this.gathered(value);
      this.done.set(value, made);
    }
    return made;
  }

  /** Written again from what its node reads; undefined when the node mixes tokens or is not known not to. */
  private again(value: string): string | undefined {
    const node = this.made.get(value);
    if (!node) return undefined;
    if (node.op === 'Split' || node.op === 'Slice') return this.part(node, value);
    if (node.outputs[0] !== value) return undefined;
    const { holds, pointwise, norm, reduces } = traitsOf(node);
    const first = node.inputs[0]!;
    if (holds === 'reshaped') return this.isTokens(first) && this.widthOf(first) === this.widthOf(value) ? this.at(first) : undefined;
    if (pointwise || holds === 'same') {
      // Each token is by itself when all operands are, or are the same for every token.
      if (!node.inputs.every((i) => this.isTokens(i) || this.isOneRow(i))) return undefined;
      return this.write(
        node,
        node.inputs.map((i) => (this.isTokens(i) ? this.at(i) : i)),
        value,
      );
    }
    if (!this.isTokens(first)) return undefined;
    if (norm && this.isLastAxis(first, [intAttribute(node, 'axis', -1)]))
      return this.write(
        { ...node, attributes: { ...node.attributes, axis: { type: 'int', value: -1 } } },
        [this.at(first), ...node.inputs.slice(1)],
        value,
      );
    if (reduces && intAttribute(node, 'keepdims', 1) === 1) {
      const axes = intsAttribute(node, 'axes') ?? this.numbers(node.inputs[1]);
      if (!axes || !this.isLastAxis(first, axes)) return undefined;
      return this.write({ ...node, attributes: { keepdims: { type: 'int', value: 1 } } }, [this.at(first), this.builder.ints([-1])], value);
    }
    return this.product(node, value);
  }

  /** Some columns of a value, as where two projections share one weight. */
  private part(node: Node, value: string): string | undefined {
    const [first, ...bounds] = node.inputs as [string, ...string[]];
    const axes = node.op === 'Split' ? [intAttribute(node, 'axis', 0)] : this.numbers(bounds[2]);
    if (!this.isTokens(first) || !axes || !this.isLastAxis(first, axes)) return undefined;
    const inputs = node.op === 'Split' ? bounds : [...bounds.slice(0, 2), this.builder.ints([-1]), ...bounds.slice(3)];
    const attributes = node.op === 'Split' ? { ...node.attributes, axis: -1 } : {};
    const made = this.builder.ops(node.op, [this.at(first), ...inputs], node.outputs.length, attributes);
    node.outputs.forEach((output, i) => this.done.set(output, this.know(made[i]!, this.widthOf(output)!)));
    return this.done.get(value);
  }

  /**
   * A product with one weight for all tokens. A weight that is transposed on the way is read as it is stored, which spares a copy of it.
   */
  private product(node: Node, value: string): string | undefined {
    const [first, weight, ...bias] = node.inputs as [string, string, ...string[]];
    if (node.op !== 'MatMulNBits' && (this.dimsOf(weight)?.length !== 2 || this.decoder.flow.position.has(weight))) return undefined;
    const isStraight = !['transA', 'transBatchA', 'transBatchB'].some((name) => intAttribute(node, name, 0) === 1);
    if ((node.op === 'Gemm' || node.op === 'FusedMatMul') && isStraight && bias.every((b) => this.isOneRow(b)))
      return this.write(node, [this.at(first), weight, ...bias], value);
    if (node.op === 'MatMulNBits') return this.write(node, [this.at(first), weight, ...bias], value);
    if (node.op !== 'MatMul') return undefined;
    const turned = this.made.get(weight);
    const isTurned =
      turned?.op === 'Transpose' && (intsAttribute(turned, 'perm') ?? [1, 0]).join() === '1,0' && this.constants.has(turned.inputs[0]!);
    if (!isTurned) return this.write(node, [this.at(first), weight], value);
    return this.write(
      { ...node, op: 'Gemm', attributes: { transB: { type: 'int', value: 1 } } },
      [this.at(first), turned.inputs[0]!],
      value,
    );
  }

  private gathered(value: string): string {
    const width = this.widthOf(value)!;
    const flat = this.know(this.builder.op('Reshape', [value, this.builder.ints([-1, width])]), width);
    return this.know(this.builder.op('GatherND', [flat, this.rows]), width);
  }

  private write(node: Node, inputs: readonly string[], like: string): string {
    return this.know(this.builder.op(node.op, inputs, node.attributes, node.domain), this.widthOf(like)!);
  }

  private know(name: string, width: number): string {
    this.shapes.set(name, { dtype: 'float32', dims: [null, width] });
    return name;
  }

  private dimsOf(value: string): Shape['dims'] | undefined {
    return this.constants.get(value)?.dims ?? this.shapes.get(value)?.dims;
  }

  private widthOf(value: string): number | undefined {
    return this.dimsOf(value)?.at(-1) ?? undefined;
  }

  /** Whether a value holds one vector of fixed width for each token. */
  private isTokens(value: string): boolean {
    const sizes = this.shapes.get(value)?.sizes;
    if (!sizes || this.widthOf(value) === undefined) return false;
    return SIZES.every(({ batch, length }, i) => [`${batch},${length}`, `${batch * length}`].includes(sizes[i]!.slice(0, -1).join()));
  }

  /** Whether an operand is the same for every token. */
  private isOneRow(operand: string): boolean {
    if (operand === '') return true;
    const dims = this.dimsOf(operand);
    return dims !== undefined && dims.length <= 1 && dims.every((d) => d !== null) && !this.decoder.flow.position.has(operand);
  }

  private isLastAxis(value: string, axes: readonly number[]): boolean {
    const rank = this.dimsOf(value)!.length;
    return axes.length === 1 && (axes[0]! + rank) % rank === rank - 1;
  }

  private numbers(constant: string | undefined): number[] | undefined {
    const tensor = constant === undefined ? undefined : this.constants.get(constant);
    return tensor && tensorInts(this.decoder.model, tensor);
  }
}
