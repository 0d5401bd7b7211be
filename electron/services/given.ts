import { join } from 'node:path';
import { EmendError } from '../../shared/errors.ts';
import { readCheckpoint } from '../ledger/checkpoints.ts';
import type { Given } from '../ledger/proof.ts';
import { explained } from '../storage/file-errors.ts';
import { disk } from '../storage/files.ts';
import { FILES, FOLDER } from './attest/files.ts';

/**
 * What an export, or a checkpoint that was kept as a file, says of a record's end when it was made. It lies elsewhere, so nobody can cut it
 * off together with the journal.
 * @throws EmendError 'not-found', 'bad-file'
 */
export async function readGiven(path: string): Promise<Given> {
  const found = await disk.stat(path);
  if (found && !found.folder) return { from: `the checkpoint ${path}`, end: await readCheckpoint(explained(disk), path) };
  const file = join(path, FOLDER, FILES.checkpoint);
  if (!found || (await disk.stat(file)) === undefined)
    throw new EmendError(
      'not-found',
      found ? `${path} is no export of Emend: there is no ${file}.` : `There is no ${path}.`,
      'Choose the folder of an export of this model, or a file that `emend checkpoint` wrote.',
      { path },
    );
  return { from: `the export ${path}`, end: await readCheckpoint(explained(disk), file) };
}
