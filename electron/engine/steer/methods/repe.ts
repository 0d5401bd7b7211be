import { repe as descriptor } from '../../../../shared/steering/repe.ts';
import { matrix } from '../../linalg/matrix.ts';
import { Random } from '../../runtime/sampling.ts';
import { clusterReading, meanReading, pcaReading, type Reading, type Shuffled } from '../lat.ts';
import { type Layered, layeredSteering } from '../layered.ts';
import type { DefaultsOf, SettingsOf, SteeringMethod } from '../method.ts';
import { statesOfPairs } from '../pair-states.ts';
import { pairsOf } from '../pairs.ts';
import type { Sides } from '../readers.ts';
import { placeOf } from '../sites.ts';
import { hiddenState } from '../states.ts';
import { layersIn, positionsFor } from '../where.ts';

type Settings = SettingsOf<typeof descriptor>;

const READERS: { readonly [R in Settings['reader']]: (pairs: Shuffled) => Reading } = {
  pca: pcaReading,
  'mean difference': meanReading,
  'cluster mean': clusterReading,
};

/** Blocks −5 to −17 of 32, as the published examples steer Mistral 7B, as a share of the depth. */
export function publishedBlocks(count: number): number[] {
  const [first, last] = [Math.max(1, Math.round((15 / 32) * count)), Math.round((27 / 32) * count)];
  return Array.from({ length: Math.max(1, last - first + 1) }, (_, i) => Math.min(count - 1, first + i)).filter(
    (b, i, all) => all.indexOf(b) === i,
  );
}

export const repe: SteeringMethod<Settings, DefaultsOf<typeof descriptor>> = {
  defaults: (anatomy) => ({
    layers: { value: publishedBlocks(anatomy.layers.length), source: 'as deep as layers −17 to −5 of Mistral 7B' },
    coefficient: { value: 2, source: 'of the published Mistral examples' },
    unit: { value: 'raw', source: 'published code' },
    reader: { value: 'pca', source: 'published default' },
    control: { value: 'add', source: 'published default' },
    keepsNorm: { value: false, source: 'published default' },
    positions: { value: 'all', source: 'published default' },
    first: { value: 0, source: 'unused unless tokens are steered from a position on' },
    seed: { value: 0, source: 'ours' },
  }),
  async fit({ decoder, examples, split, settings, report }) {
    const blocks = layersIn(decoder.anatomy, settings.layers);
    const names = [
      ...blocks.map((block) => hiddenState(decoder, block + 1)),
      ...blocks.map((block) => placeOf(decoder, 'residual', block).name),
    ];
    const fitted = await statesOfPairs(decoder, pairsOf(examples, [...split.train, ...split.validation]), names, 0, report);
    const test = await statesOfPairs(decoder, pairsOf(examples, split.test), names, 0, report);
    const dice = new Random(settings.seed);
    const positiveFirst = Array.from({ length: fitted[0]!.positive.rows }, () => dice.next() < 0.5);
    const found = blocks.map((block, at): Layered => {
      const reading = READERS[settings.reader](shuffled(fitted[at]!, positiveFirst));
      return {
        block,
        direction: reading.direction.map((x) => x * reading.sign),
        shift: reading.mean,
        read: { fitted: fitted[at]!, heldOut: test[at]! },
        steered: fitted[at + blocks.length]!,
      };
    });
    const { control: operator, coefficient: value, unit, keepsNorm } = settings;
    return {
      ...layeredSteering(found, { operator, strength: { value, unit }, keepsNorm, positions: positionsFor(settings) }),
      warnings: [],
    };
  },
};

/** The two sides in another order. */
function shuffled({ positive, negative }: Sides, positiveFirst: readonly boolean[]): Shuffled {
  const [first, second] = [matrix(positive.rows, positive.columns), matrix(positive.rows, positive.columns)];
  positiveFirst.forEach((is, i) => {
    const [from, to] = [i * positive.columns, (i + 1) * positive.columns];
    first.data.set((is ? positive : negative).data.subarray(from, to), from);
    second.data.set((is ? negative : positive).data.subarray(from, to), from);
  });
  return { first, second, positiveFirst };
}
