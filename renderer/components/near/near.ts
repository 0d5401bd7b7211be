import type { NearKeys } from '../../../shared/contract/beforehand.ts';
import type { BarFigure } from '../figure/figure.ts';
import { nearText as t } from './text.ts';

type OfFact = NearKeys['facts'][number];

/** A share in %, as in lists. */
export function shareText(share: number): string {
  const text = (100 * share).toFixed(1);
  return text === '-0.0' ? '0.0' : text.replace('-', '−');
}

/** How much of an edit each prompt near it is met with. */
export function nearBars({ subject, prompt, target, near }: OfFact): BarFigure {
  return {
    title: t.of(
      prompt.replace('{}', () => subject),
      target,
    ),
    series: [t.series],
    names: near.map((one) => ({ label: one.prompt, hue: 'mlp' as const })),
    values: near.map(({ nearest }) => [100 * nearest.share]),
    short: (value) => shareText(value / 100),
  };
}
