import { repeng as descriptor } from '../../../../shared/steering/repeng.ts';
import { controlDirection } from '../lat.ts';
import { type Layered, layeredSteering } from '../layered.ts';
import type { DefaultsOf, SettingsOf, SteeringMethod } from '../method.ts';
import { statesOfPairs } from '../pair-states.ts';
import { pairsOf } from '../pairs.ts';
import { placeOf } from '../sites.ts';
import { hiddenState } from '../states.ts';
import { layersIn } from '../where.ts';
import { publishedBlocks } from './repe.ts';

export const repeng: SteeringMethod<SettingsOf<typeof descriptor>, DefaultsOf<typeof descriptor>> = {
  defaults: (anatomy) => ({
    layers: { value: publishedBlocks(anatomy.layers.length), source: 'as deep as layers −17 to −5 of Mistral 7B' },
    coefficient: { value: 1.5, source: 'in the middle of what the published examples use (1.0 to 2.2)' },
    unit: { value: 'raw', source: 'published code' },
    centering: { value: 'pca_diff', source: 'published default' },
    keepsNorm: { value: false, source: 'published default' },
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
    const found = blocks.map((block, at): Layered => {
      const { direction, sign } = controlDirection(fitted[at]!, settings.centering);
      return {
        block,
        direction: direction.map((x) => x * sign),
        shift: undefined,
        read: { fitted: fitted[at]!, heldOut: test[at]! },
        steered: fitted[at + blocks.length]!,
      };
    });
    const { coefficient: value, unit, keepsNorm } = settings;
    return {
      ...layeredSteering(found, { operator: 'add', strength: { value, unit }, keepsNorm, positions: { kind: 'all' } }),
      warnings: [],
    };
  },
};
