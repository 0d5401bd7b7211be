import { memit as descriptor } from '../../../../shared/methods/memit.ts';
import { besideOf, TOLD_DEFAULTS } from '../beside.ts';
import { memitContexts } from '../contexts.ts';
import { clampFor, layersFor, ridgeOf, sharedDefaults, targetSettings, windowsOf } from '../defaults.ts';
import { publishedSets } from '../hparams/published.ts';
import { covarianceMetric, dampedMetric } from '../metric.ts';
import type { EditMethod, SettingsOf } from '../method.ts';
import { chooseLayers, lambdaFor } from '../search.ts';
import { keyWeights } from '../solve.ts';
import { spread } from '../spread.ts';
import sets from './memit.json' with { type: 'json' };

/** Published windows are five or six layers wide. */
const WIDTH = 5;

export const memit: EditMethod<SettingsOf<typeof descriptor>> = {
  published: publishedSets(sets, descriptor),
  defaults: (anatomy) => ({
    ...sharedDefaults(anatomy),
    ...TOLD_DEFAULTS,
    layers: layersFor(anatomy, WIDTH),
    clamp: clampFor(anatomy, 0.75, 1.5),
    ridge: ridgeOf(1e-3),
    passes: { value: 1, source: 'published default' },
    remember: { value: true, source: 'so that edits do not undo each other' },
    changeWeight: { value: 0, source: 'published default' },
    ownTargets: { value: false, source: 'published default' },
    covarianceWeight: undefined,
  }),
  windows: (anatomy) => windowsOf(anatomy, WIDTH),
  keyWeights,
  contexts: ({ decoder, tokenizer, settings, report }) => memitContexts(decoder, tokenizer, settings.seed.value, report),
  async run(work) {
    const { settings, statistics } = work;
    const { best, layers } = await chooseLayers(work, settings.covarianceWeight === undefined);
    const covarianceWeight = settings.covarianceWeight ?? best?.lambda ?? (await lambdaFor(work, layers.value[0]!));
    const numbers = { ...targetSettings(settings), layers: layers.value, covarianceWeight: covarianceWeight.value };
    const beta = settings.changeWeight.value;
    const metricAt = (layer: number) =>
      beta > 0
        ? dampedMetric(statistics, layer, numbers.covarianceWeight, beta)
        : covarianceMetric(statistics, layer, numbers.covarianceWeight);
    const first = layers.value[0]!;
    const { warnings, ...beside } = await besideOf(work, { layer: first, metric: metricAt(first) }, settings.remember.value);
    const { delta, targets } = await spread(work.decoder, work.tokens, numbers, statistics, work.report, {
      metricAt,
      ...beside,
      ownTargets: settings.ownTargets.value,
      passes: settings.passes.value,
    });
    return { delta, settings: { ...settings, layers, covarianceWeight }, histories: targets.map((t) => t.history), warnings };
  },
};
