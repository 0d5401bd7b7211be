import { EventEmitter } from 'node:events';
import { record } from '../calls.ts';
import { switchValue } from '../command-line.ts';
import { application, commandLine } from '../environment.ts';
import { strictClass, strictObject } from '../strict.ts';
import { chromium, chromiumStarted } from './chromium.ts';
import { ElectronEvent } from './events.ts';
import { getPath, setPath } from './paths.ts';
import { utilityProcesses, windows } from './registry.ts';
import { InstanceLock } from './single-instance.ts';

/** `app`: the life of the application. */
class App extends EventEmitter {
  readonly isPackaged = application.resources !== undefined;
  readonly dock = undefined;
  name = application.manifest.productName ?? application.manifest.name ?? 'Electron';
  /**
   * Switches added by the program. Chromium runs by then, so those are only written down; those that Playwright adds come before and do
   * count.
   */
  readonly commandLine = strictObject('app.commandLine', {
    appendSwitch: (name: string, value = ''): void => this.appendSwitch(name, value),
    hasSwitch: (name: string): boolean => this.switch(name) !== undefined,
    getSwitchValue: (name: string): string => this.switch(name) ?? '',
  });
  private readonly added: string[] = [];
  private ready = false;
  private quitting = false;
  private exiting = false;
  private lock: InstanceLock | undefined;
  private becomeReady: () => void = () => undefined;
  private readonly whenItIsReady = new Promise<void>((resolve) => (this.becomeReady = resolve));

  isReady(): boolean {
    return this.ready;
  }

  whenReady(): Promise<void> {
    return this.whenItIsReady;
  }

  getAppPath = (): string => application.folder;
  getPath = getPath;
  setPath = setPath;
  getVersion = (): string => application.manifest.version ?? process.versions['electron'] ?? '';
  getLocale = (): string => 'en-US';
  getSystemLocale = (): string => 'en-US';
  getPreferredSystemLanguages = (): string[] => ['en-US'];

  /** The main process and the utility processes; of each only what can be told of a process of Node. */
  getAppMetrics(): object[] {
    const utilities = [...utilityProcesses].flatMap(({ pid, name }) =>
      pid === undefined ? [] : [{ type: 'Utility', pid, serviceName: 'node.mojom.NodeService', name }],
    );
    return [{ type: 'Browser', pid: process.pid }, ...utilities].map((one) => strictObject('process metric', one));
  }

  getName(): string {
    return this.name;
  }

  setName(name: string): void {
    this.name = name;
  }

  requestSingleInstanceLock(additionalData?: unknown): boolean {
    this.lock ??= new InstanceLock(getPath('userData'));
    return this.lock.request(
      { argv: process.argv, workingDirectory: process.cwd(), additionalData },
      ({ argv, workingDirectory, additionalData: data }) => {
        this.emit('second-instance', new ElectronEvent(), argv, workingDirectory, data);
      },
    );
  }

  hasSingleInstanceLock(): boolean {
    return this.lock?.held ?? false;
  }

  releaseSingleInstanceLock(): void {
    this.lock?.release();
  }

  /** Every renderer of the double is one that Electron would sandbox. */
  enableSandbox = (): void => undefined;
  addRecentDocument = (path: string): void => record('app.addRecentDocument', path);
  clearRecentDocuments = (): void => record('app.clearRecentDocuments');
  setAppUserModelId = (id: string): void => record('app.setAppUserModelId', id);
  setAboutPanelOptions = (options: object): void => record('app.setAboutPanelOptions', options);
  showAboutPanel = (): void => record('app.showAboutPanel');
  focus = (): void => record('app.focus');
  setBadgeCount = (count = 0): boolean => (record('app.setBadgeCount', count), true);

  /** Asks everything to close, and ends when nothing minds. */
  quit(): void {
    if (!this.quitting) void this.tryToQuit();
  }

  /** Ends without asking anybody. */
  exit(code = 0): void {
    if (this.exiting) return;
    this.exiting = true;
    this.emit('quit', new ElectronEvent(), code);
    this.lock?.release();
    for (const child of utilityProcesses) child.end();
    const closed = chromiumStarted() ? chromium().close() : Promise.resolve();
    void closed.finally(() => process.exit(code));
  }

  /** A window has closed. */
  windowClosed(): void {
    if (windows.size > 0 || this.quitting || this.exiting) return;
    if (!this.emit('window-all-closed')) this.quit();
  }

  /** The main script has been loaded and Chromium is there. */
  start(): void {
    this.ready = true;
    this.emit('ready', new ElectronEvent(), {});
    this.becomeReady();
  }

  private async tryToQuit(): Promise<void> {
    this.quitting = true;
    if (this.prevented('before-quit') || !(await this.closeWindows()) || this.prevented('will-quit')) this.quitting = false;
    else this.exit();
  }

  private prevented(name: 'before-quit' | 'will-quit'): boolean {
    const event = new ElectronEvent();
    this.emit(name, event);
    return event.defaultPrevented;
  }

  private async closeWindows(): Promise<boolean> {
    for (const window of [...windows.values()]) if (!(await window.tryToClose())) return false;
    return true;
  }

  private switch(name: string): string | undefined {
    // What Playwright adds to every command line is no part of the test's own.
    const isPlaywrights = process.env['ELECTRON_DOUBLE_HIDES'] === name;
    return isPlaywrights ? undefined : switchValue([...commandLine.switches, ...this.added], name);
  }

  private appendSwitch(name: string, value: string): void {
    this.added.push(value === '' ? `--${name}` : `--${name}=${value}`);
    if (chromiumStarted()) record('app.commandLine.appendSwitch', name, value);
  }

  /** Switches that were added before Chromium was started. */
  get addedSwitches(): readonly string[] {
    return this.added;
  }
}
strictClass(App, 'app');

export const app = new App();

/** @throws Error with a sentence of Electron's when the application is not ready */
export function requireReady(sentence: string): void {
  if (!app.isReady()) throw new Error(sentence);
}
export type { App };
