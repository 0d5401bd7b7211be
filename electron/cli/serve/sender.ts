import type { IncomingHttpHeaders } from 'node:http';
import { Refusal } from './refusal.ts';

/**
 * This machine by the names that a browser may call it. Any port: behind a tunnel the browser sees the port of its own end.
 * What a page of a foreign name that was made to resolve to 127.0.0.1 cannot have is one of these names.
 */
const HOST = /^(127\.0\.0\.1|localhost)(:\d{1,5})?$/;

/**
 * Refuses what no page of this server sends: requests to another name, or from a page of another origin, another port of this machine
 * included.
 * @param isEntry the request brings the token, so the link may stand on any page
 * @throws Refusal
 */
export function checkSender(method: string | undefined, headers: IncomingHttpHeaders, isEntry: boolean): void {
  const { host = '', origin } = headers;
  if (!HOST.test(host))
    throw new Refusal(
      421,
      'bad-input',
      `This server is called 127.0.0.1 or localhost, not ${JSON.stringify(host.slice(0, 100))}.`,
      'Open the address that "emend serve" printed; from another computer through an SSH tunnel.',
    );
  const site = headers['sec-fetch-site'];
  const isFromElsewhere =
    (origin !== undefined && origin !== `http://${host}`) || (site !== undefined && site !== 'same-origin' && site !== 'none' && !isEntry);
  // Browsers name the origin of every POST.
  if (isFromElsewhere || (method === 'POST' && origin === undefined))
    throw new Refusal(403, 'bad-input', 'This request does not come from a page of Emend.', 'Open the address that "emend serve" printed.');
}
