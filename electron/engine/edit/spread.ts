import { columnsOf, matrix, type Matrix, norm, row, stacked } from '../linalg/matrix.ts';
import type { Decoder } from '../decoder/decoder.ts';
import { siteValue } from '../decoder/sites.ts';
import { changedWeight } from './delta.ts';
import { KeyWalk } from './keys.ts';
import { covarianceMetric, type Metric, restrictedTo } from './metric.ts';
import { type Columns, keyWeights, solveKeys } from './solve.ts';
import type { KeyStatistics } from './statistics.ts';
import { findTargets, type KeptTargets, type Target, type TargetSettings } from './target.ts';
import type { Report } from '../../../shared/progress.ts';
import type { Delta, FactTokens, KeyRows, WeightDelta } from './types.ts';

/** MEMIT's hyperparameters as numbers (Meng et al. 2023; memit/memit_hparams.py). */
export interface SpreadSettings extends TargetSettings {
  /** Edited layers, ascending; targets are set behind the last. */
  readonly layers: readonly number[];
  /** λ: how much the covariance weighs against the new keys (mom2_update_weight). */
  readonly covarianceWeight: number;
}

/** What else takes part, and how. Everything left out is as MEMIT was published. */
export interface SpreadOptions {
  /** Targets that were found already. */
  readonly known?: readonly Target[];
  /** Where targets wait that are found on the model before this edit. */
  readonly kept?: KeptTargets | undefined;
  /** What moving a layer's weight costs; λC when left out. */
  readonly metricAt?: (layer: number) => Metric | Promise<Metric>;
  /** ε of the facts: 1, or 0 for those that are to be met to the letter. */
  readonly softness?: number;
  /** Other wordings of facts: their keys are to get the same state. */
  readonly taught?: readonly Taught[];
  /** Keys whose output is to stay. */
  readonly held?: readonly Held[];
  /** Facts that were written before: their keys on the model as it is before this edit are held as firmly as a new fact is written. */
  readonly earlier?: readonly KeyRows[];
  /** Each layer gets targets of its own, found on the model as edited so far, and the whole of what is missing (BLUE). */
  readonly ownTargets?: boolean;
  /** Only facts whose ‖z − h‖ lies between are written in a pass (NSE); a pass without any is the end. */
  readonly far?: { readonly above: number; readonly below: number };
  /** Only the loudest neurons are changed, those that together hold this share of the facts' keys (NSE). */
  readonly neuronShare?: number;
  /** How often the layers are gone through at most; it ends earlier when a pass no longer helps. */
  readonly passes?: number;
}

/** Another wording of a fact. */
export interface Taught extends KeyRows {
  /** The fact, from 0. */
  readonly fact: number;
}

/** A prompt that is to stay. */
export interface Held extends KeyRows {
  /** μ: how firmly, where a fact is written with 1. */
  readonly weight: number;
}

/** Everything that such an edit found out on its way. */
export interface SpreadResult {
  readonly delta: Delta;
  readonly targets: readonly Target[];
  /** Per edited layer and pass: keys of what is written n × F, what was missing n × D, and the solved keys n × F. */
  readonly steps: readonly Step[];
}

interface Step {
  readonly layer: number;
  readonly keys: Matrix;
  readonly missing: Matrix;
  readonly solved: Matrix;
}

/** A pass that takes less than this share of what is left helps no longer. */
const LEAST_GAIN = 0.1;

/**
 * Writes many facts at once: Δ_l = R_l K_lᵀ (λ C_l + K_l K_lᵀ)⁻¹ with R_l = (z − h^L) / (layers left), layer after layer
 * (memit/memit_main.py execute_memit). Keys average contexts with weight ½ for the plain prompt (compute_ks.py).
 * Wordings that are taught enter as further keys with the same z and what is missing there, what is held with nothing missing and its
 * weight.
 */
export async function spread(
  decoder: Decoder,
  facts: readonly FactTokens[],
  settings: SpreadSettings,
  statistics: KeyStatistics,
  report: Report,
  options: SpreadOptions = {},
): Promise<SpreadResult> {
  const { taught = [], held = [], earlier = [], softness = 1, passes = 1, ownTargets = false, far, neuronShare = 1 } = options;
  const metricAt = options.metricAt ?? ((layer) => covarianceMetric(statistics, layer, settings.covarianceWeight));
  const last = settings.layers.at(-1)!;
  const siteOf = (layer: number) => siteValue(decoder.anatomy, { kind: 'residual', layer });
  const searched = (on: Decoder, layer: number) =>
    findTargets(on, { kind: 'residual', layer }, facts, settings, report, on === decoder ? options.kept : undefined);
  let targets = options.known ?? (await searched(decoder, ownTargets ? settings.layers[0]! : last));
  const all = [...facts.map((fact, n) => ({ fact: n, rows: fact.rows })), ...taught];
  const steps: Step[] = [];
  const changes: WeightDelta[] = [];
  let edited = decoder;
  /** What the fact that is missed most still lacks, as a share of what it lacked. */
  let left = 1;
  for (let pass = 0; pass < passes; pass++) {
    const written = far ? await chosen(edited, all, targets, far, last, report) : all;
    if (written.length === 0) break;
    const soft = [...written.map(() => softness), ...held.map(({ weight }) => 1 / weight), ...earlier.map(() => 1)];
    // Each kind by itself, so that what is held changes no bit of a key that is written.
    const walks = [
      { walk: new KeyWalk(written, report), isBefore: false },
      ...(held.length > 0 ? [{ walk: new KeyWalk(held, report), isBefore: false }] : []),
      ...(earlier.length > 0 ? [{ walk: new KeyWalk(earlier, report), isBefore: true }] : []),
    ];
    for (const [i, layer] of settings.layers.entries()) {
      report.check();
      if (ownTargets && (i > 0 || pass > 0)) targets = await searched(edited, layer);
      const at = siteOf(ownTargets ? layer : last);
      const found: Awaited<ReturnType<KeyWalk['at']>>[] = [];
      for (const { walk, isBefore } of walks) found.push(await walk.at(isBefore ? decoder : edited, layer, at, keyWeights));
      const { keys: own, states } = found[0]!;
      const missing = missingOf(written, targets, states);
      const keys = stacked(
        found.map((one) => one.keys),
        own.columns,
      );
      const columns = { keys, softness: soft, written: written.length };
      const metric = await metricAt(layer);
      const solved = neuronShare < 1 ? await solveOn(loudest(own, neuronShare), columns, metric) : await solveKeys(columns, metric);
      const share = ownTargets ? 1 : settings.layers.length - i;
      const change: WeightDelta = {
        layer,
        weight: decoder.anatomy.layers[layer]!.mlp.down.weight,
        left: matrix(
          missing.rows,
          missing.columns,
          missing.data.map((x) => x / share),
        ),
        right: solved,
      };
      changes.push(change);
      edited = edited.withConstants(new Map([[change.weight, changedWeight(edited, change)]]));
      steps.push({ layer, keys: own, missing, solved });
      report.progress('writing', pass * settings.layers.length + i + 1, passes * settings.layers.length);
    }
    if (pass + 1 === passes || far) continue;
    const now = (await distances(edited, facts, targets, last, report)).map((one, n) => one / (distance(targets[n]!) || 1));
    if (Math.max(...now) > (1 - LEAST_GAIN) * left) break;
    left = Math.max(...now);
  }
  return { delta: { weights: joined(changes) }, targets, steps };
}

/** z − h of what is written. */
function missingOf(written: readonly { readonly fact: number }[], targets: readonly Target[], states: Matrix): Matrix {
  const missing = matrix(written.length, states.columns);
  written.forEach(({ fact }, n) => {
    const m = row(missing, n);
    const s = row(states, n);
    const { z } = targets[fact]!;
    for (let d = 0; d < m.length; d++) m[d] = z[d]! - s[d]!;
  });
  return missing;
}

/** The facts that are as far from their targets as is asked for (nse/nse_main.py: alpha, upper_bound). */
async function chosen<T extends Taught>(
  edited: Decoder,
  all: readonly T[],
  targets: readonly Target[],
  { above, below }: NonNullable<SpreadOptions['far']>,
  layer: number,
  report: Report,
): Promise<T[]> {
  const far = await distances(edited, all, targets, layer, report);
  return all.filter(({ fact }) => far[fact]! > above && far[fact]! < below);
}

/** ‖z − h‖ at each fact's plain prompt. */
async function distances(
  edited: Decoder,
  facts: readonly KeyRows[],
  targets: readonly Target[],
  layer: number,
  report: Report,
): Promise<number[]> {
  const plain = facts.slice(0, targets.length).map((fact) => ({ rows: fact.rows.slice(0, 1) }));
  const site = siteValue(edited.anatomy, { kind: 'residual', layer });
  const { states } = await new KeyWalk(plain, report).at(edited, layer, site, keyWeights);
  return targets.map(({ z }, n) => norm(z.map((x, d) => x - row(states, n)[d]!)));
}

/** ‖z − h‖ before anything was written. */
function distance({ z, before }: Target): number {
  return norm(z.map((x, d) => x - before[d]!));
}

/**
 * The neurons that hold so much of Σ|k| over the facts, the loudest first; the one that would pass the share is left out
 * (nse/nse_main.py, neuron_threshold).
 */
function loudest(keys: Matrix, share: number): number[] {
  const loud = Array.from({ length: keys.columns }, (_, f) => {
    let sum = 0;
    for (let n = 0; n < keys.rows; n++) sum += Math.abs(keys.data[n * keys.columns + f]!);
    return sum;
  });
  const total = loud.reduce((sum, x) => sum + x, 0);
  const order = loud.map((_, f) => f).sort((a, b) => loud[b]! - loud[a]!);
  let sum = 0;
  const end = order.findIndex((f) => (sum += loud[f]!) > share * total);
  return order.slice(0, end < 0 ? order.length : end).sort((a, b) => a - b);
}

/** The solve on some neurons alone; the others get nothing. */
async function solveOn(neurons: readonly number[], columns: Columns, metric: Metric): Promise<Matrix> {
  const some = await solveKeys({ ...columns, keys: columnsOf(columns.keys, neurons) }, restrictedTo(metric, neurons));
  const whole = matrix(columns.written, columns.keys.columns);
  for (let n = 0; n < some.rows; n++) neurons.forEach((f, i) => (row(whole, n)[f] = row(some, n)[i]!));
  return whole;
}

/** The changes of all passes, a weight's together. */
function joined(changes: readonly WeightDelta[]): WeightDelta[] {
  return [...new Set(changes.map(({ layer }) => layer))].map((layer) => {
    const own = changes.filter((change) => change.layer === layer);
    const all = (side: 'left' | 'right') =>
      stacked(
        own.map((change) => change[side]),
        own[0]![side].columns,
      );
    return own.length === 1 ? own[0]! : { ...own[0]!, left: all('left'), right: all('right') };
  });
}
