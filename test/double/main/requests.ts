import type { Session } from '../chromium/devtools.ts';
import type { Protocol } from '../chromium/protocol.ts';
import { toInside, toOutside } from './addresses.ts';
import { eventWith } from './events.ts';
import { settlePermissions } from './permissions.ts';
import { handlerOf } from './protocol.ts';
import { defaultSession, type Headers, type RequestDetails } from './session.ts';
import type { WebContents } from './web-contents.ts';

type Paused = Protocol.Fetch.requestPausedPayload;

/** Stands between a page and the network: navigation events, `protocol.handle`, `webRequest`. */
export class Requests {
  /** Navigations that the application itself began are not asked about. */
  expected = false;
  private readonly session: Session;
  private readonly webContents: WebContents;
  private readonly mainFrame: string;
  private lastId = 0;

  constructor(session: Session, webContents: WebContents, mainFrame: string) {
    this.session = session;
    this.webContents = webContents;
    this.mainFrame = mainFrame;
    session.on('Fetch.requestPaused', (paused) => {
      // A page that goes away takes its requests with it.
      void this.decide(paused).catch((error: Error) => {
        if (!/Invalid InterceptionId|has ended|Session with given id not found/.test(error.message)) console.error(error);
      });
    });
  }

  private async decide(paused: Paused): Promise<void> {
    const { requestId, request, resourceType } = paused;
    const url = toOutside(request.url);
    const details = { id: ++this.lastId, url, method: request.method, resourceType: resourceTypeOf(paused, this.mainFrame) };
    if (paused.responseStatusCode !== undefined) return this.passResponse(paused, details);
    if (resourceType === 'Document' && this.navigationRefused(paused, url)) return this.fail(requestId, 'Aborted');
    const before = defaultSession.onBeforeRequest.for(url);
    if (before !== null && (await new Promise<{ cancel?: boolean }>((resolve) => before(details, resolve))).cancel === true)
      return this.fail(requestId, 'BlockedByClient');
    if (resourceType === 'Document' && paused.frameId === this.mainFrame) await settlePermissions(this.webContents, request.url);
    const handler = handlerOf(url);
    if (handler !== undefined) return this.answer(paused, details, handler);
    if (url !== request.url) return this.fail(requestId, 'AddressUnreachable');
    await this.session.send('Fetch.continueRequest', { requestId, interceptResponse: defaultSession.onHeadersReceived.for(url) !== null });
  }

  private navigationRefused({ frameId, redirectedRequestId }: Paused, url: string): boolean {
    const isMainFrame = frameId === this.mainFrame;
    if (isMainFrame && redirectedRequestId === undefined && (this.expected || url === withoutFragment(this.webContents.getURL())))
      return false;
    const event = eventWith({
      url,
      isMainFrame,
      isSameDocument: false,
      frame: isMainFrame ? this.webContents.mainFrame : null,
      initiator: this.webContents.mainFrame,
    });
    if (redirectedRequestId !== undefined) this.webContents.emit('will-redirect', event, url);
    else {
      this.webContents.emit('will-frame-navigate', event);
      if (isMainFrame) this.webContents.emit('will-navigate', event, url);
    }
    return event.defaultPrevented;
  }

  private async answer(
    { requestId, request }: Paused,
    details: RequestDetails,
    handler: (request: Request) => Response | Promise<Response>,
  ): Promise<void> {
    const { method, postDataEntries } = request;
    // Referer and Origin name the page as the application knows it.
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, toOutside(value)]));
    const body =
      postDataEntries === undefined ? undefined : Buffer.concat(postDataEntries.map(({ bytes }) => Buffer.from(bytes ?? '', 'base64')));
    let response: Response;
    try {
      response = await handler(new Request(details.url, { method, headers, ...(body === undefined ? {} : { body }) }));
    } catch (error) {
      console.error(`The handler of ${details.url} failed:`, error);
      return this.fail(requestId, 'Failed');
    }
    if (response.type === 'error') return this.fail(requestId, 'Failed');
    const verdict = await judge(
      details,
      response.status,
      [...response.headers].map(([name, value]) => ({ name, value: name === 'location' ? toInside(value) : value })),
    );
    if (verdict === undefined) return this.fail(requestId, 'BlockedByClient');
    const content = Buffer.from(await response.arrayBuffer()).toString('base64');
    await this.session.send('Fetch.fulfillRequest', { requestId, responseCode: response.status, responseHeaders: verdict, body: content });
  }

  private async passResponse({ requestId, responseStatusCode, responseHeaders }: Paused, details: RequestDetails): Promise<void> {
    const verdict = await judge(details, responseStatusCode ?? 0, responseHeaders ?? []);
    if (verdict === undefined) return this.fail(requestId, 'BlockedByClient');
    await this.session.send('Fetch.continueResponse', { requestId, responseCode: responseStatusCode ?? 0, responseHeaders: verdict });
  }

  private async fail(requestId: string, errorReason: Protocol.Network.ErrorReason): Promise<void> {
    await this.session.send('Fetch.failRequest', { requestId, errorReason });
  }
}

/** A request never names the place in a page that its address may end with. */
function withoutFragment(url: string): string {
  return url.split('#', 1)[0]!;
}

/** The headers after `onHeadersReceived`; undefined when it cancelled. */
async function judge(
  details: RequestDetails,
  statusCode: number,
  entries: Protocol.Fetch.HeaderEntry[],
): Promise<Protocol.Fetch.HeaderEntry[] | undefined> {
  const listener = defaultSession.onHeadersReceived.for(details.url);
  if (listener === null) return entries;
  const received: Record<string, string[]> = {};
  for (const { name, value } of entries) (received[name] ??= []).push(value);
  const asked = { ...details, statusCode, responseHeaders: received };
  const { cancel, responseHeaders = received } = await new Promise<{ cancel?: boolean; responseHeaders?: Headers }>((resolve) =>
    listener(asked, resolve),
  );
  if (cancel === true) return undefined;
  return Object.entries(responseHeaders).flatMap(([name, values]) => [values].flat().map((value) => ({ name, value })));
}

/** Electron's word for the kind of a request. */
function resourceTypeOf({ resourceType, frameId }: Paused, mainFrame: string): string {
  if (resourceType === 'Document') return frameId === mainFrame ? 'mainFrame' : 'subFrame';
  if (resourceType === 'XHR' || resourceType === 'Fetch') return 'xhr';
  return resourceType.charAt(0).toLowerCase() + resourceType.slice(1);
}
