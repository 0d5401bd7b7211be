import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../services/models.ts';
import { Places } from '../../services/places.ts';
import { defineCommand } from '../command.ts';
import type { Printer } from '../format/printer.ts';
import { flag, integer } from '../options.ts';
import { browserHost } from '../serve/host.ts';
import { type Leading, leadingTo, openBrowser } from '../serve/open-browser.ts';
import { Page } from '../serve/page.ts';
import { Sessions } from '../serve/sessions.ts';
import { type Server, startServer } from '../serve/server.ts';
import { Uploads } from '../serve/uploads.ts';
import { UsageError } from '../usage.ts';

export const serve = defineCommand({
  name: 'serve',
  summary: 'Use the application in a browser, on this machine or through an SSH tunnel',
  about:
    'Listens on this machine alone and lets in one browser, by a link that works once. Data and screens are those of the desktop ' +
    'application.',
  positionals: [],
  options: {
    port: integer('PORT', 'Port to listen on (default: the one of last time where it is free, else any)', { min: 1, max: 65535 }),
    open: flag('Open the browser of this machine'),
    json: flag('Not for this command: it serves until it is stopped'),
  },
  examples: [
    ['emend serve --open', 'In the browser of this machine'],
    ['emend serve --port 8765', 'With a port of your choice, for a tunnel'],
  ],
  async run({ port, open, json }, _, context) {
    if (json) throw new UsageError('emend serve: --json has nothing to print.', 'Leave it out.');
    const page = new Page(join(packageRoot(), 'dist/renderer'));
    const application = await context.open({ host: browserHost });
    void application.warm();
    const uploads = await Uploads.open(new Places(application.dataFolder).uploads, application.grants);
    let leading: Leading | undefined;
    try {
      const sessions = await Sessions.open(new Places(application.dataFolder).sessions);
      const server = await startServer({ application, page, uploads, port, sessions });
      introduce(context.out, server, application.dataFolder);
      if (open) {
        leading = leadingTo(server.link);
        openBrowser(leading.file);
      }
      await stopped(context.follow.signal);
      await server.close();
      await application.jobs.close(); // an import may still read what was uploaded
    } finally {
      leading?.remove();
      await uploads.close();
    }
    return {};
  },
});

function introduce(out: Printer, { port, link, isKnown }: Server, dataFolder: string): void {
  const { style } = out;
  out.line(style.bold('Emend serves its screens to one browser. Open:'));
  out.line();
  out.line(`  ${style.accent(link)}`);
  out.line();
  out.line(`The link lets in one browser, once; further tabs of it open http://127.0.0.1:${port}/. For a new link, start this again.`);
  if (isKnown) out.line('A page that is still open from before goes on by itself, until another browser is let in.');
  out.line(`Models and ledgers lie in ${dataFolder}. Stop with Ctrl-C; what was committed stays.`);
  out.line();
  out.line('From another computer, run there, then open the link there:');
  out.line(`  ssh -N -L ${port}:127.0.0.1:${port} ${userInfo().username}@${hostname()}`);
  out.line();
  out.line(
    'Other than on the desktop: files are chosen from this machine’s folders, or dropped and then copied here; exports can be downloaded.',
  );
  out.line('No menu bar, no notifications, no PDF, no opening of files by the system.');
}

/** Resolves when the person stops the program. */
function stopped(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) resolve();
    signal?.addEventListener('abort', () => resolve(), { once: true });
  });
}
