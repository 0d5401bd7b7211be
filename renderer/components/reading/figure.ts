import type { SteeringReading } from '../../../shared/contract/steering.ts';
import { type HeatFigure, largestOf } from '../figure/figure.ts';
import { reading as t } from './text.ts';

/** Every token of a text by each reader: how far it is above the reader's threshold. */
export function readingFigure({ tokens, readers }: SteeringReading): HeatFigure {
  const cells = readers.map(({ scores, threshold }) => scores.map((score) => score - threshold));
  return {
    title: t.title,
    lines: t.state,
    across: t.token,
    rows: readers.map(({ hidden }) => ({ label: t.stateName(hidden) })),
    columns: tokens.map(({ text }) => text.replace(/^ /, '␣').replaceAll('\n', '⏎')),
    cells,
    hue: 'mlp',
    full: largestOf(cells),
    isSigned: true,
    short: (value) => value.toFixed(2),
    says: (row, column) => t.tokenSays(tokens[column]!.text, readers[row]!.hidden, cells[row]![column]!),
  };
}
