import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

/**
 * Files and folders that stand on a command line: what is no switch and exists.
 * @param argv as the system gave it, the executable first
 * @param application path of the application, where it stands on the line before what is to be opened; undefined when packaged
 */
export function pathsIn(argv: readonly string[], workingFolder: string, application: string | undefined): string[] {
  const isApplication = (argument: string) => resolve(workingFolder, argument) === application;
  const rest = application === undefined ? argv.slice(1) : argv.slice(argv.findIndex(isApplication) + 1);
  if (application !== undefined && !argv.some(isApplication)) return [];
  return rest
    .filter((argument) => argument !== '' && !argument.startsWith('-'))
    .map((argument) => resolve(workingFolder, argument))
    .filter((path) => existsSync(path));
}
