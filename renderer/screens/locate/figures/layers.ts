import type { Layers } from '../../../../shared/contract/beforehand.ts';
import type { BarFigure } from '../../../components/figure/figure.ts';
import { locate as t } from '../text.ts';
import { points } from './common.ts';

/** What the trace says of each layer, and what a trial edit in it did: two figures, as they have no scale in common. */
export function layerBars({ layers }: Layers): BarFigure[] {
  const names = (hue: 'mlp' | 'blue') => layers.map((_, layer) => ({ label: t.layerName(layer), hue }));
  return [
    { title: t.effectTitle, series: [t.effect], names: names('mlp'), values: layers.map(({ effect }) => [effect]), short: points },
    {
      title: t.trialTitle,
      series: [t.trial],
      names: names('blue'),
      values: layers.map(({ trial }) => [trial?.score ?? NaN]),
      short: (value) => (Number.isNaN(value) ? '–' : value.toFixed(2)),
    },
  ];
}
