import { ablation as descriptor } from '../../../../shared/steering/ablation.ts';
import type { Part } from '../../../../shared/steering/intervention.ts';
import type { SteeringSite } from '../../../../shared/steering/sites.ts';
import type { Anatomy } from '../../anatomy/types.ts';
import { atLengthOne, meanDifference } from '../direction.ts';
import type { DefaultsOf, Fitted, SettingsOf, SteeringMethod } from '../method.ts';
import { statesOfPairs } from '../pair-states.ts';
import { pairsOf } from '../pairs.ts';
import { readerOf } from '../readers.ts';
import { placeOf } from '../sites.ts';
import { asDeep, layersIn } from '../where.ts';
import { BEFORE } from './caa.ts';

type Settings = SettingsOf<typeof descriptor>;

/** Where a direction is projected out while running: what every block reads, and what its attention and its MLP write. */
const SITES: readonly SteeringSite[] = ['entering', 'attention', 'mlp'];

/** One direction out of every block (refusal_direction, get_all_direction_ablation_hooks). */
export function ablationParts({ layers }: Anatomy, vector: string): Part[] {
  return SITES.map((site) => ({
    site,
    layers: layers.flatMap(({ attention }, layer) => (site === 'attention' && !attention ? [] : [layer])),
    positions: { kind: 'all' },
    vector,
    operator: 'project out',
    strength: { value: 1, unit: 'raw' },
  }));
}

export const ablation: SteeringMethod<Settings, DefaultsOf<typeof descriptor>> = {
  defaults: (anatomy) => ({
    layer: { value: asDeep(anatomy, 14, 32), source: 'in the middle; the published code tries every layer' },
    readAt: { value: 'last', source: 'one of the positions that the published code tries' },
    how: { value: 'run time', source: 'published for measuring; the published models have it in their weights' },
    seed: { value: 0, source: 'ours' },
  }),
  async fit({ decoder, examples, split, settings, report }) {
    const [layer] = layersIn(decoder.anatomy, [settings.layer]) as [number];
    const { name } = placeOf(decoder, 'entering', layer);
    const before = BEFORE[settings.readAt];
    const [sides] = await statesOfPairs(decoder, pairsOf(examples, [...split.train, ...split.validation]), [name], before, report);
    const [heldOut] = await statesOfPairs(decoder, pairsOf(examples, split.test), [name], before, report);
    const direction = atLengthOne(meanDifference(sides!.positive, sides!.negative));
    const vector = Float32Array.from(direction);
    const vectors = new Map([['direction', { dims: [1, 1, vector.length] as const, data: vector }]]);
    const reader = readerOf(layer, 'direction', direction, undefined, { fitted: sides!, heldOut: heldOut! });
    const places: Fitted['places'] = [{ site: 'entering', layer, validation: undefined, heldOut: reader.heldOut?.pairs, chosen: true }];
    const steering = { intervention: { parts: ablationParts(decoder.anatomy, 'direction') }, vectors };
    const normed = decoder.anatomy.layers.some(({ mlp }) => mlp.postNorm);
    const warnings =
      normed && settings.how !== 'run time'
        ? [
            {
              message: 'Blocks of this model norm what they write: out of the weights, the direction stays in the residual stream.',
              hint: 'Project it out at run time.',
            },
          ]
        : [];
    const weights = settings.how === 'run time' ? undefined : { direction: vector, biases: settings.how === 'weights' };
    return { steering, ...(weights ? { weights } : {}), readers: [reader], places, warnings };
  },
};
