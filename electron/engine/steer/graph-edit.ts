import { EmendError } from '../../../shared/errors.ts';
import type { Dola } from '../../../shared/steering/intervention.ts';
import type { Decoder } from '../decoder/decoder.ts';
import { GraphBuilder } from '../onnx/build.ts';
import { copyGraph, type Graph, type Model, type Node } from '../onnx/graph.ts';
import { withChanges } from './apply.ts';
import type { Change } from './changes.ts';
import { contrastOf } from './dola.ts';
import { range, type Whereabouts } from './positions.ts';

/** What an exported graph gets besides its weights. */
export interface GraphEdit {
  readonly changes: readonly Change[];
  readonly decoding: Dola | undefined;
}

/**
 * The imported graph with a steering in it, for any ONNX Runtime to run.
 * @throws EmendError 'unsupported' where the export keeps a steered value inside a function or a branch
 */
export function steeredGraph(decoder: Decoder, source: Model, { changes, decoding }: GraphEdit): Graph {
  const made = new Set(source.graph.nodes.flatMap(alone));
  const placed = changes.map((change) => (made.has(change.place.name) ? change : (atTerm(decoder, change, changes, made) ?? change)));
  const names = [...placed.map(({ place }) => place.name), ...(decoding ? decodingReads(decoder, decoding) : [])];
  const missing = names.find((name) => !made.has(name));
  if (missing !== undefined)
    throw new EmendError(
      'unsupported',
      `This export keeps "${missing}" inside a function, a branch or a fused operation, where a steering cannot be put into its graph.`,
      'Steer at the output of blocks, or use another export of the model.',
    );
  const isHalf = [...source.graph.constants.values()].some(({ dtype }) => dtype === 'float16' || dtype === 'bfloat16');
  const opset = source.opsets.get('') ?? 0;
  if (isHalf && opset < 15)
    throw new EmendError(
      'unsupported',
      `This half-precision export has opset ${opset}; steering in its graph needs 15.`,
      'Export it anew.',
    );
  const byName = new Map<string, Change[]>();
  for (const change of placed) byName.set(change.place.name, [...(byName.get(change.place.name) ?? []), change]);
  const { graph } = withChanges(copyGraph(source.graph), byName, (b) => fromPasses(b, decoder), { casts: isHalf });
  if (!decoding) return graph;
  if (isHalf || opset < 18)
    throw new EmendError(
      'unsupported',
      'DoLa can be put into float32 graphs of opset 18 and up.',
      'Export the model anew, or decode with it here.',
    );
  return withContrast(decoder, graph, decoding);
}

/**
 * Outputs of a node that can be changed alone: a fused operation's further outputs take part in its first one (SkipLayerNormalization's
 * sum).
 */
function alone({ domain, outputs }: Node): readonly string[] {
  return domain === '' ? outputs : outputs.slice(0, 1);
}

/**
 * Fused norms keep the sum behind a block to themselves. What is added to the sum may as well be added to the MLP's output, a term of it,
 * where
 * nothing else happens to either.
 */
function atTerm({ anatomy }: Decoder, change: Change, all: readonly Change[], made: ReadonlySet<string>): Change | undefined {
  const layer = anatomy.layers.find(({ residual }) => residual === change.place.name);
  const term = layer?.mlp.output;
  if (term === undefined || layer!.mlp.postNorm || !made.has(term)) return undefined;
  const others = all.filter(({ place }) => place.name === term || place.name === change.place.name);
  const adds = others.every(({ operator, keepsNorm, place }) => operator === 'add' && !keepsNorm && place.name !== term);
  return adds ? { ...change, place: { ...change.place, name: term } } : undefined;
}

function decodingReads({ anatomy }: Decoder, { candidates }: Dola): string[] {
  const exits = candidates.map((exit) => (exit === 0 ? anatomy.embedding : anatomy.layers[exit - 1]!.residual));
  return [...exits, anatomy.layers.at(-1)!.residual, anatomy.unembedding.input, anatomy.unembedding.product, anatomy.logits];
}

/**
 * Where tokens are, from what a graph is fed anyway: the first pass, with nothing cached, is the prompt; whatever is cached later was it,
 * or is
 * the answer so far.
 */
function fromPasses(b: GraphBuilder, { inputs }: Decoder): Whereabouts {
  const [slot] = inputs.past;
  if (!slot) return { at: b.op('Add', [range(b, inputs.ids.name), rows(b, inputs.ids.name)]) };
  const size = (of: string, axis: number) => b.op('Gather', [b.op('Shape', [of]), b.int(axis)]);
  const cached = size(slot.input, 2);
  const prompt = b.op('Where', [b.op('Equal', [cached, b.int(0)]), size(inputs.ids.name, 1), cached]);
  const at = b.op('Add', [b.op('Add', [range(b, inputs.ids.name), rows(b, inputs.ids.name)]), cached]);
  return { at, prompt, answer: prompt };
}

/** Zeros [batch, 1]: positions are the same in every row. */
function rows(b: GraphBuilder, ids: string): string {
  const batch = b.op('Gather', [b.op('Shape', [ids]), b.ints([0])]);
  return b.op('Expand', [
    b.constant({ dtype: 'int64', dims: [1, 1], data: { kind: 'bytes', bytes: new Uint8Array(8) } }),
    b.op('Concat', [batch, b.ints([1])], { axis: 0 }),
  ]);
}

/** The graph whose logits are contrasted at the last position of each pass; the others are the model's own. */
function withContrast(decoder: Decoder, source: Graph, dola: Dola): Graph {
  const { logits } = decoder.anatomy;
  const graph = copyGraph(source);
  const own = `${logits}/own`;
  graph.nodes = graph.nodes.map((node) => ({ ...node, outputs: node.outputs.map((output) => (output === logits ? own : output)) }));
  graph.nodes = graph.nodes.map((node) => ({ ...node, inputs: node.inputs.map((input) => (input === logits ? own : input)) }));
  const b = new GraphBuilder(graph, 'dola');
  const lastOf = (value: string) => b.op('Gather', [value, b.ints([-1])], { axis: 1 });
  const flat = (value: string, width: number) => b.op('Reshape', [lastOf(value), b.ints([-1, width])]);
  const { vocabulary, hiddenSize } = decoder.anatomy;
  const scores = contrastOf(b, decoder, dola, flat(own, vocabulary), (state) => flat(batched(b, decoder, state), hiddenSize));
  const before = b.op('Slice', [own, b.ints([0]), b.ints([-1]), b.ints([1])]);
  b.node('Concat', [before, b.op('Unsqueeze', [scores, b.ints([1])])], [logits], { axis: 1 });
  graph.nodes.push(...b.take());
  return graph;
}

/** A hidden state as [batch, length, width]. */
function batched(b: GraphBuilder, decoder: Decoder, state: string): string {
  const { ids } = decoder.inputs;
  return b.op('Reshape', [state, b.op('Concat', [b.op('Shape', [ids.name]), b.ints([-1])], { axis: 0 })]);
}
