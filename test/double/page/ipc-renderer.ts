import { clone, decode, encode, type Json } from '../codec.ts';
import type { PortFrame } from '../ports/wire.ts';
import { strictClass } from '../strict.ts';
import { EventEmitter } from './emitter.ts';
import type { PagePort } from './dom.ts';
import type { FromPage, ToPage } from './messages.ts';
import { PagePorts } from './page-ports.ts';
import { ask } from './question.ts';

interface Settlers {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** `ipcRenderer` of the preload script. */
export class IpcRenderer extends EventEmitter {
  readonly #waiting = new Map<number, Settlers>();
  readonly #ports: PagePorts;
  readonly #send: (message: FromPage) => void;
  #lastId = 0;

  constructor(send: (message: FromPage) => void) {
    super();
    this.#send = send;
    this.#ports = new PagePorts((frame) => send({ kind: 'port', frame: encode(frame) }));
  }

  invoke(channel: string, ...args: unknown[]): Promise<unknown> {
    const sent = encode(args);
    return this.#request((id) => ({ kind: 'invoke', id, channel, args: sent }));
  }

  send(channel: string, ...args: unknown[]): void {
    this.#send({ kind: 'send', channel, args: encode(args), ports: [] });
  }

  postMessage(channel: string, message: unknown, transfer: readonly PagePort[] = []): void {
    this.#send({ kind: 'send', channel, args: encode([clone(message)]), ports: transfer.map((port) => this.#ports.transfer(port)) });
  }

  sendSync(channel: string, ...args: unknown[]): unknown {
    return decode(JSON.parse(ask({ about: 'send-sync', channel, args: encode(args) })) as Json);
  }

  /** Takes what the main process sent; the double calls it, not the application. */
  static receive(renderer: IpcRenderer, message: ToPage): void {
    if (message.kind === 'result') renderer.#settle(message);
    else if (message.kind === 'port') renderer.#ports.receive(decode(message.frame) as PortFrame);
    else
      renderer.emit(
        message.channel,
        { sender: renderer, ports: message.ports.map((id) => renderer.#ports.adopt(id)) },
        ...(decode(message.args) as unknown[]),
      );
  }

  /** Asks the main process for leave; resolves when it has been given or refused. */
  static askPermission(renderer: IpcRenderer, permission: string): Promise<unknown> {
    return renderer.#request((id) => ({ kind: 'permission', id, permission }));
  }

  #request(message: (id: number) => FromPage): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId;
      this.#waiting.set(id, { resolve, reject });
      this.#send(message(id));
    });
  }

  #settle({ id, value, error }: ToPage & { kind: 'result' }): void {
    const settlers = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) settlers?.resolve(decode(value ?? null));
    else settlers?.reject(new Error(error));
  }
}
strictClass(IpcRenderer, 'ipcRenderer');
