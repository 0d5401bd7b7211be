import { alphaedit as descriptor } from '../../../../shared/methods/alphaedit.ts';
import { besideOf, TOLD_DEFAULTS } from '../beside.ts';
import { memitContexts } from '../contexts.ts';
import { clampFor, layersFor, sharedDefaults, targetSettings, windowsOf } from '../defaults.ts';
import { publishedSets } from '../hparams/published.ts';
import { nullSpaceMetric, usedDirections } from '../metric.ts';
import type { EditMethod, SettingsOf, Sourced } from '../method.ts';
import type { Eigen } from '../../linalg/eigen.ts';
import { chooseLayers, keyEnergies } from '../search.ts';
import type { EditWarning } from '../types.ts';
import { keyWeights } from '../solve.ts';
import { spread } from '../spread.ts';
import sets from './alphaedit.json' with { type: 'json' };

const WIDTH = 5;

/**
 * AlphaEdit (Fang et al. 2024; AlphaEdit/AlphaEdit_main.py): MEMIT's loop with P·L2⁻¹ in place of (λC)⁻¹, and the keys of earlier edits
 * held. A symmetric solve in place of the published general one; the change is the same.
 */
export const alphaedit: EditMethod<SettingsOf<typeof descriptor>> = {
  published: publishedSets(sets, descriptor),
  defaults: (anatomy) => ({
    ...sharedDefaults(anatomy),
    ...TOLD_DEFAULTS,
    layers: layersFor(anatomy, WIDTH),
    clamp: clampFor(anatomy, 0.75, 1.5),
    l2: undefined,
    nullSpace: undefined,
    passes: { value: 1, source: 'published default' },
    ownTargets: { value: false, source: 'published default' },
  }),
  windows: (anatomy) => windowsOf(anatomy, WIDTH),
  keyWeights,
  contexts: ({ decoder, tokenizer, settings, report }) => memitContexts(decoder, tokenizer, settings.seed.value, report),
  async run(work) {
    const { settings, statistics } = work;
    const { layers } = await chooseLayers(work, false);
    const eigen = new Map<number, Eigen>();
    for (const layer of layers.value) eigen.set(layer, await statistics.eigen(layer));
    const first = layers.value[0]!;
    const nullSpace = settings.nullSpace ?? thresholdFor(eigen.get(first)!);
    const metrics = new Map([...eigen].map(([layer, one]) => [layer, nullSpaceMetric(usedDirections(one, nullSpace.value), 1)]));
    const energies = await keyEnergies(work, first, metrics.get(first)!);
    const l2 = settings.l2 ?? { value: L2_SHARE * median(energies), source: `${L2_SHARE} of the facts' median ‖Pk‖² in layer ${first}` };
    const metricAt = (layer: number) => ({ ...metrics.get(layer)!, scale: l2.value });
    const { warnings: told, ...beside } = await besideOf(work, { layer: first, metric: metricAt(first) }, true);
    // λ is not used: the null space stands in its place.
    const numbers = { ...targetSettings(settings), layers: layers.value, covarianceWeight: 1 };
    const { delta, targets } = await spread(work.decoder, work.tokens, numbers, statistics, work.report, {
      metricAt,
      ...beside,
      kept: work.kept,
      ownTargets: settings.ownTargets.value,
      passes: settings.passes.value,
    });
    const warnings = [...told, ...energies.flatMap((energy, n) => tooLittle(n, energy / (energy + l2.value)))];
    return { delta, settings: { ...settings, layers, l2, nullSpace }, histories: targets.map((t) => t.history), warnings };
  },
};

/** Of all directions so many are left to the change where nobody says below which eigenvalue. */
const LEFT = 0.7;
/** L2 as a share of what ‖Pk‖² is for the facts' own keys. */
const L2_SHARE = 0.1;
/** A fact of which a lone edit writes less than this share is hardly written. */
const LEAST_WRITTEN = 0.5;

function thresholdFor({ values }: Eigen): Sourced<number> {
  const at = Math.floor((1 - LEFT) * values.length);
  return { value: values[at]!, source: `leaves ${Math.round(100 * LEFT)}% of the directions of the first layer` };
}

/** The published code fails silently where a key hardly lies in the null space. */
function tooLittle(n: number, share: number): EditWarning[] {
  if (share >= LEAST_WRITTEN) return [];
  return [
    {
      message:
        `Fact ${n + 1}: its key hardly lies in the directions that may change; ` + `of its change ${(100 * share).toFixed(0)}% is written.`,
      hint: 'Raise the null space threshold, or lower L2.',
    },
  ];
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
