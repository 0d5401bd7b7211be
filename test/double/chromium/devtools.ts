import { EventEmitter } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import type { Protocol } from './protocol.ts';

type Method = keyof Protocol.CommandParameters;
type Params<M extends Method> = Protocol.CommandParameters[M];
type Result<M extends Method> = Protocol.CommandReturnValues[M];

interface Pending {
  readonly method: string;
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

interface Incoming {
  readonly id?: number;
  readonly sessionId?: string;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/** One DevTools session: the browser's own, or that of a page. */
export class Session {
  private readonly events = new EventEmitter();
  private readonly connection: DevTools;
  private readonly id: string | undefined;

  constructor(connection: DevTools, id: string | undefined) {
    this.connection = connection;
    this.id = id;
  }

  send<M extends Method>(method: M, params?: Params<M>): Promise<Result<M>> {
    return this.connection.send(method, params, this.id);
  }

  on<E extends keyof Protocol.Events>(event: E, listener: (payload: Protocol.Events[E]) => void): void {
    this.events.on(event, listener);
  }

  hear(method: string, params: unknown): void {
    this.events.emit(method, params);
  }
}

/** The DevTools protocol over Chromium's pipe: JSON messages that end in a zero byte. */
export class DevTools {
  readonly browser = new Session(this, undefined);
  private readonly sessions = new Map<string, Session>();
  private readonly pending = new Map<number, Pending>();
  private readonly out: Writable;
  private rest = '';
  private lastId = 0;

  constructor(out: Writable, into: Readable) {
    this.out = out;
    // Chromium may end at any moment; what waits for it then is told by `close`.
    out.on('error', () => undefined);
    into.setEncoding('utf8').on('data', (piece: string) => this.read(piece));
    into.on('close', () => this.close());
  }

  send<M extends Method>(method: M, params: Params<M> | undefined, sessionId: string | undefined): Promise<Result<M>> {
    return new Promise((resolve, reject) => {
      const id = ++this.lastId;
      this.pending.set(id, { method, resolve, reject });
      this.out.write(`${JSON.stringify({ id, method, params: params ?? {}, sessionId })}\0`);
    });
  }

  /** Joins a page. */
  async attach(targetId: string): Promise<Session> {
    const { sessionId } = await this.browser.send('Target.attachToTarget', { targetId, flatten: true });
    const session = new Session(this, sessionId);
    this.sessions.set(sessionId, session);
    return session;
  }

  private read(piece: string): void {
    const parts = (this.rest + piece).split('\0');
    this.rest = parts.pop() ?? '';
    for (const part of parts) this.hear(JSON.parse(part) as Incoming);
  }

  private hear({ id, sessionId, method, params, result, error }: Incoming): void {
    if (id === undefined) {
      const session = sessionId === undefined ? this.browser : this.sessions.get(sessionId);
      session?.hear(method ?? '', params);
      return;
    }
    const waiting = this.pending.get(id);
    this.pending.delete(id);
    if (error === undefined) waiting?.resolve(result as never);
    else waiting?.reject(new Error(`${waiting.method}: ${error.message}`));
  }

  private close(): void {
    for (const { method, reject } of this.pending.values()) reject(new Error(`${method}: Chromium has ended`));
    this.pending.clear();
  }
}
