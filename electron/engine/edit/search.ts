import { type Fact, fillPrompt, type Neighbor } from '../../../shared/fact.ts';
import { klDivergence, mean } from '../linalg/distributions.ts';
import { dot, row } from '../linalg/matrix.ts';
import type { Decoder } from '../decoder/decoder.ts';
import { logSoftmax } from '../runtime/sampling.ts';
import { Generator } from '../decoder/generate.ts';
import { ScoreSession } from '../decoder/score.ts';
import { siteValue } from '../decoder/sites.ts';
import { withDelta } from './delta.ts';
import { targetSettings, type SearchSettings } from './defaults.ts';
import { KeyWalk } from './keys.ts';
import { covarianceMetric, type Metric } from './metric.ts';
import type { BaseSettings, EditWork, Sourced } from './method.ts';
import { keyWeights } from './solve.ts';
import { spread } from './spread.ts';
import type { KeyStatistics } from './statistics.ts';
import { findTargets, type TargetSettings } from './target.ts';
import type { Report } from '../../../shared/progress.ts';
import type { FactTokens } from './types.ts';

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

/** λ as a share of what kᵀC⁻¹k is for the facts' own keys: the smaller, the firmer the edit. */
const LAMBDA_SHARE = 0.1;
/** Shares that the search tries. */
const LAMBDA_SHARES = [0.03, 0.1, 0.3];
/** Prompts that trials watch at most. */
const PROBES = 24;
/** Facts that the search edits. */
const TRIAL_FACTS = 6;

/** Windows that reach this share of the best score are as good as the best: which of them is best on a few facts is chance. */
const ALIKE = 0.98;

/** The layers to edit, and, where windows were tried, the best trial with the λ that it was made with. */
export interface Chosen {
  readonly layers: Sourced<readonly number[]>;
  readonly best: { readonly trial: Trial; readonly lambda: Sourced<number> } | undefined;
}

/**
 * The layers as they were named, or else, of the windows that did best on a few of the facts, while the others and the neighbours that were
 * given had to stay as they are, the widest: later edits go into the same layers, and the more there are, the more facts they hold. Trials
 * write by MEMIT's solve whatever the method: one search of the wanted states serves every λ.
 * @param isLambdaOpen whether λ is sought as well
 */
export async function chooseLayers(work: EditWork<BaseSettings & SearchSettings>, isLambdaOpen: boolean): Promise<Chosen> {
  const { decoder, facts, tokens, settings, windows, statistics, report } = work;
  if (windows.length === 0) return { layers: settings.layers, best: undefined };
  const others = facts.slice(TRIAL_FACTS).map((f) => fillPrompt(f.prompt, f.subject).text);
  const neighbors = facts.slice(0, TRIAL_FACTS).flatMap((f) =>
    known(f)
      .slice(0, 3)
      .map((n) => (typeof n === 'string' ? n : n.prompt)),
  );
  const rows = probesOf(work, [...neighbors, ...others]);
  const shares = isLambdaOpen ? LAMBDA_SHARES : [LAMBDA_SHARE];
  const material = { facts: tokens.slice(0, TRIAL_FACTS), probes: rows, windows, shares };
  const energyOf = (layer: number) => keyEnergy(work, layer);
  const trials = await searchLayers(decoder, material, targetSettings(settings), statistics, energyOf, report);
  const trial = widestOfBest(trials);
  const which = windows.every(({ length }) => length === windows[0]!.length) ? 'best' : 'widest of the best';
  const found = `unseen contexts ${(100 * trial.efficacy).toFixed(0)}%, drift ${trial.drift.toFixed(3)} nats`;
  return {
    layers: { value: trial.layers, source: `${which} of ${windows.length} windows tried on a few of the facts (${found})` },
    best: { trial, lambda: { value: trial.covarianceWeight, source: `${trial.share} of the facts' median kᵀC⁻¹k, the best share tried` } },
  };
}

/** @param trials the best first; at least one */
export function widestOfBest(trials: readonly Trial[]): Trial {
  const alike = trials.filter(({ score }) => score >= ALIKE * trials[0]!.score);
  return alike.reduce((widest, one) => (one.layers.length > widest.layers.length ? one : widest));
}

/**
 * Each layer tried alone on the facts, with few steps of the search: how well it takes an edit.
 * @param layers to try; @param steps of the search for the wanted state
 * @returns one trial for each layer, in the order asked for
 */
export async function tryLayers(
  work: Pick<EditWork<BaseSettings & SearchSettings>, 'decoder' | 'tokenizer' | 'facts' | 'tokens' | 'settings' | 'statistics' | 'report'>,
  layers: readonly number[],
  steps: number,
): Promise<Trial[]> {
  const neighbors = work.facts.flatMap((fact) => known(fact).map((one) => (typeof one === 'string' ? one : one.prompt)));
  const material = {
    facts: work.tokens,
    probes: probesOf(work, neighbors),
    windows: layers.map((layer) => [layer]),
    shares: [LAMBDA_SHARE],
  };
  const settings = { ...targetSettings(work.settings), steps };
  const trials = await searchLayers(work.decoder, material, settings, work.statistics, (layer) => keyEnergy(work, layer), work.report);
  return layers.map((layer) => trials.find((trial) => trial.layers[0] === layer)!);
}

/** Neighbours to try an edit by: those that it is told of, where there are any, so that the others still prove something. */
function known({ told, neighbors }: Fact): readonly Neighbor[] {
  return told?.neighbors.length ? told.neighbors : (neighbors ?? []);
}

/** Prompts that a trial should leave alone: those that are known, else beginnings of any text. */
function probesOf({ tokenizer }: Pick<EditWork, 'tokenizer'>, known: readonly string[]): number[][] {
  const some = known.slice(0, PROBES);
  return (some.length > 0 ? some : ['The', 'It is', 'In the', 'There was a', 'She said that']).map((prompt) => tokenizer.encode(prompt));
}

/** λ from the facts' own keys in a layer. */
export async function lambdaFor(
  work: Pick<EditWork, 'decoder' | 'tokens' | 'statistics' | 'report'>,
  layer: number,
): Promise<Sourced<number>> {
  const energy = await keyEnergy(work, layer);
  return { value: LAMBDA_SHARE * energy, source: `${LAMBDA_SHARE} of the facts' median kᵀC⁻¹k in layer ${layer} (${energy.toFixed(0)})` };
}

/** Median kᵀC⁻¹k of the facts' keys: how unusual they are to the model, and so the natural size of λ. */
async function keyEnergy(work: Pick<EditWork, 'decoder' | 'tokens' | 'statistics' | 'report'>, layer: number): Promise<number> {
  const some = { ...work, tokens: work.tokens.slice(0, 32) };
  const energies = (await keyEnergies(some, layer, covarianceMetric(work.statistics, layer, 1))).sort((a, b) => a - b);
  return energies[Math.floor(energies.length / 2)]!;
}

/** kᵀS⁻¹k of each fact's key in a layer. */
export async function keyEnergies(
  { decoder, tokens, report }: Pick<EditWork, 'decoder' | 'tokens' | 'report'>,
  layer: number,
  metric: Metric,
): Promise<number[]> {
  const site = siteValue(decoder.anatomy, { kind: 'residual', layer });
  const { keys } = await new KeyWalk(tokens, report).at(decoder, layer, site, keyWeights);
  const whitened = await metric.whiten(keys);
  return tokens.map((_, n) => dot(row(keys, n), row(whitened, n)));
}

/** What the search tries and on what. */
interface SearchMaterial {
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
async function searchLayers(
  decoder: Decoder,
  material: SearchMaterial,
  settings: TargetSettings,
  statistics: KeyStatistics,
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
      const { delta } = await spread(decoder, seen, { ...settings, layers, covarianceWeight: share * energy }, statistics, quiet, {
        known: targets,
      });
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
