import * as v from 'valibot';
import { Handle, method, Text } from './define.ts';

/** Figures that a screen has drawn. */
export const figureMethods = {
  /** Writes a figure to the place that was chosen; a file of that name is replaced. */
  'figures.save': method(
    v.strictObject({
      destination: Handle,
      format: v.picklist(['png', 'svg', 'csv']),
      /** Text; of a PNG its bytes in base64. */
      content: v.pipe(Text, v.nonEmpty('expected a figure')),
    }),
    v.object({ handle: v.string(), path: v.string() }),
  ),
};
