import { readdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Result } from '../../../shared/contract.ts';
import type { Picked } from '../../../shared/contract/host.ts';
import { EmendError } from '../../../shared/errors.ts';
import type { Grants } from '../../services/grants.ts';

/** A longer list helps nobody; names are sorted, so these are the first ones. */
const MOST = 2000;
const { compare } = new Intl.Collator('en', { numeric: true });

/** Folders and files of a folder, folders first; hidden ones are left out. @throws EmendError 'failed' when it cannot be read */
export async function browse(folder: string, grants: Grants): Promise<Result<'host.browse'>> {
  const entries = (await namesIn(folder)).map((name) => grants.grant(`${folder}/${name}`)).filter(isFileOrFolder);
  entries.sort((a, b) => Number(b.folder) - Number(a.folder) || compare(a.name, b.name));
  const parent = dirname(folder);
  return { here: grants.grant(folder), ...(parent === folder ? {} : { parent: grants.grant(parent) }), entries };
}

/** Only a file has a size: what is neither that nor a folder is a device, a socket, or a link that leads nowhere. */
function isFileOrFolder({ folder, bytes }: Picked): boolean {
  return folder || bytes !== undefined;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder))
      .filter((name) => !name.startsWith('.'))
      .sort(compare)
      .slice(0, MOST);
  } catch (error) {
    throw new EmendError('failed', `${folder} cannot be listed: ${(error as Error).message}.`, 'Choose another folder.');
  }
}
