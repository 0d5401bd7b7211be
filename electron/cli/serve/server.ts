import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as v from 'valibot';
import { EmendError } from '../../../shared/errors.ts';
import type { Application } from '../../services/application.ts';
import { pageHeaders, sendError, sendJson, sendOn } from './answers.ts';
import { readBody } from './body.ts';
import { Door } from './door.ts';
import { Downloads } from './downloads.ts';
import { streamEvents } from './event-stream.ts';
import type { Page } from './page.ts';
import { Refusal } from './refusal.ts';
import { checkSender } from './sender.ts';
import type { Sessions } from './sessions.ts';
import type { Uploads } from './uploads.ts';

const CallSchema = v.object({ method: v.string(), params: v.optional(v.unknown(), {}) });
const DoneSchema = v.object({ id: v.string() });
const DOWNLOAD = '/api/download/';

export interface ServerOptions {
  readonly application: Application;
  readonly page: Page;
  readonly uploads: Uploads;
  /** When left out: the one that was served last, where it is free, else any. */
  readonly port?: number | undefined;
  /** Who was let in before; without it everybody is new. */
  readonly sessions?: Sessions | undefined;
  /** How long the head of a request may take to arrive, ms. */
  readonly patience?: number | undefined;
}

/** A browser sends the head of a request in one piece. */
const PATIENCE = 20_000;
/** One browser opens six, and an event stream for each tab. */
const CONNECTIONS = 200;

/** A server that runs. */
export interface Server {
  readonly port: number;
  /** Lets one browser in, once. */
  readonly link: string;
  /** A browser that was in before is in again. */
  readonly isKnown: boolean;
  close(): Promise<void>;
}

/** Serves the page and the application behind it to one browser of this machine. @throws EmendError when the port cannot be had */
export async function startServer({
  application,
  page,
  uploads,
  port: wanted,
  sessions,
  patience = PATIENCE,
}: ServerOptions): Promise<Server> {
  const downloads = new Downloads(application);
  application.listen((event) => {
    // An import copies; what was uploaded for it is not needed any more, and goes at the latest when the server closes.
    if (event.type === 'imported') uploads.remove(application.grants.path(event.source)).catch(() => undefined);
  });
  // A large upload takes its time; who says half a sentence and waits is let go.
  const times = { requestTimeout: 0, headersTimeout: patience, connectionsCheckingInterval: patience / 4 };
  const server = createServer(times, (request, response) => {
    answer(request, response).catch((error: unknown) => sendError(request, response, error));
  });
  server.maxConnections = CONNECTIONS;
  const listen = (on: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', (error) =>
        reject(new EmendError('failed', `Port ${on} cannot be used: ${error.message}.`, 'Choose another with --port, or leave it out.')),
      );
      server.listen(on, '127.0.0.1', resolve);
    });
  const last = wanted === undefined ? sessions?.port : undefined;
  if (last === undefined) await listen(wanted ?? 0);
  else await listen(last).catch(() => listen(0)); // somebody else has that port now
  const { port } = server.address() as AddressInfo;
  const door = new Door(port, sessions?.passOf(port));
  const isKnown = door.pass !== undefined;
  /** A page can go on after the next start. Where that cannot be written, it needs a new link then. */
  const remember = async () => {
    if (door.pass !== undefined) await sessions?.keep(port, door.pass).catch(() => undefined);
  };
  await remember();

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, headers } = request;
    const { pathname, token } = targetOf(request);
    checkSender(method, headers, token !== undefined);
    if (method !== 'GET' && method !== 'POST') throw new Refusal(405, 'bad-input', `There is no ${method} here.`, 'Use GET or POST.');
    const isIn = door.knows(headers.cookie);
    if (token !== undefined && method === 'GET' && pathname === '/')
      return isIn ? sendOn(request, response) : await enter(token, request, response);
    if (!isIn) throw stranger();
    if (method === 'POST') await post(pathname, request, response);
    else await get(pathname, response);
  }

  async function enter(token: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const cookie = door.exchange(token);
    if (cookie === undefined) throw stranger();
    await remember();
    sendOn(request, response, cookie);
  }

  function stranger(): Refusal {
    return new Refusal(
      403,
      'bad-input',
      door.isUsed ? 'The link was used already: it lets in one browser, once.' : 'This browser was not let in yet.',
      door.isUsed
        ? 'Go on in that browser, or start "emend serve" again for a new link.'
        : 'Open the link that "emend serve" printed, to its end.',
    );
  }

  async function get(pathname: string, response: ServerResponse): Promise<void> {
    if (pathname === '/api/events') return streamEvents(application, response);
    if (pathname.startsWith(DOWNLOAD)) return downloads.send(pathname.slice(DOWNLOAD.length), response);
    const file = await page.read(pathname);
    if (file === undefined) throw nothingAt(pathname);
    response.writeHead(200, pageHeaders(file.type)).end(file.content);
  }

  async function post(pathname: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (pathname === '/api/call') {
      const { method, params } = await readBody(request, CallSchema);
      sendJson(response, await application.handle(method, params));
    } else if (pathname === '/api/upload') {
      await uploads.receive(request);
      sendJson(response, {});
    } else if (pathname === '/api/upload/done') {
      const { id } = await readBody(request, DoneSchema);
      sendJson(response, { picked: await uploads.finish(id) });
    } else throw nothingAt(pathname);
  }

  return {
    port,
    isKnown,
    link: `http://127.0.0.1:${port}/?token=${door.token}`,
    close: async () => {
      await remember();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

function targetOf({ url = '/' }: IncomingMessage): { pathname: string; token: string | undefined } {
  if (!url.startsWith('/') || !URL.canParse(`http://127.0.0.1${url}`)) throw nothingAt(url);
  const { pathname, searchParams } = new URL(`http://127.0.0.1${url}`);
  return { pathname, token: searchParams.get('token') ?? undefined };
}

function nothingAt(address: string): Refusal {
  return new Refusal(404, 'not-found', `There is nothing at ${address.slice(0, 100)}.`, 'Begin at the address that "emend serve" printed.');
}
