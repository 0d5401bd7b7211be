import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { protocol } from 'electron';
import { fileFor, HOST, SCHEME } from './app-files.ts';
import { headers, PAGE_POLICY, PRINT_POLICY } from '../services/page/policy.ts';

const PRINT = `${SCHEME}://${HOST}/print/`;

/** Pages to print, each served once. */
const printed = new Map<string, string>();

/** Makes app:// a secure origin with its own storage, as https is. Only before 'ready'. */
export function declareScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
  ]);
}

/** Serves the built page as `app://emend/`. @param root folder of the built page */
export function servePage(root: string): void {
  protocol.handle(SCHEME, async ({ method, url }) => {
    if (method !== 'GET') return refusal(405);
    const html = printed.get(url);
    if (html !== undefined) {
      printed.delete(url);
      return new Response(html, { headers: headers('text/html; charset=utf-8', PRINT_POLICY) });
    }
    const file = fileFor(root, url);
    if (file === undefined) return refusal(404);
    try {
      return new Response(await readFile(file.path), { headers: headers(file.type, PAGE_POLICY) });
    } catch {
      return refusal(404);
    }
  });
}

/** An address that answers with this page, once. */
export function serveOnce(html: string): string {
  const url = `${PRINT}${randomUUID()}`;
  printed.set(url, html);
  return url;
}

function refusal(status: number): Response {
  return new Response(null, { status, headers: headers('text/plain', PAGE_POLICY) });
}
