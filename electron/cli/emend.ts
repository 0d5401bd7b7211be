import { main } from './main.ts';

// Entry of the command line. A reader that goes away (`emend … | head`) is no error of ours; what was begun is finished, so that no lock
// stays behind. Nor is a terminal that was closed: what is told then is told to nobody (EIO).
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
  });
process.exitCode = await main(process.argv.slice(2), process);
