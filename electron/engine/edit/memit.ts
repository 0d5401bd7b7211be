import { cholesky, type Cholesky, solve } from '../linalg/cholesky.ts';
import { matrix, type Matrix, row, timesTransposed } from '../linalg/matrix.ts';
import type { Decoder } from '../runtime/decoder.ts';
import { siteValue } from '../runtime/sites.ts';
import { changedWeight } from './delta.ts';
import { KeyWalk } from './keys.ts';
import { findTargets, type Target, type TargetSettings } from './target.ts';
import type { Delta, FactTokens, Report, WeightDelta } from './types.ts';

/** MEMIT's hyperparameters as numbers (Meng et al. 2023; memit/memit_hparams.py). */
export interface MemitSettings extends TargetSettings {
  /** Edited layers, ascending; targets are set behind the last. */
  readonly layers: readonly number[];
  /** λ: how much the covariance weighs against the new keys (mom2_update_weight). */
  readonly covarianceWeight: number;
}

/** What the solve needs to know of ordinary keys, per layer: C itself or its factor. */
export interface KeyStatistics {
  covariance(layer: number): Matrix;
  /** Factor of C, kept from use to use. */
  factor(layer: number): Promise<Cholesky>;
}

/** Everything that a MEMIT edit found out on its way. */
export interface MemitResult {
  readonly delta: Delta;
  readonly targets: readonly Target[];
  /** Per edited layer: keys n × F, what was missing n × D, and the solved keys n × F. */
  readonly steps: readonly { readonly layer: number; readonly keys: Matrix; readonly missing: Matrix; readonly solved: Matrix }[];
}

/**
 * Writes many facts at once: Δ_l = R_l K_lᵀ (λ C_l + K_l K_lᵀ)⁻¹ with R_l = (z − h^L) / (layers left), layer after layer
 * (memit/memit_main.py execute_memit). Keys average contexts with weight ½ for the plain prompt (compute_ks.py).
 */
export async function memit(
  decoder: Decoder,
  facts: readonly FactTokens[],
  settings: MemitSettings,
  statistics: KeyStatistics,
  report: Report,
  known?: readonly Target[],
): Promise<MemitResult> {
  const last = settings.layers.at(-1)!;
  const site = { kind: 'residual', layer: last } as const;
  const targets = known ?? (await findTargets(decoder, site, facts, settings, report));
  const walk = new KeyWalk(facts, report);
  const weights: WeightDelta[] = [];
  const steps: { layer: number; keys: Matrix; missing: Matrix; solved: Matrix }[] = [];
  let edited = decoder;
  for (const [i, layer] of settings.layers.entries()) {
    report.check();
    const { keys, states } = await walk.at(edited, layer, siteValue(decoder.anatomy, site), keyWeights(facts[0]!.rows.length));
    const missing = matrix(facts.length, decoder.anatomy.hiddenSize);
    targets.forEach((t, n) => {
      const m = row(missing, n);
      const s = row(states, n);
      for (let d = 0; d < m.length; d++) m[d] = t.z[d]! - s[d]!;
    });
    const solved = await solveKeys(keys, settings.covarianceWeight, statistics, layer);
    const share = settings.layers.length - i;
    const left = matrix(
      missing.rows,
      missing.columns,
      missing.data.map((x) => x / share),
    );
    const weight: WeightDelta = { layer, weight: decoder.anatomy.layers[layer]!.mlp.down.weight, left, right: solved };
    edited = edited.withConstants(new Map([[weight.weight, changedWeight(edited, weight)]]));
    weights.push(weight);
    steps.push({ layer, keys, missing, solved });
    report.progress('writing', i + 1, settings.layers.length);
  }
  return { delta: { weights }, targets, steps };
}

/** ½ for the plain row and the other half shared by the contexts (mean within each template type, then over types). */
export function keyWeights(rows: number): number[] {
  if (rows === 1) return [1];
  return Array.from({ length: rows }, (_, i) => (i === 0 ? 0.5 : 0.5 / (rows - 1)));
}

/**
 * (λC + KKᵀ)⁻¹K as n × F. With fewer facts than key dimensions by way of C's factor (Woodbury):
 * C⁻¹K (λI + KᵀC⁻¹K)⁻¹, an n × n solve; else directly.
 */
export async function solveKeys(keys: Matrix, lambda: number, statistics: KeyStatistics, layer: number): Promise<Matrix> {
  const n = keys.rows;
  const width = keys.columns;
  if (4 * n <= width) {
    const whitened = solve(await statistics.factor(layer), keys);
    const inner = timesTransposed(keys, whitened);
    for (let i = 0; i < n; i++) inner.data[i * n + i]! += lambda;
    const factor = await cholesky(inner);
    // (λI + S)⁻¹ is symmetric: rows of the result are its combinations of the whitened keys.
    return combine(solve(factor, identity(n)), whitened);
  }
  const c = statistics.covariance(layer);
  const full = matrix(
    width,
    width,
    c.data.map((x) => lambda * x),
  );
  for (let r = 0; r < n; r++) {
    const k = row(keys, r);
    for (let i = 0; i < width; i++) for (let j = 0; j < width; j++) full.data[i * width + j]! += k[i]! * k[j]!;
  }
  return solve(await cholesky(full), keys);
}

function identity(n: number): Matrix {
  const m = matrix(n, n);
  for (let i = 0; i < n; i++) m.data[i * n + i] = 1;
  return m;
}

function combine(a: Matrix, b: Matrix): Matrix {
  const out = matrix(a.rows, b.columns);
  for (let i = 0; i < a.rows; i++) {
    const into = row(out, i);
    for (let k = 0; k < a.columns; k++) {
      const x = a.data[i * a.columns + k]!;
      const from = row(b, k);
      for (let j = 0; j < into.length; j++) into[j]! += x * from[j]!;
    }
  }
  return out;
}
