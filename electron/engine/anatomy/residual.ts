import { EmendError } from '../../../shared/errors.ts';
import { consumers, type Graph, type Node, producers, type Shapes } from '../onnx/graph.ts';
import { type Flow, isNorm } from './flow.ts';
import { constantBehind, throughViews } from './linears.ts';
import type { Linear } from './types.ts';

/** A feed-forward part as far as it is known before its hidden state is: its down-projection and the projections that feed it. */
export interface Branch {
  readonly down: Linear;
  readonly sources: readonly Linear[];
}

/**
 * The hidden state behind each block: the sum that the block's work is added to or, where blocks end in a norm, that norm's result.
 * @param width the model's width
 * @throws EmendError 'unsupported' when there is no one hidden state
 */
export function findResiduals(
  branches: readonly Branch[],
  linears: Iterable<Linear>,
  graph: Graph,
  flow: Flow,
  width: number,
  shapes: Shapes,
): { sum: string; residual: string }[] {
  const search = new Search(graph, flow, width, shapes);
  const sums = branches.map((branch) => search.sumAfter(branch.down.product));
  const readByLinears = [...linears].map((l) => throughViews(l.input, search.made));
  const endInNorm =
    sums.length > 0 && !search.firstBlockBeginsWithNorm() && sums.every((sum, i) => search.skipsFromNorm(sum, branches[i]!));
  return sums.map((sum) => ({ sum, residual: endInNorm ? search.firstReadBehind(sum, readByLinears) : sum }));
}

class Search {
  readonly made: Map<string, Node>;
  private readonly readers: Map<string, Node[]>;
  private readonly graph: Graph;
  private readonly flow: Flow;
  private readonly width: number;
  private readonly shapes: Shapes;

  constructor(graph: Graph, flow: Flow, width: number, shapes: Shapes) {
    this.graph = graph;
    this.flow = flow;
    this.width = width;
    this.shapes = shapes;
    this.made = producers(graph);
    this.readers = consumers(graph);
  }

  /** The first value behind the down-projection that everything passes through and that adds activations, as wide as the model. */
  sumAfter(product: string): string {
    const from = this.flow.position.get(product)!;
    for (const [name, at] of this.flow.position) if (at > from && this.isSum(name)) return this.withLateBias(name);
    throw new EmendError(
      'unsupported',
      `After the feed-forward product "${product}" no hidden state was found that the rest of the model reads alone.`,
      'Models without one residual stream are not supported.',
    );
  }

  /**
   * In a post-norm block (OPT-350m, the first GPT) the feed-forward part is added to what its own projections read, a norm's result;
   * elsewhere they read a norm of what it is added to, or that itself (OLMo 2).
   */
  skipsFromNorm(sum: string, { sources }: Branch): boolean {
    const read = new Set(sources.map((s) => throughViews(s.input, this.made)));
    const skipped = this.operands(sum).find((name) => read.has(name));
    return skipped !== undefined && !this.isSum(skipped);
  }

  /** BLOOM with its residual taken behind the norm looks like post-norm blocks, but there a norm opens each block instead of closing it. */
  firstBlockBeginsWithNorm(): boolean {
    const first = [...this.flow.position.keys()].find((name) => this.isSum(name));
    const entry = Math.min(...this.operands(first ?? '').map((name) => this.flow.position.get(name)!));
    return this.graph.nodes.some((node) => isNorm(node) && node.outputs.some((o) => (this.flow.position.get(o) ?? Infinity) <= entry));
  }

  /** The first value behind the sum that later projections read. */
  firstReadBehind(sum: string, readByLinears: readonly string[]): string {
    const after = this.flow.position.get(sum)!;
    const behind = readByLinears.filter((name) => (this.flow.position.get(name) ?? -1) > after);
    return behind.reduce(
      (first, name) => (this.flow.position.get(name)! < this.flow.position.get(first)! ? name : first),
      behind[0] ?? sum,
    );
  }

  /** A cut where two activations are added; an Add of a constant is a bias. */
  private isSum(name: string): boolean {
    return this.flow.cuts.has(name) && this.shapes.get(name)?.dims.at(-1) === this.width && this.operands(name).length > 1;
  }

  /** The activations that an Add adds. */
  private operands(name: string): string[] {
    const node = this.made.get(name);
    if (node?.op !== 'Add' && node?.op !== 'Sum') return [];
    return node.inputs.map((i) => throughViews(i, this.made)).filter((i) => this.flow.position.has(i));
  }

  /** Fused ops add the projection's bias after the sum: then the hidden state is behind it. */
  private withLateBias(sum: string): string {
    const [only, another] = this.readers.get(sum) ?? [];
    if (only?.op !== 'Add' || another || !only.inputs.some((i) => i !== sum && constantBehind(i, this.graph) !== undefined)) return sum;
    return only.outputs[0]!;
  }
}
