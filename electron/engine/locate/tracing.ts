import type { Report } from '../../../shared/progress.ts';
import type { TraceKind } from '../../../shared/tracing.ts';
import { EmendError } from '../../../shared/errors.ts';
import { logSoftmax } from '../runtime/sampling.ts';
import type { Site } from '../decoder/sites.ts';
import { type Change, hiddenAt, pickRows, type State, type Walk, withHidden } from './walk.ts';

/**
 * Causal tracing (Meng et al. 2022; kmeng01/rome experiments/causal_trace.py): the subject's embeddings are corrupted by noise, single
 * states of the
 * clean run are put back, and the probability of the clean answer says how much each of them restores.
 */

export interface Corruption {
  readonly ids: readonly number[];
  /** First subject token, and the one behind the last. */
  readonly subject: readonly [first: number, end: number];
  /** Samples × subject tokens × width, at its final size. */
  readonly noise: Float32Array;
  readonly samples: number;
  /** Whether the noise stands in place of the embedding. The authors' default is to add it. */
  readonly replace?: boolean;
}

/** Clean and corrupted runs with everything that restoring needs. */
export interface Runs {
  readonly answer: number;
  /** Probability of the answer in the clean run, and its mean over the corrupted ones. */
  readonly high: number;
  readonly low: number;
  /** Before each block and behind the last; row 0 is clean, the others are corrupted. */
  readonly states: readonly State[];
  /** Output of a part in a layer: rows × tokens × width. */
  output(kind: 'mlp' | 'attention', layer: number): Float32Array;
  readonly subject: readonly [number, number];
  readonly samples: number;
}

/** Tokens in one run. */
const BUDGET = 2048;

/** The sites that tracing reads and changes. */
export function tracingSites(layers: number): Site[] {
  return Array.from({ length: layers }, (_, layer) => [{ kind: 'mlp', layer } as const, { kind: 'attention', layer } as const]).flat();
}

/** Runs the prompt clean and corrupted. @param answer the token to follow; the clean run's most likely one when left out */
export async function runs(walk: Walk, corruption: Corruption, answer?: number): Promise<Runs> {
  const { ids, subject, noise, samples, replace = false } = corruption;
  const [first, end] = subject;
  const width = walk.decoder.anatomy.hiddenSize;
  if (first < 0 || end <= first || end > ids.length || noise.length !== samples * (end - first) * width) {
    throw new EmendError(
      'bad-input',
      `The subject's tokens are ${first} to ${end - 1} of ${ids.length}, with ${noise.length} numbers of noise.`,
    );
  }
  const tokens: Site = { kind: 'tokens' };
  const clean = replace ? (await walk.start(ids, 1)).read(tokens) : undefined;
  const changes: Change[] = [];
  for (let sample = 0; sample < samples; sample++) {
    for (let token = first; token < end; token++) {
      const at = (sample * (end - first) + token - first) * width;
      const drawn = noise.subarray(at, at + width);
      const embedded = clean?.subarray(token * width, (token + 1) * width);
      // Noise is added in the graph: to put it in place, what is there is taken away.
      const vector = embedded ? drawn.map((x, i) => x - embedded[i]!) : drawn;
      changes.push({ site: tokens, row: sample + 1, token, vector });
    }
  }
  let at = (await walk.start(ids, samples + 1, changes)).state;
  const states = [at];
  const outputs = new Map<string, Float32Array>();
  for (const layer of walk.decoder.anatomy.layers.keys()) {
    const step = await walk.next(at);
    for (const kind of ['mlp', 'attention'] as const) outputs.set(`${kind} ${layer}`, step.read({ kind, layer }).slice());
    at = step.state;
    states.push(at);
  }
  const logits = await walk.logits(at);
  const chances = probabilities(logits, samples + 1);
  const followed = answer ?? largestAt(chances[0]!);
  const of = (row: number) => chances[row]![followed]!;
  const low = Array.from({ length: samples }, (_, s) => of(s + 1)).reduce((a, b) => a + b, 0) / samples;
  return { answer: followed, high: of(0), low, states, output: (kind, layer) => outputs.get(`${kind} ${layer}`)!, subject, samples };
}

/** Layers restored together around `layer`, as coded: for a window of 10, five before it to four behind it, cut to the model. */
export function windowAround(layer: number, window: number, layers: number): readonly [first: number, end: number] {
  if (window === 1) return [layer, layer + 1];
  return [Math.max(0, layer - Math.floor(window / 2)), Math.min(layers, layer + Math.floor((window + 1) / 2))];
}

/**
 * Probability of the answer with one state of the clean run put back: tokens × layers.
 * Tokens before the subject are the same in both runs, so that putting them back changes nothing: they score `low`.
 * @param window how many layers' outputs are put back together; hidden states are put back alone
 */
export async function trace(walk: Walk, made: Runs, kind: TraceKind, window: number, report: Report): Promise<Float64Array> {
  const layers = walk.decoder.anatomy.layers.length;
  const { ids } = made.states[0]!;
  const scores = new Float64Array(ids.length * layers).fill(made.low);
  const tokens = ids.map((_, token) => token).filter((token) => token >= made.subject[0]);
  const together = Math.max(1, Math.floor(BUDGET / (ids.length * made.samples)));
  for (let layer = 0; layer < layers; layer++) {
    report.progress(`tracing ${kind}`, layer, layers);
    for (let from = 0; from < tokens.length; from += together) {
      report.check();
      const some = tokens.slice(from, from + together);
      const found = await restored(walk, made, kind, window, layer, some);
      some.forEach((token, at) => (scores[token * layers + layer] = found[at]!));
    }
  }
  report.progress(`tracing ${kind}`, layers, layers);
  return scores;
}

/** Scores of one layer: all tokens' samples are rows of one run, which begins at the first block that differs. */
async function restored(
  walk: Walk,
  made: Runs,
  kind: TraceKind,
  window: number,
  layer: number,
  tokens: readonly number[],
): Promise<number[]> {
  const { samples } = made;
  const corrupted = tokens.flatMap(() => Array.from({ length: samples }, (_, s) => s + 1));
  const cells = tokens.flatMap((token, cell) => Array.from({ length: samples }, (_, s) => ({ token, row: cell * samples + s })));
  if (kind === 'hidden') {
    const clean = made.states[layer + 1]!;
    const changes = cells.map(({ token, row }) => ({ row, token, vector: hiddenAt(clean, 0, token) }));
    const start = withHidden(pickRows(clean, corrupted), changes);
    return means(await walk.finish(start), made, tokens.length);
  }
  const [first, end] = windowAround(layer, window, walk.decoder.anatomy.layers.length);
  let at = pickRows(made.states[first]!, corrupted);
  for (let inside = first; inside < end; inside++) at = (await walk.next(at, outputsOf(walk, made, kind, inside, cells, 0))).state;
  return means(await walk.finish(at), made, tokens.length);
}

/**
 * Changes that put a part's output of one of the runs' rows in place, at each cell's token.
 * @param from a row of the runs, or for each cell its own
 */
function outputsOf(
  walk: Walk,
  made: Runs,
  kind: 'mlp' | 'attention',
  layer: number,
  cells: readonly { token: number; row: number }[],
  from: number | ((row: number) => number),
): Change[] {
  const width = walk.decoder.anatomy.hiddenSize;
  const output = made.output(kind, layer);
  const length = made.states[0]!.ids.length;
  return cells.map(({ token, row }) => {
    const at = ((typeof from === 'number' ? from : from(row)) * length + token) * width;
    return { site: { kind, layer }, row, token, vector: output.subarray(at, at + width) };
  });
}

/**
 * Severed tracing (the authors' notebook causal_trace_frozen_mlp_attn): a hidden state is put back, and at its token the MLPs (or the
 * attention) of all layers
 * give what they gave in the corrupted run, so that nothing of it can pass through them.
 * @param other the run whose outputs are put back; the same one when left out. The published code draws new noise for its second pass, so
 *   that they differ.
 */
export async function severed(
  walk: Walk,
  made: Runs,
  kind: 'mlp' | 'attention' | undefined,
  tokens: readonly number[],
  report: Report,
  other: Runs = made,
): Promise<Float64Array> {
  const layers = walk.decoder.anatomy.layers.length;
  const { samples } = made;
  const scores = new Float64Array(tokens.length * layers);
  const corrupted = Array.from({ length: samples }, (_, s) => s + 1);
  for (const [at, token] of tokens.entries()) {
    const cells = corrupted.map((_, row) => ({ token, row }));
    for (let layer = 0; layer < layers; layer++) {
      report.check();
      // With outputs of the same run the layers up to the restored one are as they were; with those of another everything differs from the
      // start.
      let state = pickRows(made.states[other === made ? layer + 1 : 0]!, corrupted);
      const restore = (s: State) =>
        withHidden(
          s,
          cells.map(({ row }) => ({ row, token, vector: hiddenAt(made.states[layer + 1]!, 0, token) })),
        );
      if (state.layer === layer + 1) state = restore(state);
      while (state.layer < layers) {
        const changes = kind === undefined ? [] : outputsOf(walk, other, kind, state.layer, cells, (row) => row + 1);
        state = (await walk.next(state, changes)).state;
        if (state.layer === layer + 1) state = restore(state);
      }
      scores[at * layers + layer] = means(await walk.logits(state), made, 1)[0]!;
      report.progress(`severed ${kind ?? 'nowhere'}`, at * layers + layer + 1, tokens.length * layers);
    }
  }
  return scores;
}

/** Mean over each cell's samples of the answer's probability. */
function means(logits: Float32Array, made: Runs, cells: number): number[] {
  const chances = probabilities(logits, cells * made.samples);
  return Array.from({ length: cells }, (_, cell) => {
    let sum = 0;
    for (let s = 0; s < made.samples; s++) sum += chances[cell * made.samples + s]![made.answer]!;
    return sum / made.samples;
  });
}

function probabilities(logits: Float32Array, rows: number): Float32Array[] {
  const width = logits.length / rows;
  return Array.from({ length: rows }, (_, row) => logSoftmax(logits.subarray(row * width, (row + 1) * width)).map(Math.exp));
}

function largestAt(values: Float32Array): number {
  let best = 0;
  values.forEach((value, at) => {
    if (value > values[best]!) best = at;
  });
  return best;
}
