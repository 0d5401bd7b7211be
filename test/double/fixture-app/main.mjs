import {
  app,
  BrowserWindow,
  dialog,
  ipcMain,
  Menu,
  MessageChannelMain,
  nativeTheme,
  net,
  protocol,
  session,
  shell,
  utilityProcess,
} from 'electron';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';

const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action " +
  "'none'; frame-ancestors 'none'";
const pages = join(import.meta.dirname, 'page');
globalThis.seen = { events: [], permissions: [], secondInstances: [], exits: [] };

protocol.registerSchemesAsPrivileged([{ scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true } }]);

async function serve(request) {
  const { host, pathname } = new URL(request.url);
  if (pathname === '/echo') return new Response(`${request.method} ${await request.text()}`);
  if (pathname === '/moved') return new Response(null, { status: 302, headers: { location: 'app://fixture/other.html' } });
  const file = join(pages, decodeURIComponent(pathname));
  if (host !== 'fixture' || relative(pages, file).startsWith('..')) return new Response('No', { status: 404 });
  const response = await net.fetch(pathToFileURL(file).href);
  return new Response(response.body, { headers: { ...Object.fromEntries(response.headers), 'content-security-policy': CSP } });
}

function openWindow() {
  const window = new BrowserWindow({
    width: 900,
    height: 650,
    show: false,
    title: 'Fixture',
    webPreferences: { preload: join(import.meta.dirname, 'preload.cjs'), additionalArguments: ['--extra'] },
  });
  window.once('ready-to-show', () => window.show());
  window.webContents.setWindowOpenHandler(({ url }) => {
    void shell.openExternal(url);
    return { action: 'deny' };
  });
  window.webContents.on('context-menu', (_event, { isEditable, selectionText, editFlags }) => {
    globalThis.seen.events.push(['context-menu', isEditable, selectionText, editFlags.canCopy]);
    Menu.buildFromTemplate([{ role: 'copy' }]).popup({ window });
  });
  for (const name of ['will-navigate', 'will-redirect']) {
    window.webContents.on(name, (event, url) => {
      globalThis.seen.events.push([name, url]);
      event.preventDefault();
    });
  }
  void window.loadURL('app://fixture/index.html');
  return window;
}

function work(window, steps) {
  const child = utilityProcess.fork(join(import.meta.dirname, 'worker.mjs'), ['fixture'], { serviceName: 'Fixture work', stdio: 'pipe' });
  child.stdout.on('data', (piece) => globalThis.seen.events.push(['output', String(piece).trim()]));
  child.on('exit', (code) => globalThis.seen.exits.push(code));
  child.on('message', (message) => globalThis.seen.events.push(['child', message]));
  const { port1, port2 } = new MessageChannelMain();
  child.postMessage({ steps }, [port1]);
  window.webContents.postMessage('work', { steps }, [port2]);
  globalThis.child = child;
}

if (!app.requestSingleInstanceLock({ from: 'fixture' })) app.quit();
else {
  app.on('second-instance', (_event, argv, workingDirectory, data) =>
    globalThis.seen.secondInstances.push({ argv, workingDirectory, data }),
  );
  app.on('window-all-closed', () => app.quit());
  app.whenReady().then(() => {
    protocol.handle('app', serve);
    session.defaultSession.webRequest.onHeadersReceived(({ responseHeaders }, callback) =>
      callback({ responseHeaders: { ...responseHeaders, 'x-fixture': ['yes'] } }),
    );
    session.defaultSession.setPermissionCheckHandler(() => false);
    session.defaultSession.setPermissionRequestHandler((_contents, permission, callback) => {
      globalThis.seen.permissions.push(permission);
      callback(permission === 'notifications' && globalThis.allowsNotifications === true);
    });
    ipcMain.handle('echo', (_event, value) => value);
    ipcMain.handle('fail', () => {
      throw Object.assign(new TypeError('bad weights'), { code: 'bad-file' });
    });
    ipcMain.handle('sender', ({ senderFrame, sender }) => ({
      url: senderFrame.url,
      origin: senderFrame.origin,
      parent: senderFrame.parent,
      window: BrowserWindow.fromWebContents(sender).id,
    }));
    ipcMain.handle('pick', async () => (await dialog.showOpenDialog({ properties: ['openDirectory'] })).filePaths);
    ipcMain.on('work', ({ sender }, steps) => work(BrowserWindow.fromWebContents(sender), steps));
    ipcMain.on('ask', (event, question) => (event.returnValue = `${question}!`));
    Menu.setApplicationMenu(
      Menu.buildFromTemplate([
        {
          label: 'File',
          submenu: [
            { id: 'open', label: 'Open…', accelerator: 'CmdOrCtrl+O', click: (item, window) => window.webContents.send('menu', item.id) },
            { role: 'quit' },
          ],
        },
        { role: 'editMenu' },
        {
          label: 'View',
          submenu: [
            { id: 'dark', label: 'Dark', type: 'checkbox', click: (item) => (nativeTheme.themeSource = item.checked ? 'dark' : 'light') },
          ],
        },
      ]),
    );
    openWindow();
  });
}
