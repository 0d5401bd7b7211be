import { EventEmitter } from 'node:events';
import { record } from '../calls.ts';
import { strictClass, strictObject } from '../strict.ts';

// Small parts that reach out of the application: written down instead of done.

export const shell = strictObject('shell', {
  openExternal: async (url: string): Promise<void> => record('shell.openExternal', url),
  openPath: async (path: string): Promise<string> => (record('shell.openPath', path), ''),
  showItemInFolder: (path: string): void => record('shell.showItemInFolder', path),
  trashItem: async (path: string): Promise<void> => record('shell.trashItem', path),
  beep: (): void => record('shell.beep'),
});

let copied = '';

/** `clipboard`, in memory. */
export const clipboard = strictObject('clipboard', {
  writeText: async (text: string): Promise<void> => void (copied = text),
  readText: async (): Promise<string> => copied,
  clear: async (): Promise<void> => void (copied = ''),
});

const blockers = new Set<number>();
let lastBlocker = 0;

export const powerSaveBlocker = strictObject('powerSaveBlocker', {
  start(type: string): number {
    record('powerSaveBlocker.start', type);
    blockers.add(++lastBlocker);
    return lastBlocker;
  },
  stop: (id: number): boolean => (record('powerSaveBlocker.stop', id), blockers.delete(id)),
  isStarted: (id: number): boolean => blockers.has(id),
});

/** There is no key ring here: the honest answer, and the one that an application must be ready for. */
export const safeStorage = strictObject('safeStorage', { isEncryptionAvailable: (): boolean => false });

export const crashReporter = strictObject('crashReporter', { start: (options: object): void => record('crashReporter.start', options) });

/** `Notification`; a test emits 'click' on those that it finds in `electronDouble.notifications`. */
export class Notification extends EventEmitter {
  readonly title: string;
  readonly body: string;

  constructor(options: { readonly title?: string; readonly body?: string } = {}) {
    super();
    this.title = options.title ?? '';
    this.body = options.body ?? '';
  }

  static isSupported = (): boolean => true;

  show(): void {
    record('notification.show', { title: this.title, body: this.body });
    notifications.push(this);
    this.emit('show');
  }

  close(): void {
    this.emit('close');
  }
}
strictClass(Notification);

export const notifications: Notification[] = [];

class PowerMonitor extends EventEmitter {
  getSystemIdleTime = (): number => 0;
  isOnBatteryPower = (): boolean => false;
}
strictClass(PowerMonitor, 'powerMonitor');

/** `powerMonitor`; a test emits 'suspend' and the like. */
export const powerMonitor = new PowerMonitor();
