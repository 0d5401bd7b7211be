import { EventEmitter } from 'node:events';
import { strictClass } from '../strict.ts';
import type { MessagePortMain } from '../ports/port.ts';
import type { WebContents } from './web-contents.ts';
import type { WebFrameMain } from './frame.ts';

/** The first argument of what `ipcMain` calls. */
export interface IpcEvent {
  readonly sender: WebContents;
  readonly senderFrame: WebFrameMain;
  readonly frameId: number;
  readonly processId: number;
  readonly type: 'frame';
  readonly ports: readonly MessagePortMain[];
  readonly reply: (channel: string, ...args: unknown[]) => void;
  /** What `sendSync` gets. */
  returnValue: unknown;
}

type Handler = (event: IpcEvent, ...args: unknown[]) => unknown;

/** `ipcMain`, and the `ipc` of each page. */
export class IpcMain extends EventEmitter {
  private readonly handlers = new Map<string, Handler>();

  handle(channel: string, handler: Handler): void {
    if (typeof handler !== 'function') throw new TypeError(`Expected handler to be a function, but found type '${typeof handler}'`);
    if (this.handlers.has(channel)) throw new Error(`Attempted to register a second handler for '${channel}'`);
    this.handlers.set(channel, handler);
  }

  handleOnce(channel: string, handler: Handler): void {
    this.handle(channel, (event, ...args) => {
      this.removeHandler(channel);
      return handler(event, ...args);
    });
  }

  removeHandler(channel: string): void {
    this.handlers.delete(channel);
  }

  /** The handler of a channel, for the double. */
  static handler(ipc: IpcMain, channel: string): Handler | undefined {
    return ipc.handlers.get(channel);
  }
}
strictClass(IpcMain, 'ipcMain');

export const ipcMain = new IpcMain();
