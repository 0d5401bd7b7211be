import * as ort from 'onnxruntime-node';
import { EmendError } from '../../../shared/errors.ts';
import type { Graph } from '../onnx/graph.ts';
import { traitsOf } from '../onnx/op-traits.ts';
import { feedsFor, type Inputs, rightPad } from './inputs.ts';
import type { Session } from './session.ts';

/** Tokens in the rows that are tried. */
const LENGTH = 6;
/** Of what the last token changes, so much may be seen elsewhere: rounding alone. */
const ROUNDING = 1e-3;
/** Dynamic quantisation takes its scale from the whole text, so that every token moves every other a little. */
const QUANTISED = 0.25;

/** How the nodes of an exported steering are called (steer/apply.ts, by way of runtime/surgery.ts). */
const STEERS = 'steer/';

/** Why a graph's runs are not those of a decoder; `details.because` of the error, so that another branch of a file may be tried. */
export type Unlike = 'not causal' | 'cache' | 'one row';

/**
 * Runs a graph on a few tokens and refuses what a decoder would not do: to see what comes later, to answer a text otherwise for the texts
 * beside it, to go on otherwise from its cache than from the text, to answer for its last token alone.
 * @param session of the graph with its logits, and the outputs that go on from its cache
 * @throws EmendError 'unsupported'
 */
export async function refuseUnlikeDecoder(session: Session, graph: Graph, inputs: Inputs): Promise<void> {
  const near = graph.nodes.some((node) => traitsOf(node).encodes) ? QUANTISED : ROUNDING;
  const text = textToTry();
  const other = [...text.slice(0, -1), text.at(-1)! + 1];
  const present = inputs.past.map((slot) => slot.present);
  const run = async (rows: readonly number[][], past?: ReadonlyMap<string, ort.Tensor>, tokenTypes?: bigint) => {
    const feeds = feedsFor(inputs, rightPad(rows, past === undefined ? 0 : LENGTH - 1), session.inputs, past);
    const types = inputs.tokenTypes && feeds[inputs.tokenTypes.name];
    if (types && tokenTypes !== undefined) (types.data as BigInt64Array).fill(tokenTypes);
    return session.run(feeds, [inputs.logits, ...present]);
  };
  const both = await run([text, other]);
  const logits = rowsOf(both[inputs.logits]!, 2, LENGTH, inputs.logits);
  const [one, two] = [logits.slice(0, LENGTH), logits.slice(LENGTH)];
  const moved = distance(one.at(-1)!, two.at(-1)!);
  const within = Math.max(moved, spread(one.at(-1)!)) * near;
  if (one.slice(0, -1).some((row, at) => distance(row, two[at]!) > within))
    throw unlike(
      'not causal',
      'The model sees what comes later: changing the last token of a text changes what it says before it.',
      'It is an encoder such as BERT, or was exported without a causal mask. Export a decoder for text generation.',
    );
  const alone = rowsOf((await run([text]))[inputs.logits]!, 1, LENGTH, inputs.logits);
  if (alone.some((row, at) => distance(row, one[at]!) > within))
    throw unlike(
      undefined,
      'The model answers a text otherwise when another stands beside it in the batch.',
      'Export the model with a dynamic batch axis.',
    );
  if (inputs.tokenTypes) {
    const typed = rowsOf((await run([text], undefined, 1n))[inputs.logits]!, 1, LENGTH, inputs.logits);
    if (typed.some((row, at) => distance(row, alone[at]!) > within))
      throw unlike(
        undefined,
        `The graph asks for token types ("${inputs.tokenTypes.name}"), and they change what the model says; Emend gives none.`,
        'Export the model without token_type_ids.',
      );
  }
  // An exported steering acts at places of a text that one token after the other meets otherwise than the whole: that is its meaning.
  if (inputs.past.length === 0 || graph.nodes.some(({ name }) => name.startsWith(STEERS))) return;
  const begun = await run([text.slice(0, -1)]);
  const past = new Map(inputs.past.map((slot) => [slot.input, begun[slot.present]!]));
  const continued = rowsOf((await run([text.slice(-1)], past))[inputs.logits]!, 1, 1, inputs.logits);
  if (distance(continued[0]!, alone.at(-1)!) > within)
    throw unlike(
      'cache',
      'The model goes on otherwise from its cache than from the text itself.',
      'Export the model anew, with a recent version of the exporter, or without a cache.',
    );
}

/** One row of logits for each token. @throws EmendError 'unsupported' where there are fewer rows than tokens */
function rowsOf(tensor: ort.Tensor, batch: number, length: number, name: string): Float32Array[] {
  const data = tensor.data as Float32Array;
  const width = tensor.dims.at(-1) ?? 0;
  if (data.length !== batch * length * width) {
    const found = `The output "${name}" is [${tensor.dims.join(', ')}] for ${batch} of ${length} tokens`;
    throw unlike(
      data.length === batch * width ? 'one row' : undefined,
      data.length === batch * width
        ? `${found}: one row for a text, as a model that classifies texts has it, or logits of the last token alone.`
        : `${found}; expected one row for each token.`,
      'Export the model for text generation, with logits for every token.',
    );
  }
  return Array.from({ length: batch * length }, (_, at) => data.subarray(at * width, (at + 1) * width));
}

/**
 * Whether two graphs of one model answer alike for the last token of a text, of which the second may answer for it alone.
 * @param sessions of graphs that take the same inputs
 */
export async function answerAlike(sessions: readonly [Session, Session], inputs: Inputs): Promise<boolean> {
  const text = textToTry();
  const [whole, last] = await Promise.all(
    sessions.map(async (session) => {
      const logits = (await session.run(feedsFor(inputs, rightPad([text]), session.inputs), [inputs.logits]))[inputs.logits]!;
      return (logits.data as Float32Array).slice(-(logits.dims.at(-1) ?? 0));
    }),
  );
  return whole!.length === last!.length && distance(whole!, last!) <= spread(last!) * ROUNDING;
}

function textToTry(): number[] {
  return Array.from({ length: LENGTH }, (_, at) => 2 + ((at * 5) % 7));
}

function distance(a: Float32Array, b: Float32Array): number {
  return a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i]!)), 0);
}

function spread(row: Float32Array): number {
  return row.reduce((most, x) => Math.max(most, x), -Infinity) - row.reduce((least, x) => Math.min(least, x), Infinity);
}

function unlike(because: Unlike | undefined, message: string, hint: string): EmendError {
  return new EmendError('unsupported', message, hint, because === undefined ? {} : { because });
}
