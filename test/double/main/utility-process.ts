import { type ChildProcess, fork, type StdioOptions } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { clone } from '../codec.ts';
import type { MessagePortMain } from '../ports/port.ts';
import { PortWire } from '../ports/wire.ts';
import { strictClass, strictObject } from '../strict.ts';
import type { UtilityMessage } from '../utility-messages.ts';
import { app } from './app.ts';
import { ElectronEvent } from './events.ts';
import { utilityProcesses } from './registry.ts';

interface ForkOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly execArgv?: readonly string[];
  readonly cwd?: string;
  readonly stdio?: string | readonly string[];
  readonly serviceName?: string;
}

/** A utility process: Node in a child of its own, as in Electron, and its messages by structured clone. */
export class UtilityProcess extends EventEmitter {
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  private readonly child: ChildProcess;
  private readonly wire: PortWire;
  readonly name: string;
  private running = false;

  constructor(script: string, args: readonly string[], options: ForkOptions) {
    super();
    if (!app.isReady()) throw new Error('utilityProcess cannot be created before app is ready.');
    const { env, execArgv = [], cwd, stdio = 'inherit', serviceName = 'Node Utility Process' } = options;
    const [, out = 'inherit', err = 'inherit'] = typeof stdio === 'string' ? [stdio, stdio, stdio] : stdio;
    this.name = serviceName;
    this.child = fork(join(__dirname, 'utility.cjs'), [script, ...args], {
      env: env ?? process.env,
      // Since Electron 37 an unhandled rejection only warns.
      execArgv: ['--unhandled-rejections=warn', ...execArgv],
      serialization: 'advanced',
      stdio: ['ignore', out, err, 'ipc'] as StdioOptions,
      ...(cwd === undefined ? {} : { cwd }),
    });
    this.stdout = this.child.stdout;
    this.stderr = this.child.stderr;
    this.wire = new PortWire('m', (frame) => this.deliver({ kind: 'port', frame }));
    this.child.once('spawn', () => {
      this.running = true;
      this.emit('spawn');
    });
    this.child.on('message', (message: UtilityMessage) => this.hear(message));
    this.child.once('exit', (code, signal) => this.ended(code ?? (signal === null ? 1 : constants.signals[signal])));
    utilityProcesses.add(this);
  }

  get pid(): number | undefined {
    return this.running ? this.child.pid : undefined;
  }

  postMessage(message: unknown, transfer: readonly MessagePortMain[] = []): void {
    this.deliver({ kind: 'message', data: clone(message), ports: transfer.map((port) => this.wire.transfer(port)) });
  }

  kill(): boolean {
    return this.child.kill();
  }

  /** Ends it even in the middle of native code, which the application's own end does. */
  end(): void {
    this.child.kill('SIGKILL');
  }

  private deliver(message: UtilityMessage): void {
    // A message to a process that has just ended is lost; 'exit' tells.
    if (this.child.connected) this.child.send(message, () => undefined);
  }

  private hear(message: UtilityMessage): void {
    if (message.kind === 'port') this.wire.receive(message.frame);
    else this.emit('message', message.data);
  }

  private ended(exitCode: number): void {
    this.running = false;
    utilityProcesses.delete(this);
    this.wire.close();
    this.emit('exit', exitCode);
    if (exitCode !== 0)
      app.emit('child-process-gone', new ElectronEvent(), {
        type: 'Utility',
        reason: 'abnormal-exit',
        exitCode,
        serviceName: 'node.mojom.NodeService',
        name: this.name,
      });
  }
}
strictClass(UtilityProcess, 'utilityProcess');

export const utilityProcess = strictObject('utilityProcess module', {
  fork(script: string, args: readonly string[] | ForkOptions = [], options: ForkOptions = {}): UtilityProcess {
    return 'length' in args ? new UtilityProcess(script, args, options) : new UtilityProcess(script, [], args);
  },
});
