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
  hint: 'Point at a cell, or go through the cells with the arrow keys.',
} as const;
