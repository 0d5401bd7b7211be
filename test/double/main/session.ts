import { EventEmitter } from 'node:events';
import { noSuch, strictClass, strictObject } from '../strict.ts';
import { requireReady } from './app.ts';
import { net, NOT_READY, protocol } from './protocol.ts';
import type { WebContents } from './web-contents.ts';

/** A request as listeners of `webRequest` see it. */
export interface RequestDetails {
  readonly id: number;
  readonly url: string;
  readonly method: string;
  readonly resourceType: string;
}

export type Headers = Record<string, string | string[]>;

interface HeadersVerdict {
  readonly cancel?: boolean;
  readonly responseHeaders?: Headers;
}
interface RequestVerdict {
  readonly cancel?: boolean;
}

type HeadersListener = (
  details: RequestDetails & { readonly statusCode: number; readonly responseHeaders: Headers },
  callback: (verdict: HeadersVerdict) => void,
) => void;
type RequestListener = (details: RequestDetails, callback: (verdict: RequestVerdict) => void) => void;
type CheckHandler = (webContents: WebContents | null, permission: string, origin: string, details: object) => boolean;
type RequestHandler = (webContents: WebContents, permission: string, callback: (granted: boolean) => void, details: object) => void;

/** A listener of `webRequest`, for the addresses that it asked for. */
class Listening<L> {
  private listener: L | null = null;
  private patterns: RegExp[] = [];

  set(...args: readonly [L | null] | readonly [{ readonly urls: readonly string[] }, L | null]): void {
    const [filter, listener] = args.length === 2 ? args : [{ urls: ['<all_urls>'] }, args[0]];
    this.listener = listener;
    this.patterns = filter.urls.map(pattern);
  }

  for(url: string): L | null {
    return this.patterns.some((one) => one.test(url)) ? this.listener : null;
  }
}

function pattern(text: string): RegExp {
  return text === '<all_urls>'
    ? /^/
    : new RegExp(
        `^${text
          .split('*')
          .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
          .join('.*')}$`,
      );
}

/** The one session of the double. */
class Session extends EventEmitter {
  readonly protocol = protocol;
  readonly onHeadersReceived = new Listening<HeadersListener>();
  readonly onBeforeRequest = new Listening<RequestListener>();
  readonly webRequest = strictObject('session.webRequest', {
    onHeadersReceived: (...args: Parameters<Listening<HeadersListener>['set']>) => this.onHeadersReceived.set(...args),
    onBeforeRequest: (...args: Parameters<Listening<RequestListener>['set']>) => this.onBeforeRequest.set(...args),
  });
  /** What the application chose, for tests to read. */
  spellChecker = true;
  permissionCheck: CheckHandler | null = null;
  permissionRequest: RequestHandler | null = null;
  fetch = net.fetch;

  setPermissionCheckHandler(handler: CheckHandler | null): void {
    this.permissionCheck = handler;
  }

  setPermissionRequestHandler(handler: RequestHandler | null): void {
    this.permissionRequest = handler;
  }

  /** The double has no devices, certificates or captures to ask about. */
  setDevicePermissionHandler = (): void => undefined;
  setDisplayMediaRequestHandler = (): void => undefined;
  setCertificateVerifyProc = (): void => undefined;

  setSpellCheckerEnabled(enabled: boolean): void {
    this.spellChecker = enabled;
  }

  isSpellCheckerEnabled(): boolean {
    return this.spellChecker;
  }

  setSpellCheckerLanguages = (): void => undefined;
  /** Each run has a fresh profile. */
  clearCache = (): Promise<void> => Promise.resolve();
  clearStorageData = (): Promise<void> => Promise.resolve();
}
strictClass(Session, 'session');

export const defaultSession = new Session();

export const session = strictObject('session', {
  get defaultSession(): Session {
    requireReady(NOT_READY);
    return defaultSession;
  },
  fromPartition(partition: string): Session {
    if (partition !== '') throw noSuch(`session partition "${partition}"`);
    return defaultSession;
  },
});
