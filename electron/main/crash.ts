import { app, dialog, type BrowserWindow } from 'electron';
import { STRINGS } from './strings.ts';

/** When the page's process ends or hangs, says so and offers to load it again. Work goes on meanwhile: it is not done there. */
export function offerReload(window: BrowserWindow, load: () => void): void {
  const ask = async (message: string, detail: string, other: string): Promise<boolean> => {
    const { response } = await dialog.showMessageBox(window, {
      type: 'warning',
      message,
      detail,
      buttons: [STRINGS.crash.reload, other],
      defaultId: 0,
      cancelId: 1,
      noLink: true,
    });
    if (window.isDestroyed()) return true;
    if (response === 0) load();
    return response === 0;
  };
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    if (reason === 'clean-exit' || window.isDestroyed()) return;
    void ask(STRINGS.crash.gone(reason), STRINGS.crash.goneDetail, STRINGS.crash.quit).then((reloaded) => reloaded || app.quit());
  });
  window.webContents.on('unresponsive', () => void ask(STRINGS.crash.unresponsive, STRINGS.crash.unresponsiveDetail, STRINGS.crash.wait));
}
