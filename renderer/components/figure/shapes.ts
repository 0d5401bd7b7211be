import { type Form, HUES, type Hue } from './figure.ts';

/** A figure as shapes, for files: written as SVG or painted for PNG. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly title: string;
  readonly shapes: readonly Shape[];
}
export type Shape =
  | { readonly is: 'rect'; readonly x: number; readonly y: number; readonly width: number; readonly height: number; readonly fill: string }
  | {
      readonly is: 'text';
      readonly x: number;
      readonly y: number;
      readonly text: string;
      readonly fill: string;
      readonly anchor: 'start' | 'middle' | 'end';
      readonly bold?: boolean;
    }
  | {
      readonly is: 'path';
      /** As SVG has it. */
      readonly d: string;
      readonly fill?: string;
      readonly stroke?: string;
      readonly width?: number;
      /** Lengths of its dashes and of the gaps between. */
      readonly dashes?: readonly [number, number];
    }
  | {
      readonly is: 'picture';
      readonly x: number;
      readonly y: number;
      readonly width: number;
      readonly height: number;
      /** A PNG file in base64. */
      readonly png: string;
      readonly opacity: number;
    };

/** What shapes are painted in: {@link ON_PAPER}, or on a screen the colours of its theme. */
export type Palette = Readonly<Record<Hue | 'ink' | 'muted' | 'line' | 'paper', string>>;
export const ON_PAPER: Palette = { ...HUES, ink: '#1a1c22', muted: '#585c68', line: '#d2d3da', paper: '#ffffff' };

export const FONT = 'sans-serif';
export const SIZE = 12;
export const ROW = 20;
export const EDGE = 16;
/** Width of a letter at SIZE, near enough to leave room for it. */
export const LETTER = 6.8;

export function heading(text: string, y: number, { ink } = ON_PAPER): Shape {
  return { is: 'text', x: EDGE, y: y + 4, text, fill: ink, anchor: 'start', bold: true };
}

export function label(
  text: string,
  x: number,
  y: number,
  anchor: 'start' | 'middle' | 'end',
  isBold = false,
  { ink, muted } = ON_PAPER,
): Shape {
  return { is: 'text', x, y, text, fill: isBold ? ink : muted, anchor, ...(isBold ? { bold: true } : {}) };
}

/** Room for the widest of some texts. */
export function room(texts: readonly string[]): number {
  return Math.max(0, ...texts.map((text) => [...text].length * LETTER));
}

/** A point of some form. */
export function point(form: Form, x: number, y: number, size: number, colour: string): Shape {
  const d = DRAWN[form](x, y, size);
  return form === 'ring' || form === 'cross' ? { is: 'path', d, stroke: colour, width: 2 } : { is: 'path', d, fill: colour };
}

const circle = (x: number, y: number, r: number) =>
  `M${near(x - r)} ${near(y)}a${near(r)} ${near(r)} 0 1 0 ${near(2 * r)} 0a${near(r)} ${near(r)} 0 1 0 ${near(-2 * r)} 0Z`;
const through = (...points: readonly (readonly [number, number])[]) => `M${points.map(([x, y]) => `${near(x)} ${near(y)}`).join('L')}`;
const DRAWN: Readonly<Record<Form, (x: number, y: number, r: number) => string>> = {
  circle,
  ring: (x, y, r) => circle(x, y, r - 1),
  diamond: (x, y, r) => `${through([x - 1.3 * r, y], [x, y - 1.3 * r], [x + 1.3 * r, y], [x, y + 1.3 * r])}Z`,
  square: (x, y, r) =>
    `${through([x - 0.9 * r, y - 0.9 * r], [x + 0.9 * r, y - 0.9 * r], [x + 0.9 * r, y + 0.9 * r], [x - 0.9 * r, y + 0.9 * r])}Z`,
  triangle: (x, y, r) => `${through([x, y - 1.2 * r], [x + 1.2 * r, y + r], [x - 1.2 * r, y + r])}Z`,
  cross: (x, y, r) => through([x - r, y - r], [x + r, y + r]) + through([x - r, y + r], [x + r, y - r]),
};

/** A line through places. */
export function line(
  places: readonly (readonly [number, number])[],
  stroke: string,
  more: { readonly width?: number; readonly dashes?: readonly [number, number] } = {},
): Shape {
  return { is: 'path', d: through(...places), stroke, width: 1, ...more };
}

/** As many digits as can be seen. */
export function near(x: number): number {
  return Math.round(x * 100) / 100;
}
