import { statSync } from 'node:fs';
import { join } from 'node:path';
import { EmendError } from '../../../shared/errors.ts';

/**
 * Checks a tensor's external location: a path below the model's folder, written with either slash.
 * Where a link inside the folder points does not matter (the Hugging Face cache links every file elsewhere).
 *
 * @returns the location with forward slashes
 * @throws EmendError `bad-file` when the text is absolute, climbs out of the folder, or names ONNX Runtime's "memory address" marker
 */
export function checkLocation(location: string, tensor: string): string {
  const parts = location.split(/[/\\]/);
  const why =
    location === ''
      ? 'is empty'
      : location.includes('\0')
        ? 'has a zero byte'
        : parts[0] === '' || /^[A-Za-z]:/.test(location)
          ? 'is absolute'
          : parts.includes('..')
            ? 'leads out of the model folder'
            : location.includes('_ORT_MEM_ADDR_')
              ? 'is a memory address'
              : undefined;
  if (why !== undefined) {
    throw new EmendError(
      'bad-file',
      `Tensor "${tensor}" is stored in "${location.slice(0, 200)}", which ${why}; a file inside the model folder was expected`,
      'Do not trust this file. Get the model from its publisher again.',
    );
  }
  return parts.filter((part) => part !== '' && part !== '.').join('/');
}

/**
 * Size in bytes of one of a model's data files.
 *
 * @param file a location as {@link checkLocation} returns it
 * @throws EmendError `bad-file` when it is missing or not a regular file (links are followed)
 */
export function dataFileSize(folder: string, file: string, tensor: string): number {
  let stat;
  try {
    stat = statSync(join(folder, file));
  } catch {
    throw new EmendError(
      'bad-file',
      `Data file "${file}" of tensor "${tensor}" is missing from ${folder}`,
      'Put the data file beside the .onnx file under exactly this name.',
    );
  }
  if (!stat.isFile())
    throw new EmendError(
      'bad-file',
      `"${file}", where tensor "${tensor}" is stored, is not a regular file`,
      'Put the data file beside the .onnx file.',
    );
  return stat.size;
}
