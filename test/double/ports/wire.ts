import { MessageChannelMain, MessagePortMain, type PortMessage } from './port.ts';

/** What travels for a port between two processes. */
export interface PortFrame {
  readonly port: string;
  readonly data?: unknown;
  /** Ports that the message carries, by the ids under which the sender will speak of them. */
  readonly ports: readonly string[];
  readonly closed?: boolean;
}

/**
 * Carries ports over one connection to another process. For each port that went over, a relay stays behind:
 * what its peer says is sent as frames, and frames that come back are said to the peer.
 */
export class PortWire {
  private readonly relays = new Map<string, MessagePortMain>();
  private last = 0;
  private readonly side: string;
  private readonly send: (frame: PortFrame) => void;

  /** @param side a letter that the other side does not use, for the ids of ports that leave here */
  constructor(side: string, send: (frame: PortFrame) => void) {
    this.side = side;
    this.send = send;
  }

  /** Sends a port over. @returns the id to name in the message that carries it */
  transfer(port: MessagePortMain): string {
    const id = `${this.side}${++this.last}`;
    this.relay(id, port.detach());
    return id;
  }

  /** The port here for one that the other side sent over. */
  adopt(id: string): MessagePortMain {
    const { port1, port2 } = new MessageChannelMain();
    this.relay(id, port1);
    return port2;
  }

  receive(frame: PortFrame): void {
    const relay = this.relays.get(frame.port);
    if (frame.closed === true) this.relays.delete(frame.port);
    if (frame.closed === true) relay?.close();
    else
      relay?.postMessage(
        frame.data,
        frame.ports.map((id) => this.adopt(id)),
      );
  }

  /** The other side is gone. */
  close(): void {
    for (const relay of this.relays.values()) relay.close();
    this.relays.clear();
  }

  private relay(id: string, port: MessagePortMain): void {
    this.relays.set(id, port);
    port.on('message', ({ data, ports }: PortMessage) => this.send({ port: id, data, ports: ports.map((inner) => this.transfer(inner)) }));
    port.on('close', () => {
      if (this.relays.delete(id)) this.send({ port: id, ports: [], closed: true });
    });
    port.start();
  }
}
