import { EmendError } from '../../../../shared/errors.ts';
import { actadd as descriptor } from '../../../../shared/steering/actadd.ts';
import type { DefaultsOf, Fitted, FitWork, SettingsOf, SteeringMethod } from '../method.ts';
import { pairsOf } from '../pairs.ts';
import { placeOf } from '../sites.ts';
import { statesOf } from '../states.ts';
import type { Vectors } from '../steering.ts';
import { asDeep, layersIn } from '../where.ts';

type Settings = SettingsOf<typeof descriptor>;

export const actadd: SteeringMethod<Settings, DefaultsOf<typeof descriptor>> = {
  defaults: (anatomy) => ({
    layer: { value: asDeep(anatomy, 6, 48), source: 'as deep as layer 6 of GPT-2 XL ("Love" − "Hate")' },
    coefficient: { value: 5, source: 'of "Love" − "Hate"' },
    alignment: { value: 'front', source: 'published default' },
  }),
  async fit({ decoder, examples, split, pad, settings, report }) {
    layersIn(decoder.anatomy, [settings.layer]);
    const [pair, another] = pairsOf(examples, split.train);
    if (!pair || another)
      throw new EmendError(
        'bad-input',
        `${split.train.length} pairs were given; Activation Addition takes one.`,
        'Give one pair of prompts.',
      );
    const [plus, minus] = padded(pair.positive, pair.negative, pad);
    const vectors = await addition(decoder, settings.layer, plus, minus, report);
    const steering: Fitted['steering'] = {
      intervention: {
        parts: [
          {
            site: 'entering',
            layers: [settings.layer],
            positions: { kind: 'aligned', to: settings.alignment, tokens: plus.length },
            vector: 'addition',
            operator: 'add',
            strength: { value: settings.coefficient, unit: 'raw' },
          },
        ],
      },
      vectors: new Map([['addition', vectors]]),
    };
    return { steering, readers: [], places: [], warnings: [] };
  },
};

/**
 * Two prompts filled up on the right to one length, before they are run: the filling is part of the vector (prompt_utils.py,
 * tokens_right).
 */
export function padded(plus: readonly number[], minus: readonly number[], pad: number): [number[], number[]] {
  const length = Math.max(plus.length, minus.length);
  const filled = (ids: readonly number[]) => [...ids, ...Array.from({ length: length - ids.length }, () => pad)];
  return [filled(plus), filled(minus)];
}

/** h(plus) − h(minus) in front of a block, token by token. */
export async function addition(
  decoder: FitWork['decoder'],
  layer: number,
  plus: readonly number[],
  minus: readonly number[],
  report: FitWork['report'],
): Promise<Vectors> {
  const { name, width } = placeOf(decoder, 'entering', layer);
  const [states] = await statesOf(decoder, [plus, minus], [name], report);
  const size = plus.length * width;
  const data = Float32Array.from({ length: size }, (_, i) => states!.data[i]! - states!.data[size + i]!);
  return { dims: [1, plus.length, width], data };
}
