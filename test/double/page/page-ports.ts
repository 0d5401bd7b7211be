import type { PortFrame } from '../ports/wire.ts';
import { page, type PagePort } from './dom.ts';

/** The page's end of the wire for ports: `PortWire` with the MessagePorts of the page. */
export class PagePorts {
  private readonly relays = new Map<string, PagePort>();
  private last = 0;
  private readonly send: (frame: PortFrame) => void;

  constructor(send: (frame: PortFrame) => void) {
    this.send = send;
  }

  transfer(port: PagePort): string {
    const id = `p${++this.last}`;
    this.relay(id, port);
    return id;
  }

  adopt(id: string): PagePort {
    const { port1, port2 } = new page.MessageChannel();
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

  private relay(id: string, port: PagePort): void {
    this.relays.set(id, port);
    port.onmessage = ({ data, ports }) => this.send({ port: id, data, ports: ports.map((inner) => this.transfer(inner)) });
    port.addEventListener('close', () => {
      if (this.relays.delete(id)) this.send({ port: id, ports: [], closed: true });
    });
  }
}
