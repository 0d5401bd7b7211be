import { join } from 'node:path';
import { app, session } from 'electron';
import { Application } from '../services/application.ts';
import { openEngine } from './engine-channel.ts';
import { keepPagesInPlace, refuseEverything } from './guards.ts';
import { hostMethods } from './host-methods.ts';
import { connect } from './ipc.ts';
import { followJobs } from './jobs.ts';
import { setMenu } from './menu.ts';
import type { Opened } from './opened.ts';
import { print } from './print.ts';
import { servePage } from './protocol.ts';
import { closeBeforeQuitting } from './quit.ts';
import { followTheme } from './theme.ts';
import { WindowMemory } from './window-memory.ts';
import { MainWindow } from './window.ts';

/**
 * Starts the services and opens the window. After 'ready'.
 * @param home the data folder
 * @throws EmendError when the data folder cannot be used
 */
export async function boot(home: string, opened: Opened): Promise<void> {
  keepPagesInPlace();
  refuseEverything(session.defaultSession, !app.isPackaged);
  servePage(join(app.getAppPath(), 'dist/renderer'));

  const memory = await WindowMemory.open(home);
  const window = new MainWindow(memory);
  const application = await Application.open({
    dataFolder: home,
    host: { methods: (its) => hostMethods(its, window), openChannel: openEngine, print },
  });
  connect(application, window);
  closeBeforeQuitting(application, window, memory);
  followJobs(application, window);
  await followTheme(application);
  setMenu((command) => {
    window.show();
    window.send({ type: 'command', command });
  });
  app.on('activate', () => window.show());

  window.show();
  void application.warm();
  opened.follow((paths) => {
    window.show();
    if (paths.length > 0) application.tell({ type: 'open', picked: paths.map((path) => application.grants.grant(path)) });
  });
}
