import { join } from 'node:path';
import { app, BrowserWindow, type IpcMainEvent, type IpcMainInvokeEvent, nativeTheme } from 'electron';
import type { Event } from '../../shared/contract/events.ts';
import { EVENT } from '../preload/channels.ts';
import { isOurs, PAGE } from './app-files.ts';
import { showContextMenu } from './context-menu.ts';
import { offerReload } from './crash.ts';
import type { WindowMemory } from './window-memory.ts';

const BACKGROUND = { light: '#ffffff', dark: '#16181d' };

/** The one window, which may be closed and opened again on macOS. */
export class MainWindow {
  readonly #memory: WindowMemory;
  #window: BrowserWindow | undefined;
  #listening = false;
  /** What the page must not miss while it loads. */
  readonly #held: Event[] = [];
  /** Called when the person closes the window. @returns whether it may close */
  mayClose: () => boolean = () => true;

  constructor(memory: WindowMemory) {
    this.#memory = memory;
  }

  /** The window for dialogs to belong to. */
  get current(): BrowserWindow | undefined {
    return this.#window;
  }

  get isFocused(): boolean {
    return this.#window?.isFocused() ?? false;
  }

  /** Opens the window, or brings it to the front. */
  show(): void {
    if (this.#window === undefined) return this.#open();
    if (this.#window.isMinimized()) this.#window.restore();
    this.#window.show();
    this.#window.focus();
  }

  send(event: Event): void {
    if (this.#listening) this.#window?.webContents.send(EVENT, event);
    else if (event.type === 'open' || event.type === 'command') this.#held.push(event);
  }

  /** The page hears events now. */
  listens(): void {
    this.#listening = true;
    for (const event of this.#held.splice(0)) this.send(event);
  }

  /** Whether a message comes from our page in this window: its main frame, still at our address. */
  sent({ sender, senderFrame }: IpcMainInvokeEvent | IpcMainEvent): boolean {
    return sender === this.#window?.webContents && senderFrame !== null && senderFrame.parent === null && isOurs(senderFrame.url);
  }

  load(): void {
    // A failure shows in the window; there is no other page to go to.
    this.#window?.loadURL(PAGE).catch(() => undefined);
  }

  #open(): void {
    const window = new BrowserWindow({
      ...this.#memory.place(),
      minWidth: 720,
      minHeight: 480,
      show: false,
      backgroundColor: nativeTheme.shouldUseDarkColors ? BACKGROUND.dark : BACKGROUND.light,
      icon: join(app.getAppPath(), 'build/icons/512x512.png'),
      webPreferences: {
        preload: join(app.getAppPath(), 'dist/preload/preload.cjs'),
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        webSecurity: true,
        webviewTag: false,
        spellcheck: false,
        devTools: !app.isPackaged,
      },
    });
    this.#window = window;
    if (this.#memory.maximized) window.maximize();
    this.#memory.follow(window);
    window.once('ready-to-show', () => window.show());
    // Another document, not another place in this one: Chromium reports loading for both.
    window.webContents.on('did-navigate', () => (this.#listening = false));
    window.webContents.on('context-menu', (_event, params) => showContextMenu(window, params));
    offerReload(window, () => this.load());
    window.on('close', (event) => {
      if (!this.mayClose()) event.preventDefault();
    });
    window.on('closed', () => {
      this.#window = undefined;
      this.#listening = false;
    });
    this.load();
  }
}
