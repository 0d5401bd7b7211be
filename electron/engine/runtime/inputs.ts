import * as ort from 'onnxruntime-node';
import { EmendError } from '../../../shared/errors.ts';
import { consumers, type DataType, type Graph, type Node, producers, type Value } from '../onnx/graph.ts';
import { isView, traitsOf } from '../onnx/op-traits.ts';
import type { Boundary } from '../../../shared/steering/positions.ts';

/** A cache input with the output that continues it. */
export interface PastSlot {
  readonly input: string;
  /** The output that holds past and new entries together, [batch, heads, past + length, width]. */
  readonly present: string;
  readonly heads: number;
  readonly width: number;
}

/** Which graph input plays which part, found by type, rank and flow; names only break ties (exporters have permuted them). */
export interface Inputs {
  readonly ids: Value;
  readonly mask: Value | undefined;
  readonly positions: Value | undefined;
  /** A rank-1 list of absolute positions, which some exporters ask for. */
  readonly cachePositions: Value | undefined;
  /** How many positions from the end get logits, which models for transformers.js ask for; 0 means all. */
  readonly logitsToKeep: Value | undefined;
  /** Token types, which old exports have and a decoder makes nothing of: all are 0, and {@link probe} refuses a graph that they change. */
  readonly tokenTypes: Value | undefined;
  readonly past: readonly PastSlot[];
  readonly logits: string;
  /** Of a steered graph: where each row's prompt ends. */
  readonly boundaries?: BoundariesInput | undefined;
}

/** An input [batch, 3] of a steered graph: cached positions, where the prompt ends, where the answer begins. */
export interface BoundariesInput {
  readonly value: Value;
  /** Tokens that a prompt must have for the steering to fit on it. */
  readonly least: number;
}

/** Token rows of equal length, right-padded, with what the graph must be told about them. */
export interface Rows {
  readonly batch: number;
  readonly length: number;
  /** Cached positions before the rows, the same for every row. */
  readonly past: number;
  /** batch × length. */
  readonly ids: BigInt64Array;
  /** batch × (past + length); 0 where padded. */
  readonly mask: BigInt64Array;
  /** Real tokens in each row. */
  readonly lengths: readonly number[];
  /** Of each row, in absolute positions; all of it is prompt when left out. */
  readonly boundaries?: readonly Boundary[] | undefined;
}

const ENCODER = /encoder_(hidden_states|outputs|attention_mask)|decoder_input_ids/;
const WHOLE: readonly DataType[] = ['int64', 'int32'];
/** Masks are whole numbers, or these. */
const OTHER_MASKS: readonly DataType[] = ['bool', 'float32'];

/** Finds the parts that a decoder's inputs play. Errors name the inputs that were found instead. */
export function findInputs(graph: Graph): Inputs {
  const seen = graph.inputs.map((v) => `${v.name}: ${v.dtype}[${v.dims?.join(', ') ?? '?'}]`).join('; ');
  if (graph.inputs.some((v) => ENCODER.test(v.name))) {
    throw new EmendError(
      'unsupported',
      `The graph is half of an encoder-decoder model (inputs: ${seen}).`,
      'Emend edits decoder-only language models such as GPT-2, Llama or Qwen.',
    );
  }
  if (graph.inputs.some((v) => v.name === 'inputs_embeds')) {
    throw new EmendError(
      'unsupported',
      `The graph begins behind its token embedding (inputs: ${seen}).`,
      'Export the language model with input_ids; of models for images or sound only the text model can be edited.',
    );
  }
  const rank = (v: Value) => v.dims?.length;
  const whole2 = graph.inputs.filter((v) => WHOLE.includes(v.dtype) && rank(v) === 2);
  const ids = whole2.find((v) => v.name === 'input_ids') ?? byFlow(graph, whole2);
  if (!ids) {
    throw new EmendError(
      'unsupported',
      `No token input was found: expected an integer input [batch, sequence] that selects embeddings, found ${seen || 'no inputs'}.`,
      'Export the model for text generation (task text-generation or text-generation-with-past).',
    );
  }
  refuseFixedSizes(ids, seen);
  const tokenTypes = whole2.find((v) => v !== ids && /token_type/.test(v.name));
  const others = graph.inputs.filter(
    (v) => v !== ids && v !== tokenTypes && rank(v) === 2 && (WHOLE.includes(v.dtype) || OTHER_MASKS.includes(v.dtype)),
  );
  const { mask, positions } = maskAndPositions(others, ids, graph, seen);
  const logitsToKeep = graph.inputs.find((v) => WHOLE.includes(v.dtype) && rank(v)! <= 1 && /logits_to_keep/.test(v.name));
  const cachePositions = graph.inputs.find((v) => WHOLE.includes(v.dtype) && rank(v) === 1 && v !== logitsToKeep);
  const past = pastSlots(graph);
  const known = new Set(
    [ids, mask, positions, cachePositions, logitsToKeep, tokenTypes].map((v) => v?.name).concat(past.map((p) => p.input)),
  );
  const unknown = graph.inputs.filter((v) => !known.has(v.name));
  if (unknown.length > 0) {
    throw new EmendError(
      'unsupported',
      `The graph asks for inputs whose meaning is unknown: ${unknown.map((v) => v.name).join(', ')} (all: ${seen}).`,
      'Export with input_ids, attention_mask, position_ids and past_key_values only.',
    );
  }
  const logits = (graph.outputs.find((v) => v.name === 'logits') ?? graph.outputs.find((v) => rank(v) === 3) ?? graph.outputs[0])?.name;
  if (logits === undefined)
    throw new EmendError('unsupported', 'The graph has no output.', 'Export the model with its logits as an output.');
  return { ids, mask, positions, cachePositions, logitsToKeep, tokenTypes, past, logits };
}

/** @throws EmendError 'unsupported' for a graph that takes texts of one number or one length alone */
function refuseFixedSizes(ids: Value, seen: string): void {
  const [rows, length] = ids.dims!;
  const fixed = typeof rows === 'number' ? `exactly ${rows} ${rows === 1 ? 'text' : 'texts'} at a time` : undefined;
  const long = typeof length === 'number' ? `texts of exactly ${length} ${length === 1 ? 'token' : 'tokens'}` : undefined;
  if (fixed === undefined && long === undefined) return;
  throw new EmendError(
    'unsupported',
    `The graph takes ${[fixed, long].filter((one) => one !== undefined).join(', and ')} (inputs: ${seen}).`,
    'Export the model with dynamic batch and sequence axes.',
  );
}

/** The integer input that indexes a table of as many rows as there are logits, or else the longest table. */
function byFlow(graph: Graph, candidates: readonly Value[]): Value | undefined {
  const vocabulary = graph.outputs.find((v) => v.dims?.length === 3)?.dims?.at(-1);
  let best: { value: Value; rows: number } | undefined;
  for (const value of candidates) {
    const aliases = new Set([value.name]);
    for (const node of graph.nodes) {
      if (aliases.has(node.inputs[0]!) && isView(traitsOf(node))) aliases.add(node.outputs[0]!);
      if (node.op !== 'Gather' || !aliases.has(node.inputs[1]!)) continue;
      const length = graph.constants.get(node.inputs[0]!)?.dims[0] ?? 0;
      const rows = length === vocabulary ? Infinity : length;
      if (!best || rows > best.rows) best = { value, rows };
    }
  }
  return best?.value;
}

function maskAndPositions(
  others: readonly Value[],
  ids: Value,
  graph: Graph,
  seen: string,
): { mask: Value | undefined; positions: Value | undefined } {
  if (others.length > 2)
    throw new EmendError(
      'unsupported',
      `More than three inputs of rank 2: ${seen}.`,
      'Export with input_ids, attention_mask and position_ids only.',
    );
  const typed = others.find((v) => OTHER_MASKS.includes(v.dtype));
  if (typed) return { mask: typed, positions: others.find((v) => v !== typed) };
  const named = (word: RegExp) => others.find((v) => word.test(v.name));
  // A mask spans past and new tokens; positions span the new ones, as the ids do.
  const asLongAsIds = others.filter((v) => v.dims![1] === ids.dims![1]);
  const longer = others.filter((v) => v.dims![1] !== ids.dims![1]);
  const hasPast = graph.inputs.some((v) => v.dims?.length === 4);
  if (hasPast && longer.length === 1) return { mask: longer[0], positions: asLongAsIds[0] };
  const positions = named(/position/);
  const mask = named(/mask/) ?? others.find((v) => v !== positions);
  return { mask, positions: positions ?? others.find((v) => v !== mask) };
}

/** Cache inputs with their outputs, by following each input to the Concat that appends to it. */
function pastSlots(graph: Graph): PastSlot[] {
  const made = producers(graph);
  const readers = consumers(graph);
  const outputs = new Set(graph.outputs.map((v) => v.name));
  const slots: PastSlot[] = [];
  for (const input of graph.inputs) {
    if (input.dims?.length !== 4 || WHOLE.includes(input.dtype)) continue;
    const present = presentOf(input.name, readers, outputs) ?? sameNumber(input.name, graph, made);
    if (present === undefined) {
      throw new EmendError(
        'unsupported',
        `The input "${input.name}" has rank 4 and leads to no cache output: it is a mask of rank 4, or a cache that nothing goes on.`,
        'Export with a mask [batch, length], and with present key/value outputs or without a cache.',
      );
    }
    const [, heads, length, width] = input.dims;
    if (typeof length === 'number' && length > 0)
      throw new EmendError(
        'unsupported',
        `The cache of the graph has a fixed length: "${input.name}" is [${input.dims.join(', ')}].`,
        'Export the model with a cache that grows (past_key_values of any length), or without a cache.',
      );
    slots.push({ input: input.name, present, heads: typeof heads === 'number' ? heads : 0, width: typeof width === 'number' ? width : 0 });
  }
  return slots;
}

function presentOf(from: string, readers: Map<string, Node[]>, outputs: Set<string>): string | undefined {
  const queue = [from];
  const visited = new Set(queue);
  for (let value = queue.shift(); value !== undefined; value = queue.shift()) {
    for (const node of readers.get(value) ?? []) {
      if (!traitsOf(node).holds) continue;
      for (const output of node.outputs) {
        if (outputs.has(output)) return output;
        if (!visited.has(output)) queue.push(output);
        visited.add(output);
      }
    }
  }
  return undefined;
}

/** For attention ops that keep the cache inside: the float output of the same node, else the output with the same numbers in its name. */
function sameNumber(input: string, graph: Graph, made: Map<string, Node>): string | undefined {
  const wanted = input.replace(/^past(_key_values)?/, 'present');
  return graph.outputs.find((v) => v.name === wanted && made.has(v.name))?.name;
}

/**
 * Right-pads token rows to one length. A row is padded with its own last token: a padding token's embedding may be all zeros, of which a
 * norm without epsilon makes NaN, and a masked position that is NaN spoils the row (0·NaN).
 * @param past counts cached positions that come before every row
 */
export function rightPad(rows: readonly (readonly number[])[], past = 0, boundaries?: readonly Boundary[]): Rows {
  const length = Math.max(...rows.map((r) => r.length));
  const ids = new BigInt64Array(rows.length * length);
  const mask = new BigInt64Array(rows.length * (past + length));
  rows.forEach((row, b) => {
    for (let s = 0; s < length; s++) ids[b * length + s] = BigInt(row[Math.min(s, row.length - 1)] ?? 0);
    mask.fill(1n, b * (past + length), b * (past + length) + past + row.length);
  });
  return { batch: rows.length, length, past, ids, mask, lengths: rows.map((r) => r.length), boundaries };
}

/** What to feed a graph for these rows; only the inputs that it has. Cache inputs are empty unless given. */
export function feedsFor(
  inputs: Inputs,
  rows: Rows,
  wanted: ReadonlySet<string>,
  past?: ReadonlyMap<string, ort.Tensor>,
): Record<string, ort.Tensor> {
  const { batch, length } = rows;
  const feeds: Record<string, ort.Tensor> = {};
  const put = (value: Value | undefined, data: BigInt64Array, dims: readonly number[]) => {
    if (value && wanted.has(value.name)) feeds[value.name] = whole(value.dtype, data, dims);
  };
  put(inputs.ids, rows.ids, [batch, length]);
  put(inputs.mask, rows.mask, [batch, rows.past + length]);
  put(inputs.tokenTypes, new BigInt64Array(batch * length), [batch, length]);
  const positions = new BigInt64Array(batch * length);
  for (let i = 0; i < positions.length; i++) positions[i] = BigInt(rows.past + (i % length));
  put(inputs.positions, positions, [batch, length]);
  put(inputs.cachePositions, positions.slice(0, length), [length]);
  if (inputs.boundaries && wanted.has(inputs.boundaries.value.name))
    put(inputs.boundaries.value, boundariesOf(rows, inputs.boundaries.least), [batch, 3]);
  put(inputs.logitsToKeep, new BigInt64Array(1), inputs.logitsToKeep?.dims?.length === 1 ? [1] : []);
  for (const slot of inputs.past) {
    if (!wanted.has(slot.input)) continue;
    const held = past?.get(slot.input);
    feeds[slot.input] =
      held ??
      new ort.Tensor('float32', new Float32Array(batch * slot.heads * rows.past * slot.width), [batch, slot.heads, rows.past, slot.width]);
  }
  return feeds;
}

/** @throws EmendError 'bad-input' for a prompt that the steering does not fit on */
function boundariesOf({ past, lengths, boundaries }: Rows, least: number): BigInt64Array {
  return BigInt64Array.from(
    lengths.flatMap((length, row) => {
      const { prompt, answer } = boundaries?.[row] ?? { prompt: past + length, answer: past + length };
      if (prompt < least)
        throw new EmendError(
          'bad-input',
          `The prompt has ${prompt} tokens; the steering lies on ${least}.`,
          'Write a longer prompt, or fit the steering on a shorter pair.',
        );
      return [past, prompt, answer];
    }),
    BigInt,
  );
}

function whole(dtype: DataType, data: BigInt64Array, dims: readonly number[]): ort.Tensor {
  if (dtype === 'int64') return new ort.Tensor('int64', data, dims);
  if (dtype === 'bool') return new ort.Tensor('bool', Uint8Array.from(data, Number), dims);
  return dtype === 'int32'
    ? new ort.Tensor('int32', Int32Array.from(data, Number), dims)
    : new ort.Tensor('float32', Float32Array.from(data, Number), dims);
}
