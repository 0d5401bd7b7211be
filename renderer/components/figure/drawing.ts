import { courseDrawing } from './course.ts';
import {
  type BarFigure,
  DARK,
  type Figure,
  type HeatFigure,
  HUES,
  type Hue,
  isOneSided,
  laidOut,
  largestOf,
  type PictureFigure,
  type PointFigure,
  shade,
} from './figure.ts';
import { pairDrawing } from './pairs.ts';
import { type Drawing, EDGE, FONT, heading, label, LETTER, near, ON_PAPER, room, ROW, type Shape, SIZE } from './shapes.ts';

export function drawn(figure: Figure): Drawing {
  if ('steps' in figure) return courseDrawing(figure);
  if ('groups' in figure) return pairDrawing(figure);
  if ('pictures' in figure) return pictureDrawing(figure);
  if ('cells' in figure) return heatDrawing(figure);
  return 'points' in figure ? pointDrawing(figure) : barDrawing(figure);
}

function heatDrawing(figure: HeatFigure): Drawing {
  const { title, rows, columns, cells, lines, across } = figure;
  const labels = rows.map(({ label, isMarked }) => `${isMarked === true ? '* ' : ''}${label}`);
  const left = EDGE + room([lines, ...labels]) + 8;
  const column = Math.max(26, room(columns) + 8);
  const top = EDGE + 2 * ROW;
  const shapes: Shape[] = [
    heading(title, EDGE),
    ...columns.map((text, at) => label(text, left + (at + 0.5) * column, top - 6, 'middle')),
    ...labels.map((text, at) => label(text, left - 8, top + at * ROW + 14, 'end', rows[at]!.isMarked === true)),
    ...cells.flatMap((row, r) =>
      row.map((value, c): Shape => ({
        is: 'rect',
        x: left + c * column,
        y: top + r * ROW,
        width: column - 1,
        height: ROW - 1,
        fill: mixed(...shade(figure, value)),
      })),
    ),
    label(across, left + (columns.length * column) / 2, top + rows.length * ROW + 16, 'middle'),
    label(
      `${figure.isSigned === true ? `${figure.short(-figure.full)} (orange)` : '0 (white)'} to ${figure.short(figure.full)} (full colour)`,
      left + (columns.length * column) / 2,
      top + rows.length * ROW + 16 + ROW,
      'middle',
    ),
  ];
  const width = Math.max(left + columns.length * column, EDGE + room([title])) + EDGE;
  return { width, height: top + rows.length * ROW + 2 * ROW + EDGE, title, shapes };
}

function barDrawing({ title, names, series, values, short }: BarFigure): Drawing {
  const left = EDGE + room(names.map(({ label: text }) => text)) + 8;
  const most = largestOf(values) || 1;
  const span = 180;
  const isFromLeft = isOneSided(values);
  const width = left + series.length * (span + 60) + EDGE;
  const top = EDGE + 2 * ROW;
  const shapes: Shape[] = [heading(title, EDGE)];
  series.forEach((name, s) => {
    const begin = left + s * (span + 60);
    const middle = begin + span / 2;
    shapes.push(label(name, middle, top - 6, 'middle'));
    values.forEach((row, r) => {
      const length = Number.isNaN(row[s]!) ? 0 : (Math.abs(row[s]!) / most) * (isFromLeft ? span : span / 2);
      const x = isFromLeft ? begin : row[s]! < 0 ? middle - length : middle;
      shapes.push({ is: 'rect', x, y: top + r * ROW + 3, width: Math.max(0.5, length), height: ROW - 7, fill: HUES[names[r]!.hue] });
      shapes.push(label(short(row[s]!), middle + span / 2 + 6, top + r * ROW + 14, 'start'));
    });
  });
  names.forEach(({ label: text }, r) => shapes.push(label(text, left - 8, top + r * ROW + 14, 'end')));
  return { width: Math.max(width, EDGE + room([title]) + EDGE), height: top + names.length * ROW + EDGE, title, shapes };
}

/** Room of a picture, and pictures beside each other. */
const FRAME = 140;
const ACROSS = 5;

function pictureDrawing({ title, pictures, short }: PictureFigure): Drawing {
  const top = EDGE + ROW;
  const shapes = pictures.flatMap(({ name, value, image, shade: dark }, at): Shape[] => {
    const [x, y] = [EDGE + (at % ACROSS) * (FRAME + EDGE), top + Math.floor(at / ACROSS) * (FRAME + 2 * ROW + EDGE)];
    const [width, height] = sizeOf(image);
    const scale = FRAME / Math.max(width, height);
    const place = { x, y, width: width * scale, height: height * scale };
    return [
      { is: 'picture', ...place, png: image, opacity: 1 },
      { is: 'picture', ...place, png: dark, opacity: DARK },
      label(cut(name), x, y + FRAME + 14, 'start'),
      label(short(value), x, y + FRAME + ROW + 12, 'start'),
    ];
  });
  const lines = Math.ceil(pictures.length / ACROSS);
  return {
    width: Math.max(EDGE + Math.min(ACROSS, pictures.length) * (FRAME + EDGE), EDGE + room([title]) + EDGE),
    height: top + lines * (FRAME + 2 * ROW + EDGE) + EDGE,
    title,
    shapes: [heading(title, EDGE), ...shapes],
  };
}

/** As much of a name as stands below its picture. */
function cut(name: string): string {
  const most = Math.floor(FRAME / LETTER);
  return name.length <= most ? name : `…${name.slice(1 - most)}`;
}

/** Columns and rows of a PNG file, from its first chunk (PNG 11.2.1). */
function sizeOf(png: string): [number, number] {
  const head = Uint8Array.from(atob(png.slice(0, 32)), (char) => char.charCodeAt(0));
  const view = new DataView(head.buffer);
  return [view.getUint32(16), view.getUint32(20)];
}

/** Width and height of the plane that points are drawn in. */
const PLANE = { width: 420, height: 260 };

function pointDrawing(figure: PointFigure): Drawing {
  const { title, x, y, points } = figure;
  const { x: across, y: up, places } = laidOut(figure);
  const ends = up.map((value) => y.short(value));
  const left = EDGE + room(ends) + 8;
  const top = EDGE + 2 * ROW;
  const bottom = top + PLANE.height;
  const shapes: Shape[] = [
    heading(title, EDGE),
    { is: 'rect', x: left, y: bottom, width: PLANE.width, height: 1, fill: ON_PAPER.muted },
    { is: 'rect', x: left, y: top, width: 1, height: PLANE.height, fill: ON_PAPER.muted },
    label(y.label, left, top - 6, 'start'),
    label(ends[0]!, left - 8, bottom, 'end'),
    label(ends[1]!, left - 8, top + 8, 'end'),
    label(x.short(across[0]), left, bottom + 16, 'start'),
    label(x.label, left + PLANE.width / 2, bottom + 16, 'middle'),
    label(x.short(across[1]), left + PLANE.width, bottom + 16, 'end'),
  ];
  points.forEach(({ label: name, hue, isMarked = false }, at) => {
    const size = isMarked ? 9 : 6;
    const [middle, height] = [left + places[at]!.x * PLANE.width, bottom - places[at]!.y * PLANE.height];
    shapes.push({ is: 'rect', x: middle - size / 2, y: height - size / 2, width: size, height: size, fill: HUES[hue] });
    shapes.push(label(name, middle + size / 2 + 3, height + 4, 'start', isMarked));
  });
  const width = Math.max(left + PLANE.width + room(points.map(({ label: name }) => name)), EDGE + room([title])) + EDGE;
  return { width, height: bottom + ROW + EDGE, title, shapes };
}

/** The drawing as a file of its own. */
export function svgOf({ width, height, title, shapes }: Drawing): string {
  const body = shapes.map((shape) => {
    if (shape.is === 'rect') {
      const { x, y, width: w, height: h, fill } = shape;
      return `<rect x="${near(x)}" y="${near(y)}" width="${near(w)}" height="${near(h)}" fill="${fill}"/>`;
    }
    if (shape.is === 'path') {
      const { d, fill = 'none', stroke, width: w = 1, dashes } = shape;
      const dashed = dashes ? ` stroke-dasharray="${dashes.join(' ')}"` : '';
      return `<path d="${d}" fill="${fill}"${stroke === undefined ? '' : ` stroke="${stroke}" stroke-width="${w}"${dashed}`}/>`;
    }
    if (shape.is === 'picture') {
      const { x, y, width: w, height: h, png, opacity } = shape;
      const place = `x="${near(x)}" y="${near(y)}" width="${near(w)}" height="${near(h)}" opacity="${opacity}"`;
      return `<image ${place} style="image-rendering:pixelated" href="data:image/png;base64,${png}"/>`;
    }
    const { x, y, text, fill, anchor, bold } = shape;
    const weight = bold === true ? ' font-weight="600"' : '';
    const place = `x="${near(x)}" y="${near(y)}" text-anchor="${anchor}"`;
    return `<text ${place} fill="${fill}"${weight} xml:space="preserve">${escaped(text)}</text>`;
  });
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${near(width)}" height="${near(height)}" ` +
    `viewBox="0 0 ${near(width)} ${near(height)}" font-family="${FONT}" font-size="${SIZE}">` +
    `<title>${escaped(title)}</title><rect width="100%" height="100%" fill="${ON_PAPER.paper}"/>${body.join('')}</svg>\n`
  );
}

// What XML cannot hold at all is shown as a replacement.
const escaped = (text: string) =>
  text
    .replaceAll(
      /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g,
      '\uFFFD',
    )
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');

/** A hue laid on white. */
function mixed(hue: Hue, share: number): string {
  const full = HUES[hue];
  const part = (at: number) => {
    const value = parseInt(full.slice(at, at + 2), 16);
    return Math.round(255 + (value - 255) * share)
      .toString(16)
      .padStart(2, '0');
  };
  return `#${part(1)}${part(3)}${part(5)}`;
}
