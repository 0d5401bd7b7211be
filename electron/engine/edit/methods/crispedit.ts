import { crispedit as descriptor } from '../../../../shared/methods/crispedit.ts';
import { symmetricEigen } from '../../linalg/eigen.ts';
import { matrix, type Matrix, turned } from '../../linalg/matrix.ts';
import { type Products, withProducts } from '../../linalg/product.ts';
import { sharedDefaults, windowEnding } from '../defaults.ts';
import { publishedSets } from '../hparams/published.ts';
import type { EditMethod, EditWork, SettingsOf } from '../method.ts';
import { intoFree, type LowCurvature, lowCurvature, outputGradients } from '../tuning/curvature.ts';
import { taughtTexts } from '../tuning/facts.ts';
import { type Projection, train, trainSettings } from '../tuning/train.ts';
import sets from './crispedit.json' with { type: 'json' };

type Settings = SettingsOf<typeof descriptor>;

/** Published: the last of five layers is 23 of 32 (Llama 3); 19 of 28 (Qwen 2.5). */
const [DEPTH, WIDTH] = [0.7, 5];

/**
 * CrispEdit (Ikram et al. 2026; crispedit.py, projected_adam.py): down-projections are trained on the facts' targets, with gradients
 * projected into directions of low curvature (K-FAC: keys' second moments and outputs' gradients of ordinary text). Keys are counted at all
 * tokens of the text, as MEMIT counts them; published code leaves out each text's last.
 */
export const crispedit: EditMethod<Settings> = {
  published: publishedSets(sets, descriptor),
  defaults: (anatomy) => {
    const { covarianceTokens, seed } = sharedDefaults(anatomy);
    const window = windowEnding(Math.round(DEPTH * (anatomy.layers.length - 1)), WIDTH);
    return {
      layers: { value: window, source: 'in proportion to the published models' },
      epochs: { value: 25, source: 'published default' },
      trainingRate: { value: 5e-4, source: 'published default' },
      batch: { value: 32, source: 'published default' },
      energy: { value: 0.99, source: 'published default' },
      projectSteps: { value: false, source: 'published default' },
      covarianceTokens,
      seed,
    };
  },
  windows: () => [],
  keyWeights: () => [1],
  contexts: () => Promise.resolve(['{}']),
  async run(work) {
    const { decoder, tokenizer, tokens, settings, report } = work;
    const { texts, warnings } = taughtTexts(tokenizer, tokens, false);
    const free = await freeDirections(work);
    const { weights, losses } = await withProducts((products) =>
      train(
        decoder,
        texts,
        { ...trainSettings(settings), projectsSteps: settings.projectSteps.value },
        report,
        projection(work, free, products),
      ),
    );
    return {
      delta: { weights },
      settings,
      histories: losses.map((all) => all.map((loss) => [loss, 0, 0] as const)),
      warnings: [...warnings, ...[...free].flatMap(([layer, found]) => tooFew(layer, found))],
    };
  },
};

async function freeDirections({ decoder, settings, statistics, ordinaryText, report }: EditWork<Settings>) {
  const layers = settings.layers.value;
  const gradients = await outputGradients(decoder, layers, await ordinaryText(), report);
  const free = new Map<number, LowCurvature>();
  for (const layer of layers) {
    report.check();
    free.set(layer, lowCurvature(await statistics.eigen(layer), symmetricEigen(gradients.get(layer)!), settings.energy.value));
  }
  return free;
}

/** Gradients lie as weights do in the file; directions are of F × D. */
function projection({ decoder }: EditWork<Settings>, free: ReadonlyMap<number, LowCurvature>, products: Products): Projection {
  return async (layer, values) => {
    const { layout, inWidth, outWidth } = decoder.anatomy.layers[layer]!.mlp.down;
    const stored = (rows: number, columns: number): Matrix => matrix(rows, columns, Float64Array.from(values));
    const isOutFirst = layout === 'out-in';
    const upright = isOutFirst ? turned(stored(outWidth, inWidth)) : stored(inWidth, outWidth);
    const kept = await intoFree(products, free.get(layer)!, upright);
    return Float32Array.from((isOutFirst ? turned(kept) : kept).data);
  };
}

/** Of fewer directions hardly any change can be made of. */
const FEW = 0.01;

function tooFew(layer: number, { count, free }: LowCurvature) {
  const share = count / free.data.length;
  return share >= FEW
    ? []
    : [
        {
          message: `Of layer ${layer} only ${(100 * share).toFixed(2)}% of all directions may move.`,
          hint: 'Lower the energy held, or train other layers.',
        },
      ];
}
