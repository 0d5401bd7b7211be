import { memit as descriptor } from '../../../../shared/methods/memit.ts';
import { memitContexts } from '../contexts.ts';
import { clampFor, layersFor, ridgeOf, sharedDefaults, targetSettings, windowsOf } from '../defaults.ts';
import { publishedSets } from '../hparams/published.ts';
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
    layers: layersFor(anatomy, WIDTH),
    clamp: clampFor(anatomy, 0.75, 1.5),
    ridge: ridgeOf(1e-3),
    covarianceWeight: undefined,
  }),
  windows: (anatomy) => windowsOf(anatomy, WIDTH),
  keyWeights,
  contexts: ({ decoder, tokenizer, settings, report }) => memitContexts(decoder, tokenizer, settings.seed.value, report),
  async run(work) {
    const { best, layers } = await chooseLayers(work, work.settings.covarianceWeight === undefined);
    const covarianceWeight = work.settings.covarianceWeight ?? best?.lambda ?? (await lambdaFor(work, layers.value[0]!));
    const numbers = { ...targetSettings(work.settings), layers: layers.value, covarianceWeight: covarianceWeight.value };
    const { delta, targets } = await spread(work.decoder, work.tokens, numbers, work.statistics, work.report);
    return { delta, settings: { ...work.settings, layers, covarianceWeight }, histories: targets.map((t) => t.history), warnings: [] };
  },
};
