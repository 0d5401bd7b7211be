import { EmendError } from '../../../../shared/errors.ts';
import { rome as descriptor } from '../../../../shared/methods/rome.ts';
import { dot, matrix, type Matrix, norm, stacked } from '../../linalg/matrix.ts';
import { tensorFloats } from '../../onnx/tensors.ts';
import type { Decoder } from '../../decoder/decoder.ts';
import { siteValue } from '../../decoder/sites.ts';
import { changedWeight } from '../delta.ts';
import { romeContexts } from '../contexts.ts';
import { clampFor, layersFor, ridgeOf, sharedDefaults, targetSettings, windowsOf } from '../defaults.ts';
import { publishedSets } from '../hparams/published.ts';
import { KeyWalk } from '../keys.ts';
import { besideOf, TOLD_DEFAULTS } from '../beside.ts';
import { covarianceMetric, type Metric } from '../metric.ts';
import { solveKeys } from '../solve.ts';
import type { Held } from '../spread.ts';
import type { EditMethod, SettingsOf } from '../method.ts';
import { chooseLayers } from '../search.ts';
import type { KeyStatistics } from '../statistics.ts';
import { findTargets, type TargetSettings } from '../target.ts';
import type { Report } from '../../../../shared/progress.ts';
import type { Delta, EditWarning, FactTokens, WeightDelta } from '../types.ts';
import sets from './rome.json' with { type: 'json' };

/** ROME's hyperparameters as numbers (Meng et al. 2022; rome/rome_hparams.py). */
export interface RomeSettings extends TargetSettings {
  readonly layer: number;
  /** Whether u = C⁻¹k or k itself (mom2_adjustment). */
  readonly useCovariance: boolean;
  /**
   * 'averaged': the mean key over contexts throughout (r-ROME, arXiv 2403.07175), so that the denominator is positive;
   * 'mixed': mean key in u, plain key elsewhere, as the first published code has it.
   */
  readonly key: 'averaged' | 'mixed';
}

/** A ROME edit and what it noticed. */
export interface RomeResult {
  readonly delta: Delta;
  readonly warnings: readonly EditWarning[];
  readonly targets: readonly (readonly [nll: number, kl: number, decay: number])[][];
}

/** Below this share of ‖k‖·‖u‖ the plain key hardly meets u, and the update explodes ("disabling edits"). */
const SMALL_DENOMINATOR = 1e-2;

/**
 * Writes facts one after the other into one layer: Ŵ = W + Λ (C⁻¹k)ᵀ with Λ = (v − W k) / ((C⁻¹k)ᵀ k)
 * (rome/compute_u.py, compute_v.py, rome_main.py). Each fact is worked out on the model as the ones before left it.
 * @param held prompts whose output is to stay: C + Σ μ kkᵀ over their keys stands in the place of C
 */
export async function romeDelta(
  decoder: Decoder,
  facts: readonly FactTokens[],
  settings: RomeSettings,
  statistics: KeyStatistics,
  report: Report,
  held: readonly Held[] = [],
): Promise<RomeResult> {
  const site = { kind: 'mlp', layer: settings.layer } as const;
  const { down } = decoder.anatomy.layers[settings.layer]!.mlp;
  const width = decoder.anatomy.hiddenSize;
  const left = matrix(facts.length, width);
  const right = matrix(facts.length, down.inWidth);
  const warnings: EditWarning[] = [];
  const histories: (readonly [number, number, number])[][] = [];
  // The edited layer's own keys: no change of its weight moves them.
  const stay =
    held.length > 0
      ? (await new KeyWalk(held, report).at(decoder, settings.layer, siteValue(decoder.anatomy, site), averaged)).keys
      : matrix(0, down.inWidth);
  const metric = settings.useCovariance ? covarianceMetric(statistics, settings.layer, 1) : PLAIN;
  let edited = decoder;
  for (const [n, fact] of facts.entries()) {
    report.check();
    const outer: Report = {
      check: () => report.check(),
      progress: (phase, done, total) =>
        report.progress(facts.length > 1 ? `fact ${n + 1} of ${facts.length}: ${phase}` : phase, done, total),
    };
    const target = (await findTargets(edited, site, [fact], settings, outer))[0]!;
    histories.push([...target.history]);
    const at = (weightsOf: (rows: number) => readonly number[]) =>
      new KeyWalk([fact], outer).at(edited, settings.layer, siteValue(decoder.anatomy, site), weightsOf);
    const mean = (await at(averaged)).keys.data;
    const used = settings.key === 'averaged' ? mean : (await at(plainRow)).keys.data;
    const u = (await direction(matrix(1, mean.length, mean), stay, held, metric)).data;
    const size = norm(u);
    for (let i = 0; i < u.length; i++) u[i]! /= size;
    const denominator = dot(used, u);
    if (!(Math.abs(denominator) > 0) || !Number.isFinite(denominator))
      throw new EmendError(
        'failed',
        `Fact ${n + 1}: the subject's key has no part along the edit direction.`,
        'Choose another layer, or the averaged key.',
      );
    if (Math.abs(denominator) < SMALL_DENOMINATOR * norm(used)) {
      warnings.push({
        message: `Fact ${n + 1}: the division factor is small (${denominator.toExponential(2)}); the edit may damage the model.`,
        hint: 'Use the averaged key (arXiv 2403.07175), or another layer.',
      });
    }
    const now = outputOf(edited, settings.layer, used);
    const l = left.data.subarray(n * width, (n + 1) * width);
    for (let d = 0; d < width; d++) l[d] = (target.z[d]! - now[d]!) / denominator;
    right.data.set(u, n * down.inWidth);
    const one: WeightDelta = {
      layer: settings.layer,
      weight: down.weight,
      left: matrix(1, width, l.slice()),
      right: matrix(1, down.inWidth, u),
    };
    edited = edited.withConstants(new Map([[down.weight, changedWeight(edited, one)]]));
    report.progress('facts', n + 1, facts.length);
  }
  return { delta: { weights: [{ layer: settings.layer, weight: down.weight, left, right }] }, warnings, targets: histories };
}

/** Every row counts alike (compute_u.py). */
function averaged(rows: number): number[] {
  return Array.from({ length: rows }, () => 1 / rows);
}

/** Where nothing is known of ordinary keys, every direction of a key counts the same. */
const PLAIN: Metric = { scale: 1, whiten: (keys) => Promise.resolve(keys) };

/** (C + Σ μ kkᵀ)⁻¹ k*, up to its length. */
async function direction(key: Matrix, stay: Matrix, held: readonly Held[], metric: Metric): Promise<Matrix> {
  if (held.length === 0) return matrix(1, key.columns, (await metric.whiten(key)).data.slice());
  const softness = [0, ...held.map(({ weight }) => 1 / weight)];
  return solveKeys({ keys: stacked([key, stay], key.columns), softness, written: 1 }, metric);
}

function plainRow(rows: number): number[] {
  return Array.from({ length: rows }, (_, i) => (i === 0 ? 1 : 0));
}

/** W·k + b of a layer's down-projection, in float64. */
function outputOf(decoder: Decoder, layer: number, key: Float64Array): Float64Array {
  const { down, bias } = decoder.anatomy.layers[layer]!.mlp;
  const w = floatsOf(decoder, down.weight);
  const out = bias === undefined ? new Float64Array(down.outWidth) : Float64Array.from(floatsOf(decoder, bias));
  for (let f = 0; f < down.inWidth; f++) {
    for (let d = 0; d < down.outWidth; d++)
      out[d]! += key[f]! * w[down.layout === 'in-out' ? f * down.outWidth + d : d * down.inWidth + f]!;
  }
  return out;
}

function floatsOf(decoder: Decoder, name: string): Float32Array {
  return tensorFloats(decoder.model, decoder.graph.constants.get(name)!);
}

export const rome: EditMethod<SettingsOf<typeof descriptor>> = {
  published: publishedSets(sets, descriptor),
  defaults: (anatomy) => ({
    ...sharedDefaults(anatomy),
    ...TOLD_DEFAULTS,
    layers: layersFor(anatomy, 1),
    clamp: clampFor(anatomy, 4, 6),
    ridge: ridgeOf(1e-4),
    useCovariance: { value: true, source: 'published default' },
    key: { value: 'averaged', source: 'one key throughout (arXiv 2403.07175)' },
    contexts: {
      value: [
        [5, 10],
        [10, 10],
      ],
      source: 'published default',
    },
  }),
  windows: (anatomy) => windowsOf(anatomy, 1),
  keyWeights: averaged,
  contexts: ({ decoder, tokenizer, settings, report }) =>
    romeContexts(decoder, tokenizer, settings.contexts.value, settings.seed.value, report),
  async run(work) {
    const { settings } = work;
    const { choice, message, hint } = descriptor.cannotTell;
    if (settings.told.value === choice) throw new EmendError('bad-input', message, hint, { field: 'told' });
    const { layers } = await chooseLayers(work, false);
    const numbers = {
      ...targetSettings(settings),
      layer: layers.value[0]!,
      useCovariance: settings.useCovariance.value,
      key: settings.key.value,
    };
    const metric = numbers.useCovariance ? covarianceMetric(work.statistics, numbers.layer, 1) : PLAIN;
    const { held } = await besideOf(work, { layer: numbers.layer, metric }, false);
    const { delta, targets, warnings } = await romeDelta(work.decoder, work.tokens, numbers, work.statistics, work.report, held);
    return { delta, settings: { ...settings, layers }, histories: targets, warnings };
  },
};
