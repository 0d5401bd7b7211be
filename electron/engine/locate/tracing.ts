import type * as ort from 'onnxruntime-node';
import type { Report } from '../../../shared/progress.ts';
import type { TraceKind } from '../../../shared/tracing.ts';
import { EmendError } from '../../../shared/errors.ts';
import { largest, logSumExp } from '../runtime/sampling.ts';
import type { Site } from '../decoder/sites.ts';
import { behind, hiddenAt, type Kept, settledRows, type Settled, type State, withHidden } from './state.ts';
import { tokenGroups } from './token-groups.ts';
import type { Change, Walk } from './walk.ts';

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
  /** What blocks kept of all rows' tokens; nothing where the model was exported without a cache. */
  readonly kept: Kept;
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
  const kept = new Map<string, ort.Tensor>();
  for (const layer of walk.decoder.anatomy.layers.keys()) {
    const step = await walk.next(at);
    for (const kind of ['mlp', 'attention'] as const) outputs.set(`${kind} ${layer}`, step.read({ kind, layer }).slice());
    for (const [input, tensor] of step.kept) kept.set(input, tensor);
    at = step.state;
    states.push(at);
  }
  const logits = await walk.logits(at);
  const followed = answer ?? largest(logits.subarray(0, logits.length / (samples + 1)), 1)[0]!;
  const [high, ...noisy] = chances(logits, samples + 1, followed) as [number, ...number[]];
  const output: Runs['output'] = (kind, layer) => outputs.get(`${kind} ${layer}`)!;
  return { answer: followed, high, low: average(noisy), states, output, kept, subject, samples };
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
  const cost = { length: ids.length, rows: made.samples, resumes: made.kept.size > 0, budget: BUDGET };
  const groups = tokenGroups(tokens, cost).map((some) => {
    const rows = some.flatMap(() => corruptedRows(made));
    return { tokens: some, rows, settled: settledRows(made.kept, rows, cost.resumes ? some[0]! : 0) };
  });
  for (const [at, group] of groups.entries()) {
    let before: Before | undefined;
    for (let layer = 0; layer < layers; layer++) {
      report.progress(`tracing ${kind}`, at * layers + layer, groups.length * layers);
      report.check();
      if (kind !== 'hidden') before = await throughWindow(walk, made, kind, windowAround(layer, window, layers), group, before);
      const found = await walk.finish(before?.state ?? hiddenRestored(made, layer, group));
      means(found, made, group.tokens.length).forEach((score, i) => (scores[group.tokens[i]! * layers + layer] = score));
    }
  }
  report.progress(`tracing ${kind}`, 1, 1);
  return scores;
}

/** Tokens that are restored in one run, each in the rows of all samples; those before the first of them run no more. */
interface Group {
  readonly tokens: readonly number[];
  /** Of the runs' rows, token by token. */
  readonly rows: readonly number[];
  readonly settled: Settled;
}

/** The rows that noise was put into. */
function corruptedRows({ samples }: Runs): number[] {
  return Array.from({ length: samples }, (_, sample) => sample + 1);
}

/** Each row of a group, and the token that is restored in it. */
function cellsOf({ tokens, rows }: Group, { samples }: Runs): { row: number; token: number }[] {
  return rows.map((_, row) => ({ row, token: tokens[Math.floor(row / samples)]! }));
}

/** Behind a layer, with its hidden state restored. */
function hiddenRestored(made: Runs, layer: number, group: Group): State {
  const clean = made.states[layer + 1]!;
  const { rows, settled } = group;
  const changes = cellsOf(group, made).map(({ row, token }) => ({ row, token: token - settled.count, vector: hiddenAt(clean, 0, token) }));
  return withHidden(behind(clean, rows, settled), changes);
}

/** Where a run is that has outputs restored from a layer on. */
interface Before {
  readonly first: number;
  readonly state: State;
}

/**
 * Behind a window of layers, with the outputs of all of them restored.
 * @param before behind the window around the layer before, which begins at the same layer where the model begins: it is gone on from
 */
async function throughWindow(
  walk: Walk,
  made: Runs,
  kind: 'mlp' | 'attention',
  [first, end]: readonly [number, number],
  group: Group,
  before: Before | undefined,
): Promise<Before> {
  const { rows, settled } = group;
  const cells = cellsOf(group, made);
  let state = before?.first === first ? before.state : behind(made.states[first]!, rows, settled);
  while (state.layer < end) {
    const clean = () => 0;
    state = await walk.through(state, outputsOf(walk, made, kind, state.layer, cells, clean, settled.count));
  }
  return { first, state };
}

/**
 * Changes that put a part's output of one of the runs' rows in place, at each cell's token.
 * @param from for each cell a row of the runs; @param settled tokens in front that do not run
 */
function outputsOf(
  walk: Walk,
  made: Runs,
  kind: 'mlp' | 'attention',
  layer: number,
  cells: readonly { token: number; row: number }[],
  from: (row: number) => number,
  settled: number,
): Change[] {
  const width = walk.decoder.anatomy.hiddenSize;
  const output = made.output(kind, layer);
  const length = made.states[0]!.ids.length;
  return cells.map(({ token, row }) => {
    const at = (from(row) * length + token) * width;
    return { site: { kind, layer }, row, token: token - settled, vector: output.subarray(at, at + width) };
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
  const scores = new Float64Array(tokens.length * layers);
  const corrupted = corruptedRows(made);
  for (const [at, token] of tokens.entries()) {
    const cells = corrupted.map((_, row) => ({ token, row }));
    const settled = settledRows(made.kept, corrupted, made.kept.size > 0 ? token : 0);
    for (let layer = 0; layer < layers; layer++) {
      report.check();
      // With outputs of the same run the layers up to the restored one are as they were; with those of another everything differs from the
      // start.
      let state = behind(made.states[other === made ? layer + 1 : 0]!, corrupted, settled);
      const restore = (s: State) =>
        withHidden(
          s,
          cells.map(({ row }) => ({ row, token: token - settled.count, vector: hiddenAt(made.states[layer + 1]!, 0, token) })),
        );
      if (state.layer === layer + 1) state = restore(state);
      while (state.layer < layers) {
        const changes = kind === undefined ? [] : outputsOf(walk, other, kind, state.layer, cells, (row) => row + 1, settled.count);
        state = await walk.through(state, changes);
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
  const found = chances(logits, cells * made.samples, made.answer);
  return Array.from({ length: cells }, (_, cell) => average(found.slice(cell * made.samples, (cell + 1) * made.samples)));
}

/** Of each row a token's probability. */
function chances(logits: Float32Array, rows: number, id: number): number[] {
  const width = logits.length / rows;
  return Array.from({ length: rows }, (_, row) => {
    const here = logits.subarray(row * width, (row + 1) * width);
    return Math.exp(here[id]! - logSumExp(here));
  });
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
