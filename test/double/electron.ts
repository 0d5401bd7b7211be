import { calls } from './calls.ts';
import { notifications } from './main/desktop.ts';
import { privileged } from './main/protocol.ts';
import { absent } from './strict.ts';

// What `require('electron')` gives in the main process.

export { app } from './main/app.ts';
export { clipboard, crashReporter, Notification, powerMonitor, powerSaveBlocker, safeStorage, shell } from './main/desktop.ts';
export { dialog } from './main/dialog.ts';
export { ipcMain } from './main/ipc-main.ts';
export { Menu, MenuItem } from './main/menu.ts';
export { nativeTheme } from './main/native-theme.ts';
export { net, protocol } from './main/protocol.ts';
export { screen } from './main/screen.ts';
export { session } from './main/session.ts';
export { utilityProcess } from './main/utility-process.ts';
export { webContents } from './main/web-contents.ts';
export { BrowserWindow } from './main/window.ts';
export { MessageChannelMain } from './ports/port.ts';

/** For tests alone: what the double wrote down. */
export const electronDouble = { calls, notifications, privilegedSchemes: privileged };

export const autoUpdater = absent('autoUpdater');
export const BaseWindow = absent('BaseWindow');
export const BrowserView = absent('BrowserView');
export const contentTracing = absent('contentTracing');
export const desktopCapturer = absent('desktopCapturer');
export const globalShortcut = absent('globalShortcut');
export const inAppPurchase = absent('inAppPurchase');
export const nativeImage = absent('nativeImage');
export const netLog = absent('netLog');
export const pushNotifications = absent('pushNotifications');
export const ShareMenu = absent('ShareMenu');
export const systemPreferences = absent('systemPreferences');
export const TouchBar = absent('TouchBar');
export const Tray = absent('Tray');
export const View = absent('View');
export const WebContentsView = absent('WebContentsView');
export const webFrameMain = absent('webFrameMain');
