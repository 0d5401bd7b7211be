import { matrix, type Matrix, row } from '../linalg/matrix.ts';
import type { Decoder } from '../decoder/decoder.ts';
import { siteValue } from '../decoder/sites.ts';
import { changedWeight } from './delta.ts';
import { KeyWalk } from './keys.ts';
import { keyWeights, solveKeys } from './solve.ts';
import type { KeyStatistics } from './statistics.ts';
import { findTargets, type Target, type TargetSettings } from './target.ts';
import type { Report } from '../../../shared/progress.ts';
import type { Delta, FactTokens, WeightDelta } from './types.ts';

/** MEMIT's hyperparameters as numbers (Meng et al. 2023; memit/memit_hparams.py). */
export interface SpreadSettings extends TargetSettings {
  /** Edited layers, ascending; targets are set behind the last. */
  readonly layers: readonly number[];
  /** λ: how much the covariance weighs against the new keys (mom2_update_weight). */
  readonly covarianceWeight: number;
}

/** Everything that such an edit found out on its way. */
export interface SpreadResult {
  readonly delta: Delta;
  readonly targets: readonly Target[];
  /** Per edited layer: keys n × F, what was missing n × D, and the solved keys n × F. */
  readonly steps: readonly { readonly layer: number; readonly keys: Matrix; readonly missing: Matrix; readonly solved: Matrix }[];
}

/**
 * Writes many facts at once: Δ_l = R_l K_lᵀ (λ C_l + K_l K_lᵀ)⁻¹ with R_l = (z − h^L) / (layers left), layer after layer
 * (memit/memit_main.py execute_memit). Keys average contexts with weight ½ for the plain prompt (compute_ks.py).
 */
export async function spread(
  decoder: Decoder,
  facts: readonly FactTokens[],
  settings: SpreadSettings,
  statistics: KeyStatistics,
  report: Report,
  known?: readonly Target[],
): Promise<SpreadResult> {
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
