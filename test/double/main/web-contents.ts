import type { PrintToPDFOptions, WebPreferences } from 'electron';
import { EventEmitter } from 'node:events';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Session } from '../chromium/devtools.ts';
import { BINDING, PRELOAD_WORLD } from '../page/messages.ts';
import type { MessagePortMain } from '../ports/port.ts';
import { noSuch, strictClass, strictObject } from '../strict.ts';
import { toInside, toOutside } from './addresses.ts';
import { app } from './app.ts';
import { chromium } from './chromium.ts';
import { ElectronEvent, eventWith } from './events.ts';
import { WebFrameMain } from './frame.ts';
import { IpcMain } from './ipc-main.ts';
import { nativeTheme } from './native-theme.ts';
import { PageLink } from './page-link.ts';
import { pageScripts } from './page-scripts.ts';
import { printParameters } from './print.ts';
import { windows } from './registry.ts';
import { Requests } from './requests.ts';
import { defaultSession } from './session.ts';
import { openTarget, pageOfTarget } from './targets.ts';
import type { BrowserWindow } from './window.ts';

type WindowOpenHandler = (details: object) => { readonly action: 'allow' | 'deny' };

/** Electron's defaults, for what an application leaves out. */
const SAFE: WebPreferences = {
  contextIsolation: true,
  nodeIntegration: false,
  sandbox: true,
  webSecurity: true,
  webviewTag: false,
  allowRunningInsecureContent: false,
};

/** What a page is, once Chromium has it. */
interface Opened {
  readonly targetId: string;
  readonly session: Session;
  readonly requests: Requests;
  readonly link: PageLink;
}

/** The page in a window. */
export class WebContents extends EventEmitter {
  readonly session = defaultSession;
  readonly mainFrame = new WebFrameMain(this);
  readonly ipc = new IpcMain();
  /** Resolves when Chromium has the page and everything is in place for the first load. */
  readonly whenOpen: Promise<Opened>;
  readonly id: number;
  private readonly window: BrowserWindow;
  private readonly preferences: WebPreferences;
  private opened: Opened | undefined;
  private windowOpenHandler: WindowOpenHandler | undefined;
  private destroyed = false;
  private crashed = false;
  private loading = false;
  private shown = false;
  private title = '';
  /** The address as Chromium has it. */
  insideUrl = '';

  constructor(window: BrowserWindow, preferences: WebPreferences, size: { readonly width: number; readonly height: number }) {
    super();
    this.id = window.id;
    this.window = window;
    this.preferences = { ...SAFE, ...preferences };
    const { nodeIntegration, contextIsolation, sandbox } = this.preferences;
    if (nodeIntegration === true || contextIsolation === false || sandbox === false)
      throw noSuch('renderer with nodeIntegration, without contextIsolation or without sandbox');
    this.whenOpen = this.open(size.width, size.height);
    // A failure reaches whoever waits; without anyone it must be seen too.
    this.whenOpen.catch((error: unknown) => this.destroyed || console.error('The window did not open:', error));
  }

  static find = (test: (one: WebContents) => boolean): WebContents | undefined =>
    [...windows.values()].map((window) => window.webContents).find(test);

  // --- loading

  async loadURL(url: string): Promise<void> {
    const { session, requests } = await this.whenOpen;
    requests.expected = true;
    const finished = new Promise<void>((resolve) => this.once('did-finish-load', resolve));
    const { errorText } = await session.send('Page.navigate', { url: toInside(url) }).finally(() => (requests.expected = false));
    if (errorText !== undefined) {
      const reason = errorText.replace('net::', '');
      const errno = reason === 'ERR_ABORTED' ? -3 : -2;
      this.emit('did-fail-load', new ElectronEvent(), errno, reason, url, true);
      throw Object.assign(new Error(`${reason} (${errno}) loading '${url}'`), { code: reason, errno, url });
    }
    await finished;
  }

  loadFile(path: string): Promise<void> {
    return this.loadURL(pathToFileURL(resolve(app.getAppPath(), path)).href);
  }

  reload(): void {
    void this.whenOpen.then(({ session, requests }) => {
      requests.expected = true;
      return session.send('Page.reload');
    });
  }

  getURL = (): string => toOutside(this.insideUrl);
  getTitle = (): string => this.title;
  isLoading = (): boolean => this.loading;
  isDestroyed = (): boolean => this.destroyed;
  isCrashed = (): boolean => this.crashed;
  isFocused = (): boolean => this.window.isFocused();
  focus = (): void => this.window.focus();
  getLastWebPreferences = (): WebPreferences => this.preferences;
  getType = (): string => 'window';
  getOwnerBrowserWindow = (): BrowserWindow => this.window;

  /** There is no developer tools window; Playwright shows more. */
  openDevTools = (): void => undefined;
  closeDevTools = (): void => undefined;
  toggleDevTools = (): void => undefined;
  isDevToolsOpened = (): boolean => false;

  setWindowOpenHandler(handler: WindowOpenHandler): void {
    this.windowOpenHandler = handler;
  }

  close(): void {
    this.window.close();
  }

  /** Ends the renderer, as a crash would. */
  forcefullyCrashRenderer(): void {
    void this.whenOpen.then(({ session }) => session.send('Page.crash')).catch(() => undefined);
  }

  // --- messages

  send(channel: string, ...args: unknown[]): void {
    this.postTo(channel, args);
  }

  postMessage(channel: string, message: unknown, transfer: readonly MessagePortMain[] = []): void {
    this.postTo(channel, [message], transfer);
  }

  // --- the page as a whole

  async executeJavaScript(code: string, userGesture = false): Promise<unknown> {
    const { session } = await this.whenOpen;
    const { result, exceptionDetails } = await session.send('Runtime.evaluate', {
      expression: code,
      awaitPromise: true,
      returnByValue: true,
      userGesture,
    });
    if (exceptionDetails !== undefined) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  async printToPDF(options: PrintToPDFOptions = {}): Promise<Buffer> {
    const { session } = await this.whenOpen;
    const { data } = await session.send('Page.printToPDF', printParameters(options));
    return Buffer.from(data, 'base64');
  }

  // --- called by the double

  /** Chromium closed the page. */
  gone(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.opened?.link.close();
    this.emit('destroyed');
    this.window.gone();
  }

  /** The page asked for another window. It has been told that there is none. */
  askedToOpen({ url, name, features }: { readonly url: string; readonly name: string; readonly features: string }): void {
    const referrer = { url: '', policy: 'strict-origin-when-cross-origin' };
    const details = { url: toOutside(url), frameName: name, features, disposition: 'foreground-tab', referrer };
    if (this.windowOpenHandler?.(details).action !== 'deny') console.error(noSuch(`window for ${details.url}`).message);
  }

  titled(title: string): void {
    this.title = title;
    this.window.pageTitled(title);
  }

  private postTo(channel: string, args: readonly unknown[], transfer: readonly MessagePortMain[] = []): void {
    if (this.destroyed) throw new TypeError('Object has been destroyed');
    // A page that is not there yet has nobody who listens: the message is lost, as in Electron.
    this.opened?.link.send(channel, args, transfer);
  }

  private async open(width: number, height: number): Promise<Opened> {
    const scripts = pageScripts(this.preferences);
    const targetId = await openTarget(this, width, height);
    const session = await chromium().devTools.attach(targetId);
    const { frameTree } = await session.send('Page.getFrameTree');
    const mainFrame = frameTree.frame.id;
    this.opened = { targetId, session, requests: new Requests(session, this, mainFrame), link: new PageLink(session, this, mainFrame) };
    this.follow(session, mainFrame);
    await Promise.all([
      session.send('Page.enable'),
      session.send('Runtime.enable'),
      session.send('DOM.enable'),
      session.send('Inspector.enable'),
      session.send('Runtime.addBinding', { name: BINDING, executionContextName: PRELOAD_WORLD }),
      session.send('Page.addScriptToEvaluateOnNewDocument', { source: scripts.page }),
      session.send('Page.addScriptToEvaluateOnNewDocument', { source: scripts.preload, worldName: PRELOAD_WORLD }),
      session.send('Fetch.enable', { patterns: [{ urlPattern: '*' }] }),
      // Where no scripts run nobody asks questions, and Chromium has no debugger.
      this.preferences.javascript === false
        ? session.send('Emulation.setScriptExecutionDisabled', { value: true })
        : session.send('Debugger.enable'),
      nativeTheme.applyTo(session),
    ]);
    return this.opened;
  }

  private follow(session: Session, mainFrame: string): void {
    session.on('Page.frameStartedLoading', ({ frameId }) => {
      if (frameId !== mainFrame) return;
      this.loading = true;
      this.emit('did-start-loading');
    });
    session.on('Page.frameNavigated', ({ frame }) => {
      if (frame.parentId !== undefined) return;
      this.insideUrl = frame.url;
      this.crashed = false;
      if (this.opened !== undefined) this.opened.requests.expected = false;
      this.emit('did-navigate', new ElectronEvent(), this.getURL(), 200, 'OK');
    });
    session.on('Page.navigatedWithinDocument', ({ frameId, url }) => {
      if (frameId !== mainFrame) return;
      this.insideUrl = url;
      this.emit('did-navigate-in-page', new ElectronEvent(), this.getURL(), true);
    });
    session.on('Page.domContentEventFired', () => {
      this.emit('dom-ready', new ElectronEvent());
      if (!this.shown) this.window.emit('ready-to-show');
      this.shown = true;
    });
    session.on('Page.loadEventFired', () => this.emit('did-finish-load'));
    session.on('Page.frameStoppedLoading', ({ frameId }) => {
      if (frameId !== mainFrame) return;
      this.loading = false;
      this.emit('did-stop-loading');
    });
    session.on('Inspector.targetCrashed', () => {
      this.crashed = true;
      this.opened?.link.close();
      this.emit('render-process-gone', new ElectronEvent(), { reason: 'crashed', exitCode: 1 });
      app.emit('render-process-gone', new ElectronEvent(), this, { reason: 'crashed', exitCode: 1 });
    });
    session.on('Runtime.consoleAPICalled', ({ type, args }) => {
      this.emit(
        'console-message',
        eventWith({
          level: type,
          message: args.map(({ value, description }) => String(value ?? description)).join(' '),
          frame: this.mainFrame,
        }),
      );
    });
  }
}
strictClass(WebContents, 'webContents');

/** The module `webContents`. */
export const webContents = strictObject('webContents module', {
  getAllWebContents: (): WebContents[] => [...windows.values()].map((window) => window.webContents),
  getFocusedWebContents: (): WebContents | null => WebContents.find((one) => one.isFocused()) ?? null,
  fromId: (id: number): WebContents | undefined => WebContents.find((one) => one.id === id),
  fromDevToolsTargetId: pageOfTarget,
});
