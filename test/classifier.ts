import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode as encodeJpeg } from 'jpeg-js';
import { PNG } from 'pngjs';
import { floatTensor } from '../electron/engine/onnx/build.ts';
import { model, node, save, value } from './unit/onnx/models.ts';

/** Rows and columns of the pictures that the classifier is trained on, and which it takes. */
export const SIZE = 16;
/** What the pictures show: a square of one of these colours on grey. */
export const COLOURS = [
  { name: 'red', rgb: [220, 40, 40] },
  { name: 'green', rgb: [40, 200, 60] },
  { name: 'blue', rgb: [50, 70, 230] },
] as const;
const UNITS = 6;
/** Rows and columns of a filter. */
const REACH = 3;
const CELLS = SIZE - REACH + 1;
const INPUTS = 3 * REACH * REACH;
const PICTURES = 24;
const STEPS = 150;
const RATE = 0.5;

/** A picture, and where its square is. */
interface Drawn {
  readonly colour: number;
  readonly width: number;
  readonly height: number;
  /** height × width × 4. */
  readonly pixels: Uint8Array;
  /** height × width. */
  readonly isSquare: readonly boolean[];
}

/**
 * Trains a small image classifier (convolution, ReLU, mean, linear layer; gradients written out) to tell the colour of a
 * square, and writes it with its pictures as a data set that NetDissect reads.
 * @returns the graph's file, and the data set's folder
 */
export function trainClassifier(folder: string): { readonly graph: string; readonly data: string } {
  const random = numbersFrom(7);
  const drawn = Array.from({ length: PICTURES }, (_, at) => draw(at % COLOURS.length, SIZE, random));
  const weights = train(
    drawn.map(patches),
    drawn.map(({ colour }) => colour),
    random,
  );
  const made = join(folder, 'classifier');
  mkdirSync(made, { recursive: true });
  const graph = save(
    model(made, {
      inputs: [value('pictures', ['N', 3, SIZE, SIZE])],
      outputs: [value('scores', ['N', COLOURS.length])],
      nodes: [
        node('Conv', ['pictures', 'filters', 'shifts'], ['conv']),
        node('Relu', ['conv'], ['units']),
        node('GlobalAveragePool', ['units'], ['means']),
        node('Flatten', ['means'], ['flat']),
        node('Gemm', ['flat', 'head', 'bias'], ['scores']),
      ],
      constants: new Map([
        ['filters', floatTensor(weights.filters, [UNITS, 3, REACH, REACH])],
        ['shifts', floatTensor(weights.shifts, [UNITS])],
        ['head', floatTensor(weights.head, [UNITS, COLOURS.length])],
        ['bias', floatTensor(weights.bias, [COLOURS.length])],
      ]),
    }),
  );
  const data = join(folder, 'pictures');
  // The last one is of another size and a JPEG, as pictures of the world are.
  writeDataSet(data, [...drawn.slice(0, -1), draw(drawn.at(-1)!.colour, 2 * SIZE, random)]);
  return { graph, data };
}

function draw(colour: number, size: number, random: () => number): Drawn {
  const side = Math.round(size * (0.3 + 0.2 * random()));
  const [top, left] = [Math.floor(random() * (size - side)), Math.floor(random() * (size - side))];
  const isSquare = Array.from({ length: size * size }, (_, at) => {
    const [y, x] = [Math.floor(at / size), at % size];
    return y >= top && y < top + side && x >= left && x < left + side;
  });
  const pixels = new Uint8Array(size * size * 4);
  isSquare.forEach((isIn, at) => {
    const rgb = isIn ? COLOURS[colour]!.rgb : [128, 128, 128];
    rgb.forEach((level, channel) => (pixels[at * 4 + channel] = level + Math.round(8 * (random() - 0.5))));
    pixels[at * 4 + 3] = 255;
  });
  return { colour, width: size, height: size, pixels, isSquare };
}

/** The cells of a picture as the convolution sees them: cells × inputs, values from 0 to 1. */
function patches({ pixels }: Drawn): Float32Array {
  const out = new Float32Array(CELLS * CELLS * INPUTS);
  for (let cell = 0; cell < CELLS * CELLS; cell++)
    for (let input = 0; input < INPUTS; input++) {
      const [channel, dy, dx] = [Math.floor(input / REACH ** 2), Math.floor(input / REACH) % REACH, input % REACH];
      const [y, x] = [Math.floor(cell / CELLS) + dy, (cell % CELLS) + dx];
      out[cell * INPUTS + input] = pixels[(y * SIZE + x) * 4 + channel]! / 255;
    }
  return out;
}

/** Full-batch gradient descent on −log p of the right colour. */
function train(pictures: readonly Float32Array[], colours: readonly number[], random: () => number) {
  const filters = Float32Array.from({ length: UNITS * INPUTS }, () => (random() - 0.5) * 0.4);
  const shifts = new Float32Array(UNITS);
  const head = Float32Array.from({ length: UNITS * COLOURS.length }, () => (random() - 0.5) * 2);
  const bias = new Float32Array(COLOURS.length);
  const cells = CELLS * CELLS;
  for (let step = 0; step < STEPS; step++) {
    const change = [filters, shifts, head, bias].map(({ length }) => new Float32Array(length));
    const [ofFilters, ofShifts, ofHead, ofBias] = change as [Float32Array, Float32Array, Float32Array, Float32Array];
    pictures.forEach((patch, at) => {
      const units = new Float32Array(UNITS * cells);
      const means = new Float32Array(UNITS);
      for (let unit = 0; unit < UNITS; unit++)
        for (let cell = 0; cell < cells; cell++) {
          let sum = shifts[unit]!;
          for (let input = 0; input < INPUTS; input++) sum += filters[unit * INPUTS + input]! * patch[cell * INPUTS + input]!;
          units[unit * cells + cell] = Math.max(0, sum);
          means[unit]! += Math.max(0, sum) / cells;
        }
      const scores = COLOURS.map((_, k) => bias[k]! + means.reduce((sum, mean, unit) => sum + mean * head[unit * COLOURS.length + k]!, 0));
      const most = Math.max(...scores);
      const total = scores.reduce((sum, score) => sum + Math.exp(score - most), 0);
      const errors = scores.map((score, k) => Math.exp(score - most) / total - (k === colours[at] ? 1 : 0));
      for (let unit = 0; unit < UNITS; unit++) {
        let back = 0;
        errors.forEach((error, k) => {
          back += error * head[unit * COLOURS.length + k]!;
          ofHead[unit * COLOURS.length + k]! += error * means[unit]!;
        });
        for (let cell = 0; cell < cells; cell++) {
          if (units[unit * cells + cell] === 0) continue;
          ofShifts[unit]! += back / cells;
          for (let input = 0; input < INPUTS; input++) ofFilters[unit * INPUTS + input]! += (back / cells) * patch[cell * INPUTS + input]!;
        }
      }
      errors.forEach((error, k) => (ofBias[k]! += error));
    });
    [filters, shifts, head, bias].forEach((weights, at) =>
      weights.forEach((_, w) => (weights[w]! -= (RATE * change[at]![w]!) / pictures.length)),
    );
  }
  return { filters, shifts, head, bias };
}

function writeDataSet(folder: string, drawn: readonly Drawn[]): void {
  const images = join(folder, 'images');
  mkdirSync(images, { recursive: true });
  const rows = drawn.map(({ width, height, pixels, isSquare, colour }, at) => {
    const isLast = at === drawn.length - 1;
    const name = `${at}.${isLast ? 'jpg' : 'png'}`;
    writeFileSync(
      join(images, name),
      isLast ? encodeJpeg({ width, height, data: Buffer.from(pixels) }, 95).data : pngOf(width, height, pixels),
    );
    const map = new Uint8Array(width * height * 4);
    isSquare.forEach((isIn, pixel) => {
      map[pixel * 4] = isIn ? colour + 1 : 0;
      map[pixel * 4 + 3] = 255;
    });
    writeFileSync(join(images, `${at}_color.png`), pngOf(width, height, map));
    return `${name},train,${height},${width},${height},${width},${at}_color.png`;
  });
  writeFileSync(join(folder, 'index.csv'), `image,split,ih,iw,sh,sw,color\n${rows.join('\n')}\n`);
  writeFileSync(join(folder, 'category.csv'), 'name,first,last,count,frequency\ncolor,1,3,3,24\n');
  writeFileSync(
    join(folder, 'c_color.csv'),
    `code,number,name,frequency,coverage\n${COLOURS.map(({ name }, at) => `${at + 1},${at + 1},${name},8,1`).join('\n')}\n`,
  );
}

function pngOf(width: number, height: number, data: Uint8Array): Buffer {
  const png = new PNG({ width, height });
  png.data = Buffer.from(data);
  return PNG.sync.write(png);
}

/** Numbers in [0, 1) that are the same every time (mulberry32). */
function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
