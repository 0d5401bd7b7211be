import { main } from './main.ts';

// Entry of the command line. A reader that goes away (`emend … | head`) is no error of ours; what was begun is finished, so that no lock
// stays behind.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});
process.exitCode = await main(process.argv.slice(2), process);
