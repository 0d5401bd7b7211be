import type { CourseFigure, CourseSeries } from './figure.ts';
import { type Drawing, EDGE, heading, label, line, ON_PAPER, type Palette, point, room, ROW, type Shape } from './shapes.ts';

/** Height of the field, and the least room of a step in it. */
const HEIGHT = 180;
const STEP = 44;
const WIDEST_STEP = 90;
/** What few steps share. */
const FIELD = 300;
const SIZE_OF_POINT = 4.5;

/** A span that can be divided. */
const TINIEST = 1e-300;

/** A few round numbers from one end to the other, and the ends that they need. */
export function ticksOf(least: number, most: number): { readonly ends: readonly [number, number]; readonly ticks: readonly number[] } {
  const span = most - least > TINIEST ? most - least : 1;
  const power = 10 ** Math.floor(Math.log10(span / 4));
  const by = power * ([1, 2, 5].find((one) => span / (power * one) <= 5) ?? 10);
  const [from, to] = [Math.floor(least / by + 1e-9), Math.max(Math.ceil(most / by - 1e-9), Math.floor(least / by + 1e-9) + 1)];
  // A multiple of the step, written without what floating point adds.
  const ticks = Array.from({ length: to - from + 1 }, (_, at) => Number(((from + at) * by).toPrecision(12)));
  return { ends: [ticks[0]!, ticks.at(-1)!], ticks };
}

/** Lines between values of steps that follow each other directly: over a step without a value there is none. */
export function joinedIn({ points, isJoined = false }: CourseSeries): (readonly [Place, Place])[] {
  if (!isJoined) return [];
  // Of several values of one step the last one measured.
  const last = new Map(points.map((one) => [one.step, one]));
  return [...last.values()].flatMap((one) => {
    const next = last.get(one.step + 1);
    return next ? [[one, next] as const] : [];
  });
}
interface Place {
  readonly step: number;
  readonly value: number;
}

/** The figure as shapes, without its title: of the page with its colours, of a file with those of paper. */
export function courseShapes(figure: CourseFigure, palette: Palette, top = 0): Omit<Drawing, 'title'> {
  const { steps, series, measure, what, short, tick: written = short } = figure;
  const values = series.flatMap(({ points }) => points.map(({ value }) => value));
  const { ends, ticks } = ticksOf(...(figure.ends ?? [Math.min(0, ...values), Math.max(0, ...values)]));
  const left = EDGE + room(ticks.map(written)) + 8;
  const labels = steps.map((step) => step.label);
  const step = Math.max(STEP, room(labels) + 12, Math.min(WIDEST_STEP, FIELD / Math.max(1, steps.length)));
  const [width, head] = [steps.length * step, top + ROW];
  const bottom = head + HEIGHT;
  const across = (at: number) => left + (at + 0.5) * step;
  const up = (value: number) => bottom - ((value - ends[0]) / (ends[1] - ends[0])) * HEIGHT;
  const shapes: Shape[] = [
    label(measure, EDGE, top + 10, 'start', false, palette),
    ...ticks.flatMap((tick): Shape[] => [
      line(
        [
          [left, up(tick)],
          [left + width, up(tick)],
        ],
        palette.line,
      ),
      label(written(tick), left - 8, up(tick) + 4, 'end', false, palette),
    ]),
    ...labels.map((text, at) => label(text, across(at), bottom + 16, 'middle', false, palette)),
    label(what, Math.max(left + width / 2, EDGE + room([what]) / 2), bottom + 16 + ROW, 'middle', false, palette),
    ...series.flatMap((one): Shape[] => [
      ...joinedIn(one).map((ends) =>
        line(
          ends.map((place) => [across(place.step), up(place.value)] as const),
          palette[one.hue],
          { width: 1.5 },
        ),
      ),
      ...one.points.map((place) => point(one.form, across(place.step), up(place.value), SIZE_OF_POINT, palette[one.hue])),
    ]),
  ];
  let x = EDGE;
  let y = bottom + 16 + 2 * ROW;
  const most = Math.max(left + width, WIDEST_KEY);
  for (const { name, hue, form } of series) {
    const wide = 16 + room([name]) + 20;
    if (x > EDGE && x + wide > most) [x, y] = [EDGE, y + ROW];
    shapes.push(point(form, x + 6, y - 4, SIZE_OF_POINT, palette[hue]), label(name, x + 16, y, 'start', false, palette));
    x += wide;
  }
  const keys = Math.max(...series.map(({ name }) => EDGE + 16 + room([name])), 0);
  return { width: Math.max(left + width, keys, EDGE + room([measure]), EDGE + room([what])) + EDGE, height: y + EDGE, shapes };
}
/** Room for the names of series beside each other, where the field is narrower. */
const WIDEST_KEY = 420;

export function courseDrawing(figure: CourseFigure): Drawing {
  const { width, height, shapes } = courseShapes(figure, ON_PAPER, EDGE + ROW);
  const { title } = figure;
  return { title, width: Math.max(width, 2 * EDGE + room([title])), height, shapes: [heading(title, EDGE), ...shapes] };
}
