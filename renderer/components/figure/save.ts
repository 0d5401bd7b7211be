import { call } from '../../client/client.ts';
import { outputAction } from '../../client/output.ts';
import { pick } from '../../client/pick.ts';
import { toasts } from '../../state/toasts.svelte.ts';
import { drawn, svgOf } from './drawing.ts';
import { csvOf, type Figure } from './figure.ts';
import { pngOf } from './png.ts';
import { figureText as t } from './text.ts';

export type FigureFormat = keyof typeof t.formats;

/** Asks where, and writes the figure there. */
export async function saveFigure(figure: Figure, format: FigureFormat): Promise<void> {
  try {
    const name = figure.title
      .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
      .replaceAll(/^-|-$/g, '')
      .toLowerCase()
      .slice(0, 60);
    const picked = await pick('save', `${name}.${format}`);
    if (!picked) return;
    const { handle, path } = await call('figures.save', { destination: picked.handle, format, content: await contentOf(figure, format) });
    toasts.say(t.saved(path), { action: outputAction(handle) });
  } catch (error) {
    toasts.fail(error);
  }
}

async function contentOf(figure: Figure, format: FigureFormat): Promise<string> {
  if (format === 'csv') return csvOf(figure);
  const drawing = drawn(figure);
  if (format === 'svg') return svgOf(drawing);
  const bytes = new Uint8Array(await (await pngOf(drawing)).arrayBuffer());
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}
