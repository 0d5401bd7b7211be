import { readFileSync } from 'node:fs';
import { decode as decodeJpeg } from 'jpeg-js';
import { PNG } from 'pngjs';
import { EmendError } from '../../../shared/errors.ts';

/** A picture with 8 bits for each of red, green, blue and alpha. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** height × width × 4. */
  readonly data: Uint8Array;
}

/** Reads a PNG or JPEG file. @throws EmendError 'not-found', 'bad-file' */
export function readPicture(file: string): Picture {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new EmendError(
      'not-found',
      `The picture ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
      'The data set names files that must be there.',
    );
  }
  const isPng = bytes.subarray(0, 4).equals(Buffer.from([0x89, 0x50, 0x4e, 0x47]));
  const isJpeg = bytes[0] === 0xff && bytes[1] === 0xd8;
  if (!isPng && !isJpeg) throw new EmendError('bad-file', `${file} is neither a PNG nor a JPEG.`, 'Save the picture as PNG or JPEG.');
  try {
    return isPng ? PNG.sync.read(bytes) : decodeJpeg(bytes, { useTArray: true, maxMemoryUsageInMB: 1024 });
  } catch (error) {
    throw new EmendError(
      'bad-file',
      `${file} is damaged: ${error instanceof Error ? error.message : String(error)}.`,
      'Save the picture again.',
    );
  }
}

/** The picture at another size, bilinear, with pixels at the middle of their squares. */
export function resized(picture: Picture, width: number, height: number): Picture {
  if (picture.width === width && picture.height === height) return picture;
  const data = new Uint8Array(width * height * 4);
  const place = (at: number, from: number, to: number) => Math.min(from - 1, Math.max(0, ((at + 0.5) * from) / to - 0.5));
  for (let y = 0; y < height; y++) {
    const py = place(y, picture.height, height);
    const [y0, y1] = [Math.floor(py), Math.min(picture.height - 1, Math.floor(py) + 1)];
    for (let x = 0; x < width; x++) {
      const px = place(x, picture.width, width);
      const [x0, x1] = [Math.floor(px), Math.min(picture.width - 1, Math.floor(px) + 1)];
      for (let c = 0; c < 4; c++) {
        const at = (yy: number, xx: number) => picture.data[(yy * picture.width + xx) * 4 + c]!;
        const upper = at(y0, x0) + (at(y0, x1) - at(y0, x0)) * (px - x0);
        const lower = at(y1, x0) + (at(y1, x1) - at(y1, x0)) * (px - x0);
        data[(y * width + x) * 4 + c] = Math.round(upper + (lower - upper) * (py - y0));
      }
    }
  }
  return { width, height, data };
}

/** A picture as the bytes of a PNG file. */
export function writePng({ width, height, data }: Picture): Uint8Array {
  const png = new PNG({ width, height });
  png.data = Buffer.from(data);
  return PNG.sync.write(png);
}
