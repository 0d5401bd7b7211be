import * as v from 'valibot';
import { Handle, method } from './define.ts';

/** Characters of a figure; pictures in base64 are long, and messages are at most 16 MB. */
const LARGEST = 15_000_000;

/** Figures that a screen has drawn. */
export const figureMethods = {
  /** Writes a figure to the place that was chosen; a file of that name is replaced. */
  'figures.save': method(
    v.strictObject({
      destination: Handle,
      format: v.picklist(['png', 'svg', 'csv']),
      /** Text; of a PNG its bytes in base64. */
      content: v.pipe(v.string(), v.nonEmpty('expected a figure'), v.maxLength(LARGEST, `expected at most ${LARGEST} characters`)),
    }),
    v.object({ handle: v.string(), path: v.string() }),
  ),
};
