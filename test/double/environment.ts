import { parseCommandLine } from './command-line.ts';
import { type Application, locate } from './package.ts';

/** What this run was started with. */
export const commandLine = parseCommandLine(process.argv.slice(2));

/** The application that this run is of. */
export const application: Application = find();

function find(): Application {
  try {
    return locate(commandLine.application);
  } catch (error) {
    console.error((error as Error).message);
    process.exit(1);
  }
}
