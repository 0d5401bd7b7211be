import { noSuch } from '../strict.ts';
import { app } from './app.ts';
import { BrowserWindow } from './window.ts';

const LABELS: Record<string, string> = {
  quit: 'Quit',
  close: 'Close Window',
  minimize: 'Minimize',
  reload: 'Reload',
  togglefullscreen: 'Toggle Full Screen',
  toggledevtools: 'Toggle Developer Tools',
  selectall: 'Select All',
  undo: 'Undo',
  redo: 'Redo',
  cut: 'Cut',
  copy: 'Copy',
  paste: 'Paste',
  delete: 'Delete',
  resetzoom: 'Actual Size',
  zoomin: 'Zoom In',
  zoomout: 'Zoom Out',
  appmenu: 'Application',
  filemenu: 'File',
  editmenu: 'Edit',
  viewmenu: 'View',
  windowmenu: 'Window',
  help: 'Help',
  about: 'About',
  hide: 'Hide',
  hideothers: 'Hide Others',
  unhide: 'Show All',
  services: 'Services',
  zoom: 'Zoom',
  front: 'Bring All to Front',
};

/** The items that a role of a whole menu stands for. */
export const ROLE_MENUS: Record<string, readonly string[]> = {
  filemenu: ['quit'],
  editmenu: ['undo', 'redo', 'cut', 'copy', 'paste', 'delete', 'selectall'],
  viewmenu: ['reload', 'toggledevtools', 'resetzoom', 'zoomin', 'zoomout', 'togglefullscreen'],
  windowmenu: ['minimize', 'close'],
};

/** @throws Error when Electron has no such role */
export function roleLabel(role: string): string {
  const label = LABELS[role.toLowerCase()];
  if (label === undefined) throw noSuch(`menu role "${role}"`);
  return label;
}

/** Does what a role does. @throws Error for roles that act on text or zoom, which keys do in a test */
export function doRole(role: string): void {
  const window = BrowserWindow.getFocusedWindow();
  switch (role.toLowerCase()) {
    case 'quit':
      return app.quit();
    case 'about':
      return app.showAboutPanel();
    case 'close':
      return window?.close();
    case 'minimize':
      return window?.minimize();
    case 'reload':
      return window?.reload();
    case 'togglefullscreen':
      return window?.setFullScreen(!window.isFullScreen());
    case 'toggledevtools':
      return window?.webContents.toggleDevTools();
    default:
      throw noSuch(`click on the menu role "${role}"`);
  }
}
