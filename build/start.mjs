// `npm start`: the guided tour in the terminal, from a fresh clone too.
import { buildIfStale, installAll, run, stop } from './setup.mjs';

installAll();
if (!buildIfStale()) stop('The build failed; the reason stands above.');
process.exitCode = run(process.execPath, ['build/emend.mjs', 'tour', ...process.argv.slice(2)]);
