import { centres, type Field, type Fields } from './centres.ts';

/** For each pixel along one axis: the cells that it lies between, and how far it is from the first. */
interface Axis {
  readonly low: Int32Array;
  readonly high: Int32Array;
  readonly share: Float64Array;
}

/** Brings maps to the size of a mask. */
export interface Upsampling {
  readonly rows: Axis;
  readonly columns: Axis;
  /** Cells in a row of the map. */
  readonly width: number;
}

/**
 * Bilinear, with each cell at the centre of what it sees, and constant outside of the outermost centres (CSAILVision/NetDissect,
 * upsample.py). Half-pixel upsampling puts cells elsewhere where a receptive field begins off the picture.
 * @param mask rows and columns of the mask; it covers the same picture as the input
 * @param input rows and columns of the input
 */
export function upsampling(fields: Fields, mask: readonly [number, number], input: readonly [number, number]): Upsampling {
  return { rows: axis(fields[0], mask[0], input[0]), columns: axis(fields[1], mask[1], input[1]), width: fields[1].length };
}

function axis(field: Field, pixels: number, input: number): Axis {
  const at = centres(field);
  const [low, high, share] = [new Int32Array(pixels), new Int32Array(pixels), new Float64Array(pixels)];
  for (let pixel = 0; pixel < pixels; pixel++) {
    const place = ((pixel + 0.5) * input) / pixels - 0.5;
    const cell = Math.min(field.length - 1, Math.max(0, (place - at[0]!) / field.step));
    low[pixel] = Math.floor(cell);
    high[pixel] = Math.min(field.length - 1, low[pixel]! + 1);
    share[pixel] = cell - low[pixel]!;
  }
  return { low, high, share };
}

/** One map at a mask's size, [rows × columns]. */
export function upsample(map: ArrayLike<number>, { rows, columns, width }: Upsampling): Float64Array {
  const made = new Float64Array(rows.low.length * columns.low.length);
  let at = 0;
  for (let y = 0; y < rows.low.length; y++) {
    const [top, bottom, down] = [rows.low[y]! * width, rows.high[y]! * width, rows.share[y]!];
    for (let x = 0; x < columns.low.length; x++) {
      const [left, right, along] = [columns.low[x]!, columns.high[x]!, columns.share[x]!];
      const upper = map[top + left]! + (map[top + right]! - map[top + left]!) * along;
      const lower = map[bottom + left]! + (map[bottom + right]! - map[bottom + left]!) * along;
      made[at++] = upper + (lower - upper) * down;
    }
  }
  return made;
}
