import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Envelope } from '../../../shared/contract.ts';
import { errorData } from '../../../shared/errors.ts';
import { headers, PAGE_POLICY } from '../../services/page/policy.ts';
import { Refusal } from './refusal.ts';

/** For what is no page: nothing in it is loaded or run. */
const DATA_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox";
/** How long the rest of a refused body is read and thrown away (ms): a connection that is cut at once takes the answer with it. */
const DRAIN = 2000;

/** Headers of the application's own files. */
export function pageHeaders(type: string): Record<string, string> {
  return { ...headers(type, PAGE_POLICY), 'Cache-Control': 'no-store' };
}

/** Headers of everything else. */
export function dataHeaders(type: string): Record<string, string> {
  return { ...headers(type, DATA_POLICY), 'Cache-Control': 'no-store' };
}

export function sendJson(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, dataHeaders('application/json; charset=utf-8')).end(JSON.stringify(value));
}

/** Goes to the page, with the cookie when there is one to set. */
export function sendOn(request: IncomingMessage, response: ServerResponse, cookie?: string): void {
  if (cookie !== undefined) response.setHeader('Set-Cookie', cookie);
  // After a link on another site's page a redirect would still count as from there, and the cookie would not be sent; a page of ours may go
  // on.
  if (request.headers['sec-fetch-site'] === 'cross-site')
    response
      .writeHead(200, { ...dataHeaders('text/html; charset=utf-8'), 'Content-Security-Policy': PAGE_POLICY, Refresh: '0; url=/' })
      .end('<!doctype html><title>Emend</title>');
  else response.writeHead(303, { ...dataHeaders('text/plain'), Location: '/' }).end();
}

/** Answers with why not: programs get an envelope, people a page. */
export function sendError(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  if (response.headersSent) return void response.destroy(); // cut short, so that it is not taken for the whole
  const status = error instanceof Refusal ? error.status : 500;
  if (status === 405) response.setHeader('Allow', 'GET, POST');
  if (!request.complete) {
    response.setHeader('Connection', 'close');
    request.resume();
    setTimeout(() => request.destroy(), DRAIN).unref();
  }
  const data = errorData(error);
  if (request.url?.startsWith('/api/')) return sendJson(response, { ok: false, error: data } satisfies Envelope, status);
  response
    .writeHead(status, pageHeaders('text/html; charset=utf-8'))
    .end(
      '<!doctype html><html lang="en"><meta charset="utf-8"><title>Emend</title><h1>Emend</h1>' +
        `<p>${escaped(data.message)}</p><p>${escaped(data.hint)}</p></html>`,
    );
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"]/g, (sign) => `&#${sign.codePointAt(0)};`);
}
