import { app, type Session } from 'electron';
import { isOurs } from './app-files.ts';

/** Pages stay where they were loaded and open nothing: no navigation, windows or webviews, whatever a page tries. */
export function keepPagesInPlace(): void {
  app.on('web-contents-created', (_event, contents) => {
    contents.on('will-navigate', (event) => event.preventDefault());
    contents.on('will-frame-navigate', (event) => event.preventDefault());
    contents.on('will-redirect', (event) => event.preventDefault());
    contents.on('will-attach-webview', (event) => event.preventDefault());
    contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  });
}

/**
 * Pages get no permissions, devices, captures, downloads or network.
 * @param allowTools developer tools load from an address of their own
 */
export function refuseEverything(session: Session, allowTools: boolean): void {
  session.setPermissionRequestHandler((_contents, _permission, callback) => callback(false));
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
  session.setSpellCheckerEnabled(false);
  session.on('will-download', (event) => event.preventDefault());
  session.webRequest.onBeforeRequest(({ url }, callback) =>
    callback({ cancel: !isOurs(url) && !(allowTools && url.startsWith('devtools:')) }),
  );
}
