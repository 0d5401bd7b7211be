import { EventEmitter } from 'node:events';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { clone } from './codec.ts';
import type { MessagePortMain, PortMessage } from './ports/port.ts';
import { PortWire } from './ports/wire.ts';
import { resolveElectronTo } from './resolve.ts';
import { strictClass } from './strict.ts';
import type { UtilityMessage } from './utility-messages.ts';

// Entry of a utility process: gives the script its `process.parentPort`, then runs it.

const send = (message: UtilityMessage): void => void (process.connected && process.send?.(message));
const wire = new PortWire('u', (frame) => send({ kind: 'port', frame }));

/** `process.parentPort`; messages wait for the first listener. */
class ParentPort extends EventEmitter {
  private waiting: PortMessage[] = [];

  constructor() {
    super();
    this.on('newListener', (event: string) => {
      if (event === 'message') setImmediate(() => this.waiting.splice(0).forEach((message) => this.emit('message', message)));
    });
  }

  postMessage(message: unknown, transfer: readonly MessagePortMain[] = []): void {
    send({ kind: 'message', data: clone(message), ports: transfer.map((port) => wire.transfer(port)) });
  }

  start = (): void => undefined;

  receive(message: PortMessage): void {
    if (this.waiting.length > 0 || !this.emit('message', message)) this.waiting.push(message);
  }
}
strictClass(ParentPort, 'process.parentPort');

const parentPort = new ParentPort();
process.on('message', (message: UtilityMessage) => {
  if (message.kind === 'port') wire.receive(message.frame);
  else parentPort.receive({ data: message.data, ports: message.ports.map((id) => wire.adopt(id)) });
});
// An application that was killed leaves nothing behind.
process.on('disconnect', () => process.exit());

Object.assign(process, { parentPort, type: 'utility' });
const script = resolve(process.argv[2] ?? '');
process.argv.splice(1, 2, script);
resolveElectronTo(join(__dirname, 'utility-electron.cjs'));
import(pathToFileURL(script).href).catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
