import { fork } from 'node:child_process';
import type { Request } from './messages.ts';

/** How the engine process ended. */
export interface Ending {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** The end of what it wrote to its output: native code says there why it gave up. */
  readonly output: string;
}

/** The application's end of an engine process, whatever kind of process that is. */
export interface Channel {
  /** @throws DataCloneError when the message is not plain data */
  send(request: Request): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Resolves once, after the last message. */
  readonly ended: Promise<Ending>;
  /** Ends the process now, whatever it does. */
  kill(): void;
}

/** What an engine process may do that others may not. */
export interface Rights {
  /** Start programs: node-llama-cpp tries its binary in one of its own. */
  readonly programs?: boolean;
}

/** Characters of output that are kept. */
const OUTPUT_TAIL = 4000;

/**
 * What the engine gives up by Node's permission model: to start other programs, to debug itself, and from Node 25 on the network. It reads
 * models and writes exports wherever people choose, so files stay open to it. It binds JavaScript alone: ONNX Runtime's own code is not
 * held by it.
 */
const permissions = ({ programs = false }: Rights) => [
  process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission',
  '--allow-fs-read=*',
  '--allow-fs-write=*',
  '--allow-worker',
  '--allow-addons',
  ...(programs ? ['--allow-child-process'] : []),
  '--disable-warning=ExperimentalWarning',
  '--disable-warning=SecurityWarning', // says that native code is not held
];

/** What a person typed for one command is none of the engine's business. */
const SECRETS = ['EMEND_PASSPHRASE'];

/** Runs the engine in a child process of Node, with `env` added to the environment. */
export function forkEngine(entry: string, env: Readonly<Record<string, string>>, rights: Rights = {}): Channel {
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !SECRETS.includes(name)));
  const child = fork(entry, [], {
    env: { ...inherited, ...env },
    serialization: 'advanced',
    execArgv: permissions(rights),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  const keep = (piece: Buffer) => (output = (output + piece.toString()).slice(-OUTPUT_TAIL));
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  const ended = new Promise<Ending>((resolve) => {
    // 'close' comes after the messages and the output, 'exit' may come before.
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal, output }));
    child.once('error', (error) => {
      if (child.pid === undefined) resolve({ exitCode: null, signal: null, output: error.message });
    });
  });
  return {
    // A message to a process that has just ended is lost; `ended` tells.
    send: (request) => void child.send(request, () => undefined),
    onMessage: (listener) => void child.on('message', listener),
    ended,
    kill: () => void child.kill('SIGKILL'),
  };
}
