import { parseCommandLine } from './command-line.ts';
import { locate } from './package.ts';

/** What this run was started with. */
export const commandLine = parseCommandLine(process.argv.slice(2));

/** The application that this run is of. */
export const application = locate(commandLine.application);
