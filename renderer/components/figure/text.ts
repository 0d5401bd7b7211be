import { count, plural } from '../../format.ts';

/** What figures say. */
export const figureText = {
  save: (title: string) => `Save the figure “${title}”`,
  formats: { png: 'PNG', svg: 'SVG', csv: 'CSV' },
  saved: (path: string) => `Saved as ${path}.`,
  numbers: 'Numbers',
  corner: (lines: string, across: string) => `${lines} ↓ ${across} →`,
  scale: (from: string, to: string) => `Colours from ${from} to ${to}`,
  marked: ', marked',
  noneBelow: 'none below 0',
  drawing: (title: string, points: number) => `${title}: ${plural(points, 'value')}, which the table has too`,
  measured: 'Measured',
  of: (shown: number, all: number) => (shown === all ? count(all) : `${count(shown)} of ${count(all)}`),
  more: (hidden: number) => `Show ${plural(hidden, 'more line', 'more lines')}`,
  markOf: (when: string, mark: string) => `${when}: ${mark}`,
  apart: (groups: readonly string[]) => `Broken lines: ${groups.join(', ')}`,
  hint: 'Point at a cell, or go through the cells with the arrow keys.',
} as const;
