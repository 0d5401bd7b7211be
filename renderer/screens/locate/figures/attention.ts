import type { Attention } from '../../../../shared/contract/locating.ts';
import { LOOKS } from '../../../../shared/looks.ts';
import type { HeatFigure } from '../../../components/figure/figure.ts';
import { percent } from '../../../format.ts';
import { locate as t } from '../text.ts';
import { differences, type Named, shown, titled } from './common.ts';

/** One head's pattern, or the mean of all. @param head −1 for the mean */
export function attentionFigures(found: readonly Named<Attention>[], head: number): HeatFigure[] {
  const figures = found.map(({ name, result }): HeatFigure => {
    const { heads, tokens, layer } = result;
    const rows = tokens.map(({ text }) => ({ label: shown(text) }));
    const cells =
      heads[head]?.map((row) => [...row]) ??
      tokens.map((_, q) => tokens.map((__, k) => heads.reduce((sum, one) => sum + one[q]![k]!, 0) / heads.length));
    return {
      title: titled(
        t.attentionTitle(layer, (heads[head] ? t.headName(head) : t.meanOfHeads).toLowerCase()),
        found.length > 1 ? name : undefined,
      ),
      lines: t.token,
      across: t.keys,
      rows,
      columns: rows.map(({ label }) => label),
      cells,
      hue: 'attention',
      full: 1,
      short: (value) => (100 * value).toFixed(0),
      says: (row, column) => `${rows[row]!.label} → ${rows[column]!.label}: ${percent(cells[row]![column]!)}`,
    };
  });
  return [...figures, ...differences(figures, LOOKS.attention.label, t.points)];
}
