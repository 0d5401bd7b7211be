import { existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { EmendError } from '../../shared/errors.ts';
import { refuseOccupied } from '../storage/folders.ts';

/**
 * The path of a file to write, found fit before the work that makes it.
 * @param replace a file of this name may be replaced
 * @throws EmendError 'bad-input' when it is there already or its folder is not
 */
export function newFile(name: string, replace: boolean): string {
  const file = resolve(name);
  const folder = dirname(file);
  if (!existsSync(folder) || !statSync(folder).isDirectory())
    throw new EmendError(
      'bad-input',
      `${file} cannot be written: there is no folder ${folder}.`,
      'Make the folder first, or choose another.',
    );
  if (!existsSync(file)) return file;
  if (statSync(file).isDirectory())
    throw new EmendError(
      'bad-input',
      `${file} is a folder; expected the name of a file to write.`,
      'Give a file name, such as delta.safetensors.',
    );
  if (!replace) throw new EmendError('bad-input', `${file} is there already.`, 'Choose another name, or give --force to replace it.');
  return file;
}

/**
 * The path of a folder to make, found fit before the work that fills it.
 * @throws EmendError 'bad-input' when something lies there, or there is nowhere to make it
 */
export function newFolder(name: string): string {
  const folder = resolve(name);
  const above = dirname(folder);
  if (!existsSync(above))
    throw new EmendError('bad-input', `There is no folder ${above} to export into.`, 'Make the folder first, or choose another.');
  refuseOccupied(folder);
  return folder;
}
