import { EmendError } from '../../../shared/errors.ts';
import type { Dola } from '../../../shared/steering/intervention.ts';
import type { Decoder, DecodingRule, Scores, Scoring } from '../decoder/decoder.ts';
import { isFlat } from '../decoder/stage.ts';
import { withBias } from '../anatomy/linears.ts';
import { GraphBuilder } from '../onnx/build.ts';
import { copyGraph, type Graph, producers } from '../onnx/graph.ts';
import { workBetween } from '../runtime/surgery.ts';

/**
 * Decoding by contrasting layers (Chuang et al. 2024; voidism/DoLa dola.py and its transformers-4.28.1): the last layer's scores less those
 * of an earlier exit, at each token the one that is furthest from it.
 */
export function dolaRule(decoder: Decoder, dola: Dola): DecodingRule {
  const { anatomy } = decoder;
  const mature = anatomy.layers.length;
  const strange = dola.candidates.find((exit) => exit >= mature);
  if (strange !== undefined)
    throw new EmendError(
      'bad-input',
      `Exit ${strange} was asked for; this model can be left at 0 (its embeddings) to ${mature - 1}, and ends at ${mature}.`,
      'Choose exits of this model.',
    );
  if (!dola.norm && anatomy.unembedding.inWidth !== anatomy.hiddenSize)
    throw new EmendError(
      'unsupported',
      `The head reads ${anatomy.unembedding.inWidth} numbers, hidden states have ${anatomy.hiddenSize}: they cannot go to it as they are.`,
      'Let exits pass the final norm.',
    );
  return { repetitionPenalty: dola.repetitionPenalty, apply: (graph, at, what) => contrasted(decoder, dola, graph, at, what) };
}

/** How scores are made of two layers' logits. */
interface Contrast {
  /** Share of the greatest probability below which tokens are ruled out; 0 rules none out. */
  readonly relativeTop: number;
  /** What stands for tokens that are ruled out. */
  readonly ruledOut: number;
  /** Differences of log-probabilities rather than of logits. */
  readonly normalises: boolean;
  /** Log-probabilities of the differences. */
  readonly postSoftmax: boolean;
}

/** What the authors' scripts set for choosing a token, for TruthfulQA and for FACTOR; a text's likelihood needs probabilities. */
function contrastFor({ relativeTop, scoring }: Dola, what: Scoring): Contrast {
  if (what === 'next') return { relativeTop, ruledOut: -Infinity, normalises: relativeTop > 0, postSoftmax: false };
  if (what === 'text') return { relativeTop: 0, ruledOut: -Infinity, normalises: true, postSoftmax: true };
  return {
    truthfulqa: { relativeTop: 0, ruledOut: -Infinity, normalises: true, postSoftmax: false },
    factor: { relativeTop: 0.1, ruledOut: -1000, normalises: true, postSoftmax: true },
  }[scoring];
}

function contrasted(decoder: Decoder, dola: Dola, source: Graph, at: { logits: string; rows: string }, what: Scoring): Scores {
  const graph = copyGraph(source);
  const b = new GraphBuilder(graph, 'dola');
  const { chosen, exit } = chosenExit(b, decoder, dola, at.logits, (state) => b.op('GatherND', [state, at.rows]));
  const scores = contrast(b, at.logits, chosen, contrastFor(dola, what));
  graph.nodes.push(...b.take());
  return { graph, scores, exit };
}

/**
 * The scores that a token is chosen by, [n, V]. @param logits [n, V]; @param pick the n rows of a hidden state, [n, width]
 */
export function contrastOf(b: GraphBuilder, decoder: Decoder, dola: Dola, logits: string, pick: (state: string) => string): string {
  return contrast(b, logits, chosenExit(b, decoder, dola, logits, pick).chosen, contrastFor(dola, 'next'));
}

function contrast(b: GraphBuilder, logits: string, chosen: string, { relativeTop, ruledOut, normalises, postSoftmax }: Contrast): string {
  const final = b.op('LogSoftmax', [logits], { axis: -1 });
  const base = b.op('LogSoftmax', [chosen], { axis: -1 });
  const apart = normalises ? b.op('Sub', [final, base]) : b.op('Sub', [logits, chosen]);
  const scores = postSoftmax ? b.op('LogSoftmax', [apart], { axis: -1 }) : apart;
  return relativeTop > 0 ? b.op('Where', [implausible(b, final, relativeTop), b.scalar(ruledOut), scores]) : scores;
}

/** Whether tokens are below a share of the greatest probability, from log-probabilities [n, V]; equal is not below. */
export function implausible(b: GraphBuilder, logp: string, relativeTop: number): string {
  const least = b.op('Add', [b.op('ReduceMax', [logp, b.ints([-1])], { keepdims: 1 }), b.scalar(Math.log(relativeTop))]);
  return b.op('Less', [logp, least]);
}

/** Logits [n, V] of the exit that each row is contrasted with; of several, the one whose distribution is furthest from the last layer's. */
function chosenExit(
  b: GraphBuilder,
  decoder: Decoder,
  dola: Dola,
  logits: string,
  pick: (state: string) => string,
): { chosen: string; exit?: string } {
  const { vocabulary } = decoder.anatomy;
  const { candidates } = dola;
  const stacked = exits(b, decoder, dola, pick);
  if (candidates.length === 1) return { chosen: b.op('Reshape', [stacked, b.ints([-1, vocabulary])]) };
  const furthest = b.op('ArgMax', [divergences(b, dola.divergence, logits, stacked)], { axis: -1, keepdims: 0 });
  const chosen = b.op('GatherND', [stacked, b.op('Unsqueeze', [furthest, b.ints([-1])])], { batch_dims: 1 });
  return { chosen, exit: b.op('Gather', [b.ints(candidates), furthest]) };
}

/** Logits of all exits [n, exits, V]: the head on the picked rows of hidden states. The weight is read once for all of them. */
function exits(b: GraphBuilder, decoder: Decoder, { candidates, norm }: Dola, pick: (state: string) => string): string {
  const { anatomy } = decoder;
  const { unembedding } = anatomy;
  const last = anatomy.layers.at(-1)!.residual;
  const states = candidates.map((exit) => {
    const hidden = exit === 0 ? anatomy.embedding : anatomy.layers[exit - 1]!.residual;
    const state = norm
      ? workBetween(b, last, unembedding.input, inFormOf(b, decoder, hidden, last))
      : inFormOf(b, decoder, hidden, unembedding.input);
    return b.op('Unsqueeze', [pick(state), b.ints([1])]);
  });
  const all = b.op('Reshape', [b.op('Concat', states, { axis: 1 }), b.ints([-1, unembedding.inWidth])]);
  const made = producers(decoder.graph);
  const head = made.get(unembedding.product)!;
  let logits = b.op(head.op, [all, ...head.inputs.slice(1)], head.attributes, head.domain);
  const { output } = withBias(head, unembedding.product, decoder.graph);
  // The head's bias belongs to it; a softcap behind it does not.
  if (output !== unembedding.product)
    logits = b.op(
      'Add',
      made.get(output)!.inputs.map((input) => (input === unembedding.product ? logits : input)),
    );
  return b.op('Reshape', [logits, b.ints([-1, candidates.length, anatomy.vocabulary])]);
}

/** A hidden state with its rows laid as another value's are: [batch·length, width] or [batch, length, width]. */
function inFormOf(b: GraphBuilder, decoder: Decoder, hidden: string, other: string): string {
  const [from, to] = [isFlat(decoder, hidden), isFlat(decoder, other)];
  if (from === to) return hidden;
  const width = b.ints([decoder.anatomy.hiddenSize]);
  const leading = to ? b.ints([-1]) : b.op('Shape', [decoder.inputs.ids.name]);
  return b.op('Reshape', [hidden, b.op('Concat', [leading, width], { axis: 0 })]);
}

/** How far each exit's distribution is from the last layer's: [n, exits]. @param logits [n, V]; @param exits [n, exits, V] */
export function divergences(b: GraphBuilder, kind: Dola['divergence'], logits: string, exits: string): string {
  const [logFinal, logExit] = [b.op('Unsqueeze', [logits, b.ints([1])]), exits].map((of) => b.op('LogSoftmax', [of], { axis: -1 }));
  const [final, exit] = [b.op('Exp', [logFinal!]), b.op('Exp', [logExit!])];
  const middle = b.op('Mul', [b.op('Add', [final, exit]), b.scalar(0.5)]);
  const logMiddle = b.op('Log', [b.op('Max', [middle, b.scalar(1e-38)])]); // where both vanish, 0·log 0 = 0
  const half = (terms: readonly string[], reduce: string) =>
    b.op(reduce, [b.op('Mul', [b.op('Add', terms), b.scalar(0.5)]), b.ints([-1])], { keepdims: 0 });
  const apart = (weight: string, one: string, other: string) => b.op('Mul', [weight, b.op('Sub', [one, other])]);
  if (kind === 'jensen-shannon') return half([apart(final, logFinal!, logMiddle), apart(exit, logExit!, logMiddle)], 'ReduceSum');
  // F.kl_div(log q, M) is KL(M ‖ q), and its mean is over the vocabulary.
  return half([apart(middle, logMiddle, logFinal!), apart(middle, logMiddle, logExit!)], 'ReduceMean');
}
