import { klDivergence, mean } from '../evaluate/metrics.ts';
import type { Decoder } from '../runtime/decoder.ts';
import { logSoftmax } from '../runtime/sampling.ts';
import { Generator } from '../runtime/generate.ts';
import { ScoreSession } from '../runtime/score.ts';
import { withDelta } from './delta.ts';
import { memit } from './memit.ts';
import type { Statistics } from './statistics.ts';
import { findTargets, type TargetSettings } from './target.ts';
import type { FactTokens, Report } from './types.ts';

/** One way to edit that was tried on a few facts. */
export interface Trial {
  readonly layers: readonly number[];
  /** λ, and as which share of the facts' median kᵀC⁻¹k. */
  readonly covarianceWeight: number;
  readonly share: number;
  /** Mean probability of the targets behind contexts that the edit did not see. */
  readonly efficacy: number;
  /** Mean KL of the next token on prompts that the edit should leave alone, in nats. */
  readonly drift: number;
  /** Harmonic mean of efficacy and e^−drift: 1 is perfect. */
  readonly score: number;
}

/** What the search tries and on what. */
export interface SearchMaterial {
  /** Facts to edit in the trials; their last rows are held out to measure generalization. */
  readonly facts: readonly FactTokens[];
  /** Rows of tokens that the edit should leave alone. */
  readonly probes: readonly (readonly number[])[];
  readonly windows: readonly (readonly number[])[];
  readonly shares: readonly number[];
}

/** Context rows that the trials hold out. */
const HELD_OUT = 2;

/** Tries each window of layers and each λ on the facts. The wanted states are searched once a window; λ costs only a solve. */
export async function searchLayers(
  decoder: Decoder,
  material: SearchMaterial,
  settings: TargetSettings,
  statistics: Statistics,
  energyOf: (layer: number) => Promise<number>,
  report: Report,
): Promise<Trial[]> {
  const seen = material.facts.map((f) => ({ ...f, rows: f.rows.length > HELD_OUT + 1 ? f.rows.slice(0, -HELD_OUT) : f.rows }));
  const before = await distributions(decoder, material.probes);
  const trials: Trial[] = [];
  for (const [i, layers] of material.windows.entries()) {
    report.progress('choosing layers', i, material.windows.length);
    const quiet: Report = { check: () => report.check(), progress: () => undefined };
    const targets = await findTargets(decoder, { kind: 'residual', layer: layers.at(-1)! }, seen, settings, quiet);
    const energy = await energyOf(layers[0]!);
    for (const share of material.shares) {
      report.check();
      const { delta } = await memit(decoder, seen, { ...settings, layers, covarianceWeight: share * energy }, statistics, quiet, targets);
      const edited = withDelta(decoder, delta);
      const efficacy = await heldOutProbability(edited, material.facts);
      const now = await distributions(edited, material.probes);
      const drift = mean(now.map((d, p) => klDivergence(before[p]!, d))) ?? 0;
      const calm = Math.exp(-drift);
      trials.push({
        layers,
        covarianceWeight: share * energy,
        share,
        efficacy,
        drift,
        score: (2 * efficacy * calm) / (efficacy + calm || 1),
      });
    }
  }
  report.progress('choosing layers', material.windows.length, material.windows.length);
  return trials.sort((a, b) => b.score - a.score);
}

async function distributions(decoder: Decoder, rows: readonly (readonly number[])[]): Promise<Float32Array[]> {
  const generator = await Generator.create(decoder, { prepack: false });
  try {
    return (await generator.next(rows)).map(logSoftmax);
  } finally {
    await generator.release();
  }
}

async function heldOutProbability(decoder: Decoder, facts: readonly FactTokens[]): Promise<number> {
  const session = await ScoreSession.create(decoder);
  try {
    const rows = facts.flatMap((f) => f.rows.slice(-HELD_OUT).map((r) => ({ ids: [...r.ids, f.target.at(-1)!], from: r.targetStart + 1 })));
    const scores = await session.score(rows);
    return mean(scores.map((tokens) => Math.exp(tokens.reduce((sum, t) => sum + t.logProbability, 0) / tokens.length)))!;
  } finally {
    await session.release();
  }
}
