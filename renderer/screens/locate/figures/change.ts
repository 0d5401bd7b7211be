import type { Change } from '../../../../shared/contract/change.ts';
import type { BarFigure } from '../../../components/figure/figure.ts';
import { locate as t } from '../text.ts';
import { type Named, signed } from './common.ts';

/** The new answer's lead over the old one behind each layer: of the version compared with, of the one looked into, and what it grew by. */
export function changeBars({ name, other, result }: Named<Change>): BarFigure {
  const { answers, before, after, difference } = result;
  return {
    title: t.leadTitle(answers.new.text, answers.old.text),
    series: [other ?? t.there, name, t.difference],
    names: after.places.map((_, at) => ({ label: t.placeName(at), hue: 'blue' as const })),
    values: after.places.map(({ lead }, at) => [before.places[at]!.lead, lead, difference[at]!]),
    short: signed,
  };
}
