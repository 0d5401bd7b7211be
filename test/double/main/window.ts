import type { BrowserWindowConstructorOptions, Rectangle } from 'electron';
import { EventEmitter } from 'node:events';
import { record } from '../calls.ts';
import { strictClass } from '../strict.ts';
import { app } from './app.ts';
import { chromium } from './chromium.ts';
import { ElectronEvent } from './events.ts';
import { windows } from './registry.ts';
import { WORK_AREA } from './screen.ts';
import { WebContents } from './web-contents.ts';

type Shape = 'normal' | 'maximized' | 'minimized' | 'fullscreen';

let lastId = 0;
const NOBODY = 0;
/** The id of the window that has the focus. */
let focused = NOBODY;

/** `BrowserWindow`. A window's size is its content's size: the double draws no frames. */
export class BrowserWindow extends EventEmitter {
  readonly id: number;
  readonly webContents: WebContents;
  private readonly options: BrowserWindowConstructorOptions;
  private bounds: Rectangle;
  private shape: Shape = 'normal';
  private visible: boolean;
  private destroyed = false;
  private closing: Promise<boolean> | undefined;
  private title: string;

  constructor(options: BrowserWindowConstructorOptions = {}) {
    super();
    if (!app.isReady()) throw new Error('Cannot create BrowserWindow before app is ready');
    const { width = 800, height = 600 } = options;
    const { x = Math.round((WORK_AREA.width - width) / 2), y = Math.round((WORK_AREA.height - height) / 2) } = options;
    this.id = ++lastId;
    this.options = options;
    this.bounds = { x, y, width, height };
    this.visible = options.show !== false;
    this.title = options.title ?? app.getName();
    this.webContents = new WebContents(this, options.webPreferences ?? {}, this.bounds);
    windows.set(this.id, this);
    this.resizePage();
    if (this.visible) this.focus();
    app.emit('web-contents-created', new ElectronEvent(), this.webContents);
    app.emit('browser-window-created', new ElectronEvent(), this);
  }

  static getAllWindows = (): BrowserWindow[] => [...windows.values()];
  static getFocusedWindow = (): BrowserWindow | null => windows.get(focused) ?? null;
  static fromId = (id: number): BrowserWindow | null => windows.get(id) ?? null;
  static fromWebContents = (contents: WebContents): BrowserWindow | null => windows.get(contents.id) ?? null;

  loadURL = (url: string): Promise<void> => this.webContents.loadURL(url);
  loadFile = (path: string): Promise<void> => this.webContents.loadFile(path);
  reload = (): void => this.webContents.reload();

  // --- life

  isDestroyed = (): boolean => this.destroyed;

  close(): void {
    void this.tryToClose();
  }

  /** Closes without asking; the window is gone at once, its page a moment later. */
  destroy(): void {
    const { whenOpen } = this.webContents;
    void whenOpen.then(({ targetId }) => chromium().session.send('Target.closeTarget', { targetId })).catch(() => undefined);
    this.webContents.gone();
  }

  /** Closes unless a listener of 'close' minds. @returns whether it closed */
  tryToClose(): Promise<boolean> {
    this.closing ??= this.ask().finally(() => (this.closing = undefined));
    return this.closing;
  }

  /** The page has gone, and the window with it. */
  gone(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    if (this.isFocused()) focused = NOBODY;
    windows.delete(this.id);
    this.emit('closed');
    app.windowClosed();
  }

  private async ask(): Promise<boolean> {
    if (this.destroyed) return true;
    const event = new ElectronEvent();
    this.emit('close', event);
    if (event.defaultPrevented) return false;
    await this.closePage();
    return true;
  }

  private async closePage(): Promise<void> {
    const closed = new Promise((resolve) => this.once('closed', resolve));
    const opened = await this.webContents.whenOpen.catch(() => undefined);
    if (opened === undefined) this.webContents.gone();
    else
      await chromium()
        .session.send('Target.closeTarget', { targetId: opened.targetId })
        .catch(() => this.webContents.gone());
    if (!this.destroyed) await closed;
  }

  // --- seen or not

  isVisible = (): boolean => this.visible && this.shape !== 'minimized';
  isFocused = (): boolean => focused === this.id;

  show(): void {
    this.setVisible(true);
    this.focus();
  }

  hide(): void {
    this.blur();
    this.setVisible(false);
  }

  focus(): void {
    if (this.isFocused()) return;
    windows.get(focused)?.blur();
    focused = this.id;
    this.emit('focus', new ElectronEvent());
    app.emit('browser-window-focus', new ElectronEvent(), this);
  }

  blur(): void {
    if (!this.isFocused()) return;
    focused = NOBODY;
    this.emit('blur', new ElectronEvent());
    app.emit('browser-window-blur', new ElectronEvent(), this);
  }

  private setVisible(visible: boolean): void {
    if (visible === this.visible) return;
    this.visible = visible;
    this.emit(visible ? 'show' : 'hide');
  }

  // --- place and size

  getNormalBounds = (): Rectangle => ({ ...this.bounds });
  getBounds = (): Rectangle => ({ ...(this.shape === 'maximized' || this.shape === 'fullscreen' ? WORK_AREA : this.bounds) });
  getContentBounds = (): Rectangle => this.getBounds();
  getMinimumSize = (): number[] => [this.options.minWidth ?? 0, this.options.minHeight ?? 0];
  isMaximized = (): boolean => this.shape === 'maximized';
  isMinimized = (): boolean => this.shape === 'minimized';
  isFullScreen = (): boolean => this.shape === 'fullscreen';
  isNormal = (): boolean => this.shape === 'normal';
  isResizable = (): boolean => this.options.resizable ?? true;

  getSize(): number[] {
    const { width, height } = this.getBounds();
    return [width, height];
  }

  getPosition(): number[] {
    const { x, y } = this.getBounds();
    return [x, y];
  }

  setBounds(change: Partial<Rectangle>): void {
    const { minWidth = 0, minHeight = 0 } = this.options;
    const old = this.bounds;
    const wanted = { ...old, ...change };
    this.bounds = { ...wanted, width: Math.max(wanted.width, minWidth), height: Math.max(wanted.height, minHeight) };
    const { x, y, width, height } = this.bounds;
    if (width !== old.width || height !== old.height) this.resized('resize', 'resized');
    if (x !== old.x || y !== old.y) for (const name of ['move', 'moved']) this.emit(name, new ElectronEvent());
  }

  setSize = (width: number, height: number): void => this.setBounds({ width, height });
  setPosition = (x: number, y: number): void => this.setBounds({ x, y });

  center(): void {
    const { width, height } = this.bounds;
    this.setBounds({ x: Math.round((WORK_AREA.width - width) / 2), y: Math.round((WORK_AREA.height - height) / 2) });
  }

  maximize(): void {
    this.setVisible(true);
    this.setShape('maximized', 'maximize');
  }

  unmaximize(): void {
    if (this.shape === 'maximized') this.setShape('normal', 'unmaximize');
  }

  minimize(): void {
    this.blur();
    this.setShape('minimized', 'minimize');
  }

  restore(): void {
    this.setShape('normal', this.shape === 'maximized' ? 'unmaximize' : 'restore');
  }

  setFullScreen(on: boolean): void {
    if (on === this.isFullScreen()) return;
    this.setShape(on ? 'fullscreen' : 'normal', on ? 'enter-full-screen' : 'leave-full-screen');
  }

  private setShape(shape: Shape, event: string): void {
    if (shape === this.shape) return;
    this.shape = shape;
    this.resized(event, ...(shape === 'minimized' ? [] : ['resize', 'resized']));
  }

  private resized(...events: readonly string[]): void {
    this.resizePage();
    for (const name of events) this.emit(name, new ElectronEvent());
  }

  private resizePage(): void {
    const { width, height } = this.getBounds();
    void this.webContents.whenOpen
      .then(async ({ targetId }) => {
        const { windowId } = await chromium().session.send('Browser.getWindowForTarget', { targetId });
        await chromium().session.send('Browser.setContentsSize', { windowId, width, height });
      })
      // A window that closes meanwhile needs no size.
      .catch((error: unknown) => this.destroyed || console.error('The window did not take its size:', error));
  }

  // --- frame and decoration, of which there is only a record

  getTitle = (): string => this.title;

  setTitle(title: string): void {
    this.title = title;
  }

  /** The page has a new title, which is the window's too unless a listener minds. */
  pageTitled(title: string): void {
    const event = new ElectronEvent();
    this.emit('page-title-updated', event, title, true);
    if (!event.defaultPrevented) this.setTitle(title);
  }

  setProgressBar = (progress: number, options?: object): void => record('window.setProgressBar', progress, options);
  setBackgroundColor = (color: string): void => record('window.setBackgroundColor', color);
}
strictClass(BrowserWindow);
