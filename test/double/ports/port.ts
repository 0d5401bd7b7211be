import { EventEmitter } from 'node:events';
import { clone } from '../codec.ts';
import { strictClass } from '../strict.ts';

/** What a port or a parent port hears. */
export interface PortMessage {
  readonly data: unknown;
  readonly ports: readonly MessagePortMain[];
}

/** One end of a channel, as Electron has it in the main process: messages wait until `start()`. */
export class MessagePortMain extends EventEmitter {
  private peer: MessagePortMain | undefined;
  private waiting: PortMessage[] = [];
  private started = false;

  /** Joins two ends. */
  static entangle(one: MessagePortMain, other: MessagePortMain): void {
    one.peer = other;
    other.peer = one;
  }

  postMessage(message: unknown, transfer: readonly MessagePortMain[] = []): void {
    const data = clone(message);
    const ports = transfer.map((port) => port.detach());
    if (this.peer === undefined) return;
    this.peer.waiting.push({ data, ports });
    this.peer.flushSoon();
  }

  start(): void {
    this.started = true;
    this.flushSoon();
  }

  close(): void {
    const peer = this.peer;
    this.peer = undefined;
    if (peer === undefined) return;
    peer.peer = undefined;
    queueMicrotask(() => {
      peer.flush();
      peer.emit('close');
    });
  }

  /** A new port in this one's place, with its waiting messages; this one is dead from then on, as after a transfer. */
  detach(): MessagePortMain {
    const heir = new MessagePortMain();
    if (this.peer !== undefined) MessagePortMain.entangle(heir, this.peer);
    this.peer = undefined;
    heir.waiting = this.waiting.splice(0);
    return heir;
  }

  private flushSoon(): void {
    queueMicrotask(() => this.flush());
  }

  private flush(): void {
    while (this.started && this.waiting.length > 0) this.emit('message', this.waiting.shift());
  }
}
strictClass(MessagePortMain);

/** Two entangled ports. */
export class MessageChannelMain {
  readonly port1 = new MessagePortMain();
  readonly port2 = new MessagePortMain();

  constructor() {
    MessagePortMain.entangle(this.port1, this.port2);
  }
}
