import { EmendError } from '../../../../shared/errors.ts';
import { dola as descriptor } from '../../../../shared/steering/dola.ts';
import type { DefaultsOf, SettingsOf, SteeringMethod } from '../method.ts';
import { isTied } from '../tied.ts';

type Settings = SettingsOf<typeof descriptor>;

/** Models of more blocks take their exits from the first and the last so many (transformers' port of DoLa). */
const DEEP = { above: 40, exits: 20 };

/**
 * Exits of each bucket. Where embeddings and head are one matrix the first exits only give back the token, so the low bucket begins
 * later.
 */
export function bucketOf(bucket: 'low' | 'high' | 'all', layers: number, tied: boolean): number[] {
  const start = tied ? 2 : 0;
  const half = Math.floor(layers / 2);
  const isDeep = layers > DEEP.above;
  const every = (from: number, to: number, step: number) =>
    Array.from({ length: Math.max(0, Math.ceil((to - from) / step)) }, (_, i) => from + i * step);
  if (bucket === 'all') return every(0, layers, 1);
  if (bucket === 'low') return every(start, isDeep ? DEEP.exits : half, 2);
  return every(isDeep ? layers - DEEP.exits : half, layers, 2);
}

export const dola: SteeringMethod<Settings, DefaultsOf<typeof descriptor>> = {
  defaults: () => ({
    bucket: { value: 'low', source: 'published for long answers; the upper half was published for short ones' },
    exits: { value: [0], source: 'unused unless the bucket is chosen' },
    relativeTop: { value: 0.1, source: 'published default' },
    repetitionPenalty: { value: 1.2, source: 'published default' },
    norm: { value: false, source: 'published default' },
    divergence: { value: 'coded', source: 'published code; the paper has Jensen-Shannon' },
    scoring: { value: 'truthfulqa', source: 'published for TruthfulQA' },
  }),
  fit({ decoder, settings }) {
    const { bucket, exits, relativeTop, repetitionPenalty, norm, divergence, scoring } = settings;
    const candidates = bucket === 'chosen' ? exits : bucketOf(bucket, decoder.anatomy.layers.length, isTied(decoder));
    if (candidates.length === 0)
      throw new EmendError(
        'bad-input',
        `The ${bucket} bucket has no exit in a model of ${decoder.anatomy.layers.length} blocks.`,
        'Choose another bucket, or name the exits.',
      );
    const decoding = { kind: 'dola' as const, candidates, relativeTop, repetitionPenalty, norm, divergence, scoring };
    const steering = { intervention: { parts: [], decoding }, vectors: new Map<string, never>() };
    return Promise.resolve({ steering, readers: [], places: [], warnings: [] });
  },
};
