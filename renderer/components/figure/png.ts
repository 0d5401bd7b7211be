import { type Drawing, FONT, ON_PAPER, SIZE } from './shapes.ts';

/** Sides of a picture that every browser paints (px). */
const LONGEST = 32_000;

/** The drawing as PNG, twice as fine where it is not too long for that. */
export async function pngOf({ width, height, shapes }: Drawing): Promise<Blob> {
  const fine = Math.min(2, LONGEST / Math.max(width, height));
  const canvas = new OffscreenCanvas(Math.ceil(width * fine), Math.ceil(height * fine));
  const pen = canvas.getContext('2d')!;
  pen.scale(fine, fine);
  pen.fillStyle = ON_PAPER.paper;
  pen.fillRect(0, 0, width, height);
  for (const shape of shapes) {
    if (shape.is === 'picture') {
      [pen.globalAlpha, pen.imageSmoothingEnabled] = [shape.opacity, false];
      pen.drawImage(await bitmapOf(shape.png), shape.x, shape.y, shape.width, shape.height);
      pen.globalAlpha = 1;
      continue;
    }
    if (shape.is === 'path') {
      const path = new Path2D(shape.d);
      if (shape.fill !== undefined) {
        pen.fillStyle = shape.fill;
        pen.fill(path);
      }
      if (shape.stroke !== undefined) {
        [pen.strokeStyle, pen.lineWidth] = [shape.stroke, shape.width ?? 1];
        pen.setLineDash(shape.dashes ?? []);
        pen.stroke(path);
      }
      continue;
    }
    pen.fillStyle = shape.fill;
    if (shape.is === 'rect') {
      pen.fillRect(shape.x, shape.y, shape.width, shape.height);
      continue;
    }
    pen.font = `${shape.bold === true ? '600 ' : ''}${SIZE}px ${FONT}`;
    pen.textAlign = shape.anchor === 'middle' ? 'center' : shape.anchor;
    pen.fillText(shape.text, shape.x, shape.y);
  }
  return canvas.convertToBlob({ type: 'image/png' });
}

/** A PNG file in base64 as something to paint with: the page loads pictures from Emend's own files only. */
export function bitmapOf(png: string): Promise<ImageBitmap> {
  return createImageBitmap(new Blob([Uint8Array.from(atob(png), (char) => char.charCodeAt(0))], { type: 'image/png' }));
}
