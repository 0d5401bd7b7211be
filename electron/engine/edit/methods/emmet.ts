import { emmet as descriptor } from '../../../../shared/methods/emmet.ts';
import { besideOf, TOLD_DEFAULTS } from '../beside.ts';
import { memitContexts } from '../contexts.ts';
import { clampFor, layersFor, ridgeOf, sharedDefaults, targetSettings, windowsOf } from '../defaults.ts';
import { publishedSets } from '../hparams/published.ts';
import { covarianceMetric } from '../metric.ts';
import type { EditMethod, SettingsOf } from '../method.ts';
import { chooseLayers, lambdaFor } from '../search.ts';
import { keyWeights } from '../solve.ts';
import { spread } from '../spread.ts';
import sets from './emmet.json' with { type: 'json' };

/**
 * EMMET (Gupta et al. 2024; emmet/emmet_main.py): Δ = R (KᵀM⁻¹K + εI)⁻¹ KᵀM⁻¹ with M = λC in one layer; ε = 0 for a single fact, as the
 * published code has it.
 */
export const emmet: EditMethod<SettingsOf<typeof descriptor>> = {
  published: publishedSets(sets, descriptor),
  defaults: (anatomy) => ({
    ...sharedDefaults(anatomy),
    ...TOLD_DEFAULTS,
    layers: layersFor(anatomy, 1),
    clamp: clampFor(anatomy, 0.75, 1.5),
    ridge: ridgeOf(1e-3),
    softness: { value: 0.1, source: 'published default' },
    remember: { value: true, source: 'so that edits do not undo each other' },
    covarianceWeight: undefined,
  }),
  windows: (anatomy) => windowsOf(anatomy, 1),
  keyWeights,
  contexts: ({ decoder, tokenizer, settings, report }) => memitContexts(decoder, tokenizer, settings.seed.value, report),
  async run(work) {
    const { settings, statistics } = work;
    const { best, layers } = await chooseLayers(work, settings.covarianceWeight === undefined);
    const layer = layers.value[0]!;
    const covarianceWeight = settings.covarianceWeight ?? best?.lambda ?? (await lambdaFor(work, layer));
    const metric = covarianceMetric(statistics, layer, covarianceWeight.value);
    const { warnings, ...beside } = await besideOf(work, { layer, metric }, settings.remember.value);
    const numbers = { ...targetSettings(settings), layers: layers.value, covarianceWeight: covarianceWeight.value };
    const { delta, targets } = await spread(work.decoder, work.tokens, numbers, statistics, work.report, {
      ...beside,
      kept: work.kept,
      softness: work.facts.length + (beside.taught?.length ?? 0) > 1 ? settings.softness.value : 0,
    });
    return { delta, settings: { ...settings, layers, covarianceWeight }, histories: targets.map((t) => t.history), warnings };
  },
};
