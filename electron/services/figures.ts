import { EmendError } from '../../shared/errors.ts';
import { writeDurably } from '../storage/durable.ts';
import { explained } from '../storage/file-errors.ts';
import { disk } from '../storage/files.ts';
import type { Services, Surroundings } from './surroundings.ts';

type Part = Pick<Services, 'figures.save'>;

/** What a file of the kind begins with. */
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** Figures as files. */
export function figureService({ grants }: Surroundings): Part {
  return {
    'figures.save': async ({ destination, format, content }) => {
      const path = grants.target(destination);
      const bytes = Buffer.from(content, format === 'png' ? 'base64' : 'utf8');
      if (format === 'png' && !bytes.subarray(0, PNG.length).equals(PNG))
        throw new EmendError('bad-input', 'figures.save: content: expected a PNG in base64.', 'Save the figure as SVG or CSV.');
      await writeDurably(explained(disk), path, bytes);
      return { handle: destination, path };
    },
  };
}
