import { EmendError } from '../../../shared/errors.ts';
import type * as ort from 'onnxruntime-node';
import type { Report } from '../../../shared/progress.ts';
import type { PatchKind } from '../../../shared/tracing.ts';
import { type Site, siteValue } from '../decoder/sites.ts';
import { logSumExp } from '../runtime/sampling.ts';
import { behind, type Kept, settledRows, type State } from './state.ts';
import { tokenGroups } from './token-groups.ts';
import type { Walk } from './walk.ts';

/**
 * Activation patching (Vig et al. 2020; Wang et al. 2022) and ablation: a run in which some outputs are those of another run, nothing, or
 * an average, and what it then says.
 */

/** What a run says of the answers behind the last token. */
export interface Outcome {
  readonly logits: readonly number[];
  readonly probabilities: readonly number[];
}

/** The site of a kind in a layer. */
export function patchSite(kind: PatchKind, layer: number): Site {
  if (kind === 'hidden') return { kind: 'residual', layer };
  if (kind === 'head') return { kind: 'heads', layer };
  if (kind === 'query' || kind === 'key' || kind === 'value') return { kind: 'projected', part: kind, layer };
  return { kind, layer };
}

/** The sites that patching these kinds reads and changes. @throws EmendError 'unsupported' naming the first that the model has not */
export function patchSites(walked: Walk['decoder'], kinds: readonly PatchKind[]): Site[] {
  const sites = kinds.flatMap((kind) => walked.anatomy.layers.map((_, layer) => patchSite(kind, layer)));
  for (const site of sites) siteValue(walked.anatomy, site);
  return sites;
}

/** One text with everything that patching takes from it or puts into it. */
export interface Recorded {
  readonly ids: readonly number[];
  /** Before each block and behind the last; one row. */
  readonly states: readonly State[];
  /** A site's values: tokens × width. */
  read(kind: PatchKind, layer: number): Float32Array;
  /** What blocks kept of the tokens; nothing where the model was exported without a cache. */
  readonly kept: Kept;
}

/** Runs a text and keeps what its sites gave. @param walk with {@link patchSites} */
export async function record(walk: Walk, ids: readonly number[], kinds: readonly PatchKind[]): Promise<Recorded> {
  const states = [(await walk.start(ids, 1)).state];
  const values = new Map<string, Float32Array>();
  const kept = new Map<string, ort.Tensor>();
  for (const layer of walk.decoder.anatomy.layers.keys()) {
    const step = await walk.next(states[layer]!);
    for (const kind of kinds) values.set(`${kind} ${layer}`, step.read(patchSite(kind, layer)).slice());
    for (const [input, tensor] of step.kept) kept.set(input, tensor);
    states.push(step.state);
  }
  return { ids, states, kept, read: (kind, layer) => values.get(`${kind} ${layer}`)! };
}

/** What a recorded run says. */
export async function outcomeOf(walk: Walk, run: Recorded, answers: readonly number[]): Promise<Outcome> {
  return outcomes(await walk.logits(run.states.at(-1)!), 1, answers)[0]!;
}

/** What stands in place of a site's value at a token of the changed run; undefined leaves it as it is. */
export type Source = (kind: PatchKind, layer: number, token: number) => Float32Array | undefined;

/** From another run at the same token, counted from the end where the texts differ in length. */
export function fromRun(other: Recorded, tokens: number): Source {
  const moved = other.ids.length - tokens;
  return (kind, layer, token) => {
    const at = token + moved;
    if (at < 0) return undefined;
    const values = other.read(kind, layer);
    const width = values.length / other.ids.length;
    return values.subarray(at * width, (at + 1) * width);
  };
}

/** Nothing: zeros. */
export function fromZero(run: Recorded): Source {
  return (kind, layer) => new Float32Array(run.read(kind, layer).length / run.ids.length);
}

/** The average over all tokens of some runs. */
export function fromMean(runs: readonly Recorded[]): Source {
  const known = new Map<string, Float32Array>();
  const tokens = runs.reduce((sum, { ids }) => sum + ids.length, 0);
  if (tokens === 0) throw new EmendError('bad-input', 'There is no text to average over.', 'Give some prompts, or put zero in place.');
  return (kind, layer) => {
    const key = `${kind} ${layer}`;
    const found = known.get(key);
    if (found) return found;
    const width = runs[0]!.read(kind, layer).length / runs[0]!.ids.length;
    const sum = new Float64Array(width);
    for (const run of runs) run.read(kind, layer).forEach((x, i) => (sum[i % width]! += x));
    const mean = Float32Array.from(sum, (x) => x / tokens);
    known.set(key, mean);
    return mean;
  };
}

/** Tokens in one run. */
const BUDGET = 2048;

/**
 * The changed run's outcome with one site at a time taken from the source: [tokens][layers], or [heads][layers] for 'head'. Null
 * where the source has nothing to put.
 */
export async function patched(
  walk: Walk,
  run: Recorded,
  source: Source,
  kind: PatchKind,
  answers: readonly number[],
  report: Report,
): Promise<(Outcome | null)[][]> {
  const layers = walk.decoder.anatomy.layers.length;
  const lines = kind === 'head' ? walk.decoder.anatomy.layers[0]!.attention!.heads : run.ids.length;
  const grid: (Outcome | null)[][] = Array.from({ length: lines }, () => Array.from({ length: layers }, () => null));
  const places = (layer: number, line: number) =>
    kind === 'head' ? headChanges(walk, run, source, layer, line) : tokenChange(source, kind, layer, line);
  // A head changes at all tokens; of others only the tokens from the changed one on run again.
  const cost = { length: run.ids.length, rows: 1, resumes: kind !== 'head' && run.kept.size > 0, budget: BUDGET };
  const groups = tokenGroups([...grid.keys()], cost).map((some) => {
    const rows = some.map(() => 0);
    return { lines: some, rows, settled: settledRows(run.kept, rows, cost.resumes ? some[0]! : 0) };
  });
  for (let layer = 0; layer < layers; layer++) {
    report.progress(`patching ${kind}`, layer, layers);
    const site = patchSite(kind, layer);
    for (const { lines: some, rows, settled } of groups) {
      report.check();
      const found = some.map((line) => places(layer, line));
      const changes = found.flatMap((cell, row) => cell.map(({ token, vector }) => ({ site, row, token: token - settled.count, vector })));
      if (changes.length === 0) continue;
      const said = outcomes(await walk.finish(behind(run.states[layer]!, rows, settled), changes), some.length, answers);
      some.forEach((line, at) => {
        if (found[at]!.length > 0) grid[line]![layer] = said[at]!;
      });
    }
  }
  report.progress(`patching ${kind}`, layers, layers);
  return grid;
}

interface Place {
  readonly token: number;
  readonly vector: Float32Array;
}

function tokenChange(source: Source, kind: PatchKind, layer: number, token: number): Place[] {
  const vector = source(kind, layer, token);
  return vector ? [{ token, vector }] : [];
}

/** One head from the source at every token; the other heads keep their own. */
function headChanges(walk: Walk, run: Recorded, source: Source, layer: number, head: number): Place[] {
  const { heads, headWidth } = walk.decoder.anatomy.layers[layer]!.attention!;
  if (head >= heads) return [];
  const own = run.read('head', layer);
  const width = own.length / run.ids.length;
  return run.ids.flatMap((_, token) => {
    const other = source('head', layer, token);
    if (!other) return [];
    const vector = own.slice(token * width, (token + 1) * width);
    vector.set(other.subarray(head * headWidth, (head + 1) * headWidth), head * headWidth);
    return [{ token, vector }];
  });
}

function outcomes(logits: Float32Array, rows: number, answers: readonly number[]): Outcome[] {
  const width = logits.length / rows;
  return Array.from({ length: rows }, (_, row) => {
    const here = logits.subarray(row * width, (row + 1) * width);
    const all = logSumExp(here);
    return { logits: answers.map((id) => here[id]!), probabilities: answers.map((id) => Math.exp(here[id]! - all)) };
  });
}
