import { caa as descriptor } from '../../../../shared/steering/caa.ts';
import type { Operator } from '../../../../shared/steering/operators.ts';
import type { Reader } from '../../../../shared/steering/reader.ts';
import type { Part } from '../../../../shared/steering/intervention.ts';
import {
  atLengthOne,
  deviation,
  logisticDirection,
  meanDifference,
  meanLength,
  projections,
  stacked,
  uncentredComponent,
} from '../direction.ts';
import type { DefaultsOf, SettingsOf, SteeringMethod } from '../method.ts';
import { pairsOf } from '../pairs.ts';
import { readerOf, type Sides } from '../readers.ts';
import { placeOf } from '../sites.ts';
import { statesOfPairs } from '../pair-states.ts';
import type { Vectors } from '../steering.ts';
import { asDeep, layersIn, positionsFor } from '../where.ts';

type Settings = SettingsOf<typeof descriptor>;

/** Tokens between the one that is read and the end. */
export const BEFORE = { last: 0, 'before last': 1 } as const;

/** How a vector is made of the two sides of pairs. */
const AGGREGATORS: { readonly [A in Settings['aggregator']]: (sides: Sides) => Promise<Float64Array> | Float64Array } = {
  mean: ({ positive, negative }) => meanDifference(positive, negative),
  pca: ({ positive, negative }) => uncentredComponent(positive, negative).direction,
  logistic: ({ positive, negative }) => logisticDirection(positive, negative),
};

const OPERATORS: { readonly [O in Settings['operator']]: readonly Operator[] } = {
  add: ['add'],
  'project out': ['project out'],
  'project out, then add': ['project out', 'add'],
};

export const caa: SteeringMethod<Settings, DefaultsOf<typeof descriptor>> = {
  defaults: (anatomy) => ({
    layers: { value: [asDeep(anatomy, 13, 32)], source: 'as deep as layer 13 of Llama 2 7B (CAA)' },
    coefficient: { value: 1, source: 'published default' },
    unit: { value: 'raw', source: 'published code' },
    aggregator: { value: 'mean', source: 'published default' },
    readAt: { value: 'last', source: 'published default of steering-vectors; the CAA paper reads the token before the last' },
    operator: { value: 'add', source: 'published default' },
    positions: { value: 'all', source: 'published default' },
    first: { value: 0, source: 'published default' },
    seed: { value: 0, source: 'ours' },
  }),
  async fit({ decoder, examples, split, settings, report }) {
    const layers = layersIn(decoder.anatomy, settings.layers);
    const names = layers.map((layer) => placeOf(decoder, 'residual', layer).name);
    const sidesOf = (groups: readonly number[]) =>
      statesOfPairs(decoder, pairsOf(examples, groups), names, BEFORE[settings.readAt], report);
    const [fitted, test] = [await sidesOf([...split.train, ...split.validation]), await sidesOf(split.test)];
    const vectors = new Map<string, Vectors>();
    const [sigma, norms]: [number[], number[]] = [[], []];
    const readers: Reader[] = [];
    for (const [at, layer] of layers.entries()) {
      const sides = fitted[at]!;
      const vector = await AGGREGATORS[settings.aggregator](sides);
      const unit = atLengthOne(vector);
      const all = stacked(sides.positive, sides.negative);
      vectors.set(`${layer}`, { dims: [1, 1, vector.length], data: Float32Array.from(vector) });
      vectors.set(`read ${layer}`, { dims: [1, 1, unit.length], data: Float32Array.from(unit) });
      sigma.push(deviation(projections(all, unit)));
      norms.push(meanLength(all));
      // What is read is the block's output as it is, which behind the last block no hidden state is.
      if (layer + 1 < decoder.anatomy.layers.length)
        readers.push(readerOf(layer + 1, `read ${layer}`, unit, undefined, { fitted: sides, heldOut: test[at]! }));
    }
    const parts = OPERATORS[settings.operator].flatMap((operator) =>
      layers.map((layer, at): Part => ({
        site: 'residual',
        layers: [layer],
        positions: positionsFor(settings),
        vector: `${layer}`,
        operator,
        strength: operator === 'add' ? { value: settings.coefficient, unit: settings.unit } : { value: 1, unit: 'raw' },
        sigma: [sigma[at]!],
        norm: [norms[at]!],
      })),
    );
    const places = layers.map((layer) => {
      const heldOut = readers.find(({ hidden }) => hidden === layer + 1)?.heldOut?.pairs;
      return { site: 'residual', layer, validation: undefined, heldOut, chosen: true } as const;
    });
    return { steering: { intervention: { parts }, vectors }, readers, places, warnings: [] };
  },
};
