import { locft as descriptor } from '../../../../shared/methods/locft.ts';
import { publishedSets } from '../hparams/published.ts';
import type { EditMethod, SettingsOf } from '../method.ts';
import { taughtTexts } from '../tuning/facts.ts';
import { train, trainSettings } from '../tuning/train.ts';
import sets from './locft.json' with { type: 'json' };

/** Published: layer 22 of 32 (Llama 3), 23 of 32 (Mistral); 6 of 28 (Qwen 2.5). */
const DEPTH = 0.7;

/**
 * LocFT-BF (Yang et al. 2025; ICT-STAR/LocFT, fine-tune.py): one down-projection is trained on the facts' targets, breadth first. Published
 * code pads on the left and takes the target to begin where the prompt alone would end; here prompt and target are cut as one text, and
 * padding lies on the right, where nothing sees it.
 */
export const locft: EditMethod<SettingsOf<typeof descriptor>> = {
  published: publishedSets(sets, descriptor),
  defaults: ({ layers }) => ({
    layers: { value: [Math.round(DEPTH * (layers.length - 1))], source: 'in proportion to the published models' },
    epochs: { value: 25, source: 'published default' },
    trainingRate: { value: 5e-4, source: 'published default' },
    batch: { value: 100, source: 'published default' },
    endToken: { value: true, source: 'published default' },
    seed: { value: 0, source: 'default' },
  }),
  windows: () => [],
  keyWeights: () => [1],
  contexts: () => Promise.resolve(['{}']),
  async run({ decoder, tokenizer, tokens, settings, report }) {
    const { texts, warnings } = taughtTexts(tokenizer, tokens, settings.endToken.value);
    const { weights, losses } = await train(decoder, texts, trainSettings(settings), report);
    return { delta: { weights }, settings, histories: losses.map((all) => all.map((loss) => [loss, 0, 0] as const)), warnings };
  },
};
