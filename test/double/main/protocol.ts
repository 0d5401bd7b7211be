import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { strictObject } from '../strict.ts';
import { app, requireReady } from './app.ts';

type Handler = (request: Request) => Response | Promise<Response>;

interface CustomScheme {
  readonly scheme: string;
  readonly privileges?: Readonly<Record<string, boolean>>;
}

/** What Electron says when a session is used too early. */
export const NOT_READY = 'Session can only be received when app is ready';

const handlers = new Map<string, Handler>();

/** What the application registered, for tests to read. */
export const privileged: CustomScheme[] = [];

/** The handler for an address as the application knows it. */
export function handlerOf(url: string): Handler | undefined {
  return handlers.get(new URL(url).protocol.slice(0, -1));
}

export const protocol = strictObject('protocol', {
  registerSchemesAsPrivileged(schemes: readonly CustomScheme[]): void {
    if (app.isReady()) throw new Error('protocol.registerSchemesAsPrivileged should be called before app is ready');
    privileged.splice(0, privileged.length, ...schemes);
  },
  handle(scheme: string, handler: Handler): void {
    requireReady(NOT_READY);
    if (handlers.has(scheme)) throw new Error(`Failed to register protocol: ${scheme}`);
    handlers.set(scheme, handler);
  },
  unhandle(scheme: string): void {
    if (!handlers.delete(scheme)) throw new Error(`Failed to unhandle protocol: ${scheme}`);
  },
  isProtocolHandled: (scheme: string): boolean => handlers.has(scheme),
});

const TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
};

/** `net`: fetches files and what the application serves itself, and the rest as Node does. */
export const net = strictObject('net', {
  async fetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    requireReady(NOT_READY);
    const request = new Request(input, init);
    if (request.url.startsWith('file:')) return file(fileURLToPath(request.url));
    const handler = handlerOf(request.url);
    return handler === undefined ? fetch(request) : handler(request);
  },
  isOnline: (): boolean => false,
});

async function file(path: string): Promise<Response> {
  const content = await readFile(path).catch(() => undefined);
  if (content === undefined) throw new Error('net::ERR_FILE_NOT_FOUND');
  return new Response(content, { headers: { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' } });
}
