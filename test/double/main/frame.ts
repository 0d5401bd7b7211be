import { strictClass } from '../strict.ts';
import type { MessagePortMain } from '../ports/port.ts';
import type { WebContents } from './web-contents.ts';

/** The main frame of a page; only it has a preload script, so only it sends. */
export class WebFrameMain {
  readonly parent = null;
  readonly top = this;
  readonly name = '';
  readonly routingId = 1;
  readonly processId = 1;
  private readonly webContents: WebContents;

  constructor(webContents: WebContents) {
    this.webContents = webContents;
  }

  get url(): string {
    return this.webContents.getURL();
  }

  /** Scheme and host, as Electron gives it for standard schemes. */
  get origin(): string {
    const url = new URL(this.url || 'about:blank');
    return url.host === '' ? 'null' : `${url.protocol}//${url.host}`;
  }

  isDestroyed(): boolean {
    return this.webContents.isDestroyed();
  }

  send(channel: string, ...args: unknown[]): void {
    this.webContents.send(channel, ...args);
  }

  postMessage(channel: string, message: unknown, transfer?: readonly MessagePortMain[]): void {
    this.webContents.postMessage(channel, message, transfer);
  }
}
strictClass(WebFrameMain);
