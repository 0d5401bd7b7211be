import { writeDurably } from '../../storage/durable.ts';
import { explained } from '../../storage/file-errors.ts';
import { disk } from '../../storage/files.ts';
import type { Positions } from '../../../shared/steering/positions.ts';
import { readSteering, writeSteering } from './file.ts';
import { moved, scaled } from './variants.ts';

/** Writes a steering of any file that is read as one of Emend's, stronger or weaker, or at other tokens. */
export async function writeSteeringAs(
  from: string,
  to: string,
  { scale = 1, positions }: { readonly scale?: number | undefined; readonly positions?: Positions | undefined },
): Promise<void> {
  const { about, ...own } = readSteering(from);
  const stronger = scaled(own, scale);
  await writeDurably(explained(disk), to, writeSteering({ ...(positions ? moved(stronger, positions) : stronger), about }));
}
