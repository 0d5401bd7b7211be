import { app, dialog } from 'electron';
import type { Application } from '../services/application.ts';
import { STRINGS } from './strings.ts';
import type { WindowMemory } from './window-memory.ts';
import type { MainWindow } from './window.ts';

/** Quitting waits for the services to close, and asks first while jobs run. */
export function closeBeforeQuitting(application: Application, window: MainWindow, memory: WindowMemory): void {
  let state: 'open' | 'leaving' | 'closed' = 'open';

  async function leave(): Promise<void> {
    state = 'leaving';
    if (!(await mayStop(application, window))) {
      state = 'open';
      return;
    }
    await memory.keep();
    await application.close();
    state = 'closed';
    app.quit();
  }

  app.on('before-quit', (event) => {
    if (state === 'closed') return;
    event.preventDefault();
    if (state === 'open') leave().catch(() => app.exit(1));
  });
  // Elsewhere than on macOS the window is the application; it is asked about while the window is still there.
  window.mayClose = () => {
    if (state === 'closed' || process.platform === 'darwin') return true;
    app.quit();
    return false;
  };
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
}

async function mayStop(application: Application, window: MainWindow): Promise<boolean> {
  const titles = application.jobs
    .list()
    .filter((job) => job.state === 'running')
    .map((job) => job.title);
  if (titles.length === 0) return true;
  const options = {
    type: 'question' as const,
    message: STRINGS.quit.running(titles),
    detail: STRINGS.quit.detail(titles),
    buttons: [STRINGS.quit.keep, STRINGS.quit.stop],
    defaultId: 0,
    cancelId: 0,
    noLink: true,
  };
  const { response } = await (window.current === undefined
    ? dialog.showMessageBox(options)
    : dialog.showMessageBox(window.current, options));
  return response === 1;
}
