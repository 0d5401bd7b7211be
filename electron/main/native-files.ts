import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { EmendError } from '../../shared/errors.ts';
import { sha256 } from '../storage/hash.ts';

/** SHA-256 (hex) of each native file, by its path below onnxruntime-node's `bin`, `/` between folders. */
export const NativeListSchema = v.record(v.string(), v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)));
export type NativeList = v.InferOutput<typeof NativeListSchema>;

/**
 * Holds native files against the list made when they were packed: the archive's own seal does not cover what lies beside it.
 * @param bin onnxruntime-node's `bin` folder, on disk
 * @param target such as "linux/x64"; only its files are there
 * @throws EmendError 'bad-file' naming the file that is missing, changed or was added
 */
export function checkNativeFiles(bin: string, list: NativeList, target: string): void {
  const expected = Object.keys(list).filter((path) => path.includes(`/${target}/`));
  const refuse = (file: string, what: string): never => {
    throw new EmendError(
      'bad-file',
      `${join(bin, file)} ${what}.`,
      'The installation is damaged or was tampered with: install Emend again.',
      { file },
    );
  };
  if (expected.length === 0) refuse(target, 'is not among the systems that this package is for');
  for (const path of expected) {
    const file = join(bin, ...path.split('/'));
    if (!existsSync(file)) refuse(path, 'is missing');
    if (sha256(readFileSync(file)) !== list[path]) refuse(path, 'is not as it was packed');
  }
  const folder = expected[0]!.slice(0, expected[0]!.indexOf(target) + target.length);
  const stranger = readdirSync(join(bin, ...folder.split('/'))).find((name) => !expected.includes(`${folder}/${name}`));
  if (stranger !== undefined) refuse(`${folder}/${stranger}`, 'does not belong to this package');
}
