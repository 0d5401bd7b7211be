import type { Form, Mark, Pair, PairFigure } from './figure.ts';
import { type Drawing, EDGE, heading, label, line, ON_PAPER, type Palette, point, room, ROW, type Shape } from './shapes.ts';

/** How the second value of a pair looks, by how it came out; the first is a ring. Told apart without colours. */
export const MARKS: Readonly<Record<Mark, { readonly form: Form; readonly hue: 'mlp' | 'minus' | 'attention' }>> = {
  good: { form: 'circle', hue: 'mlp' },
  warn: { form: 'triangle', hue: 'minus' },
  bad: { form: 'cross', hue: 'attention' },
};
const SIZE_OF_MARK = 4.5;
const DASHES = [3, 3] as const;

/**
 * The line of one pair, in a field from 0 to the largest value; no more of it than was measured.
 * @param palette colours of the page, or of paper
 */
export function pairShapes({ from, to, mark }: Pair, { full, isApart = false, x, y, width, palette = ON_PAPER }: PairField): Shape[] {
  const at = (value: number) => x + (Math.max(0, Math.min(full, value)) / full) * width;
  const { form, hue } = MARKS[mark];
  return [
    ...(Number.isNaN(from) || Number.isNaN(to)
      ? []
      : [
          line(
            [
              [at(from), y],
              [at(to), y],
            ],
            palette.muted,
            { width: 1.5, ...(isApart ? { dashes: DASHES } : {}) },
          ),
        ]),
    ...(Number.isNaN(from) ? [] : [point('ring', at(from), y, SIZE_OF_MARK, palette.muted)]),
    ...(Number.isNaN(to) ? [] : [point(form, at(to), y, SIZE_OF_MARK, palette[hue])]),
  ];
}
interface PairField {
  readonly full: number;
  readonly isApart?: boolean;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly palette?: Palette;
}

/** Longest label and remark that are drawn; the CSV has all of them. */
const LONGEST = 70;
const FIELD = 240;

/** The whole figure for a file: every line with its numbers. */
export function pairDrawing(figure: PairFigure): Drawing {
  const { title, groups, full, short, from, to, marks } = figure;
  const pairs = groups.flatMap((group) => group.pairs);
  const named = (pair: Pair) => cut(`${pair.label} → ${pair.of}`);
  const left = EDGE + room(pairs.map(named)) + 12;
  const numbers = left + FIELD + 12;
  const column = 64;
  const shapes: Shape[] = [heading(title, EDGE)];
  let y = EDGE + 2 * ROW;
  shapes.push(
    label(short(0), left, y, 'middle'),
    label(short(full), left + FIELD, y, 'middle'),
    label(from, numbers + column - 12, y, 'end'),
    label(to, numbers + 2 * column - 12, y, 'end'),
  );
  for (const group of groups) {
    y += ROW;
    shapes.push(label(`${group.label}${group.about === undefined ? '' : ` (${group.about})`}`, EDGE, y, 'start', true));
    for (const pair of group.pairs) {
      y += ROW;
      const number = (value: number) => (Number.isNaN(value) ? '–' : short(value));
      shapes.push(
        line(
          [
            [left, y - 4],
            [left + FIELD, y - 4],
          ],
          ON_PAPER.line,
        ),
        label(named(pair), EDGE, y, 'start'),
        ...pairShapes(pair, { full, isApart: group.isApart ?? false, x: left, y: y - 4, width: FIELD }),
        label(number(pair.from), numbers + column - 12, y, 'end'),
        label(number(pair.to), numbers + 2 * column - 12, y, 'end'),
        label(cut(pair.says), numbers + 2 * column, y, 'start'),
      );
    }
  }
  y += 2 * ROW;
  let x = EDGE;
  const key = (shape: (x: number) => Shape, text: string) => {
    shapes.push(shape(x + 6), label(text, x + 16, y, 'start'));
    x += 16 + room([text]) + 20;
  };
  key((at) => point('ring', at, y - 4, SIZE_OF_MARK, ON_PAPER.muted), from);
  for (const mark of marksIn(figure)) {
    const { form, hue } = MARKS[mark];
    key((at) => point(form, at, y - 4, SIZE_OF_MARK, ON_PAPER[hue]), `${to}: ${marks[mark]}`);
  }
  const width = Math.max(numbers + 2 * column + room(pairs.map(({ says }) => cut(says))), x, EDGE + room([title])) + EDGE;
  return { width, height: y + EDGE, title, shapes };
}

/** The marks that a figure has. */
export function marksIn({ groups }: PairFigure): Mark[] {
  const found = new Set(groups.flatMap(({ pairs }) => pairs.map(({ mark }) => mark)));
  return (['good', 'warn', 'bad'] as const).filter((mark) => found.has(mark));
}

function cut(text: string): string {
  const letters = [...text];
  return letters.length <= LONGEST ? text : `${letters.slice(0, LONGEST - 1).join('')}…`;
}
