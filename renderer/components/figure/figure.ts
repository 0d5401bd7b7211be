/** Colours that numbers are drawn in, the darker the larger; light theme, as saved files have them. tokens.css has both themes. */
export const HUES = { hidden: '#5b3fa8', mlp: '#17734a', attention: '#b3382e', blue: '#2f54b8', minus: '#a8590a' } as const;
export type Hue = keyof typeof HUES;
/** Forms that points are told apart by, without their colours. */
export const FORMS = ['circle', 'diamond', 'square', 'triangle', 'ring', 'cross'] as const;
export type Form = (typeof FORMS)[number];

/** A line of a heatmap. */
export interface FigureRow {
  readonly label: string;
  /** Such as a token of the subject. */
  readonly isMarked?: boolean;
  /** Whether the label is a piece of the text. */
  readonly isText?: boolean;
}

/** Numbers by two things, shown in shades of one hue. */
export interface HeatFigure {
  readonly title: string;
  /** What lines and columns are. */
  readonly lines: string;
  readonly across: string;
  readonly rows: readonly FigureRow[];
  readonly columns: readonly string[];
  /** [rows][columns]; NaN where there is nothing. */
  readonly cells: readonly (readonly number[])[];
  /** Half of each cell's 95 % interval; NaN where it has none. */
  readonly margins?: readonly (readonly number[])[];
  readonly hue: Hue;
  /** The value that has the full colour; the same for figures that are compared. */
  readonly full: number;
  /** Whether values below nothing have a colour of their own; otherwise they look like nothing. */
  readonly isSigned?: boolean;
  /** A value in short, as in the cells. */
  short(value: number): string;
  /** A cell in words, as read out and shown below the figure. */
  says(row: number, column: number): string;
}

/** Signed numbers by name. */
export interface BarFigure {
  readonly title: string;
  readonly names: readonly { readonly label: string; readonly hue: Hue }[];
  /** What each number is of. */
  readonly series: readonly string[];
  /** Whether that is said in the model's own words. */
  readonly isText?: boolean;
  /** [names][series]. */
  readonly values: readonly (readonly number[])[];
  short(value: number): string;
}

/** Pictures with a part of each bright. */
export interface PictureFigure {
  readonly title: string;
  readonly pictures: readonly ShadedPicture[];
  /** What the number of each picture is. */
  readonly measure: string;
  short(value: number): string;
}

export interface ShadedPicture {
  readonly name: string;
  readonly value: number;
  /** PNG files in base64, of one size. */
  readonly image: string;
  /** Black where the picture is to be dark. */
  readonly shade: string;
  /** Of the picture, what is bright. */
  readonly share: number;
}

/** How dark it is where a picture is shaded. */
export const DARK = 0.7;

/** An axis of a plane. */
export interface Axis {
  readonly label: string;
  /** A value in short. */
  short(value: number): string;
}

/** Named places in a plane, such as effect against cost. */
export interface PointFigure {
  readonly title: string;
  /** What each place is. */
  readonly what: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly points: readonly {
    readonly label: string;
    readonly x: number;
    readonly y: number;
    readonly hue: Hue;
    /** Such as the one that was chosen: it is drawn larger, and named. */
    readonly isMarked?: boolean;
  }[];
}

/** How a thing came out: as it should be, hardly, or not. */
export type Mark = 'good' | 'warn' | 'bad';

/** Two values of each thing, such as before and after. */
export interface PairFigure {
  readonly title: string;
  /** What the lines are, what each value is of, and what is said of a line beside it. */
  readonly what: string;
  readonly of: string;
  readonly said: string;
  readonly from: string;
  readonly to: string;
  readonly groups: readonly PairGroup[];
  /** What the marks stand for. */
  readonly marks: Readonly<Record<Mark, string>>;
  /** The largest value there can be; the axis begins at 0. */
  readonly full: number;
  short(value: number): string;
}
export interface PairGroup {
  readonly label: string;
  /** What is to be known of all of them. */
  readonly about?: string;
  /** Its lines are drawn unlike those of the other groups. */
  readonly isApart?: boolean;
  readonly pairs: readonly Pair[];
}
export interface Pair {
  readonly label: string;
  readonly of: string;
  /** NaN where it was not measured. */
  readonly from: number;
  readonly to: number;
  readonly mark: Mark;
  readonly says: string;
}

/** Values over steps that follow each other, such as versions. Where nothing was measured, nothing stands. */
export interface CourseFigure {
  readonly title: string;
  /** What a step is, and what is measured. */
  readonly what: string;
  readonly measure: string;
  readonly steps: readonly { readonly label: string; readonly says: string }[];
  readonly series: readonly CourseSeries[];
  /** Ends of the axis, where they are known beforehand. */
  readonly ends?: readonly [number, number];
  short(value: number): string;
  /** A round value at the axis; as in short where left out. */
  tick?(value: number): string;
}
export interface CourseSeries {
  readonly name: string;
  readonly hue: Hue;
  readonly form: Form;
  /** Whether values of steps that follow each other directly are of the same thing, so that a line may join them. */
  readonly isJoined?: boolean;
  readonly points: readonly { readonly step: number; readonly value: number; readonly says: string }[];
}

export type Figure = HeatFigure | BarFigure | PictureFigure | PointFigure | PairFigure | CourseFigure;

/** Whether no value is below nothing, so that bars need no room for those. */
export function isOneSided(values: readonly (readonly number[])[]): boolean {
  return !values.some((row) => row.some((value) => value < 0));
}

/** Every point of a figure with its step, in their order: what its table shows. */
export function pointsOf({ steps, series }: CourseFigure) {
  return steps.flatMap((step, at) =>
    series.flatMap((one) => one.points.filter((point) => point.step === at).map((point) => ({ step, series: one, point }))),
  );
}

/** Where places lie in a plane, each from 0 to 1, and the ends of both axes: nothing, or the least where something is below it. */
export function laidOut({ points }: Pick<PointFigure, 'points'>) {
  const ends = (values: readonly number[]): [number, number] => {
    const [least, most] = [Math.min(0, ...values), Math.max(...values, Number.MIN_VALUE)];
    return [least, most > least ? most : least + 1];
  };
  const [x, y] = [ends(points.map((one) => one.x)), ends(points.map((one) => one.y))];
  const share = ([least, most]: readonly [number, number], value: number) => (value - least) / (most - least);
  return { x, y, places: points.map((one) => ({ x: share(x, one.x), y: share(y, one.y) })) };
}

/** How much of its hue a value has, 0 to 1, and which hue. */
export function shade({ full, hue, isSigned = false }: Pick<HeatFigure, 'full' | 'hue' | 'isSigned'>, value: number): [Hue, number] {
  const share = full > 0 && Number.isFinite(value) ? Math.min(1, Math.abs(value) / full) : 0;
  if (value >= 0 || Number.isNaN(value)) return [hue, share];
  return isSigned ? ['minus', share] : [hue, 0];
}

/** The largest distance from nothing in any of the cells: the scale of figures that stand beside each other; 0 where there is none. */
export function largestOf(...grids: readonly (readonly (readonly number[])[])[]): number {
  return grids.flat(2).reduce((most, value) => (Number.isNaN(value) ? most : Math.max(most, Math.abs(value))), 0);
}

/** The numbers as a table: lines of a CSV file (RFC 4180), all digits kept. */
export function csvOf(figure: Figure): string {
  return tableOf(figure)
    .map((row) => row.map(csvCell).join(',') + '\r\n')
    .join('');
}

function tableOf(figure: Figure): string[][] {
  if ('cells' in figure)
    return [
      [figure.lines, ...figure.columns, ...(figure.margins ? figure.columns.map((column) => `${column} ±`) : [])],
      ...figure.rows.map(({ label }, at) => [label, ...[...figure.cells[at]!, ...(figure.margins?.[at] ?? [])].map(numberText)]),
    ];
  if ('pictures' in figure)
    return [
      ['', figure.measure, 'share'],
      ...figure.pictures.map(({ name, value, share }) => [name, numberText(value), numberText(share)]),
    ];
  if ('groups' in figure)
    return [
      ['', figure.what, figure.of, figure.from, figure.to, figure.said],
      ...figure.groups.flatMap((group) =>
        group.pairs.map(({ label, of, from, to, says }) => [group.label, label, of, numberText(from), numberText(to), says]),
      ),
    ];
  if ('steps' in figure)
    return [
      [figure.what, '', figure.measure, ''],
      ...pointsOf(figure).map(({ step, series, point }) => [step.says, series.name, numberText(point.value), point.says]),
    ];
  if ('points' in figure)
    return [[figure.what, figure.x.label, figure.y.label], ...figure.points.map(({ label, x, y }) => [label, ...[x, y].map(numberText)])];
  return [['', ...figure.series], ...figure.names.map(({ label }, at) => [label, ...figure.values[at]!.map(numberText)])];
}

function numberText(value: number): string {
  return Number.isNaN(value) ? '' : String(value);
}

// A spreadsheet takes a cell that begins so for a formula; a number may begin with a minus.
const FORMULA = /^[=+\-@\t\r]/;
function csvCell(text: string): string {
  const safe = FORMULA.test(text) && !Number.isFinite(Number(text)) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
