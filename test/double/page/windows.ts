import { page } from './dom.ts';

/** Tells of a window that was asked for: its address, name and features. */
export type Asked = (url: string, name: string, features: string) => void;

/** In the page's world: `window.open` opens nothing. A window that Chromium had made already could not be refused without a trace. */
export function refuseOpen(ask: Asked): void {
  page.window['open'] = (url = '', name = '', features = ''): null => {
    ask(String(url) === '' ? 'about:blank' : new URL(String(url), page.document.baseURI).href, String(name), String(features));
    return null;
  };
}

/** In the preload world: links and forms that would open a window, by their target or by the keys held, do not. */
export function refuseNewTargets(ask: Asked): void {
  const refuse = (event: Event & Held, element: Targeted | undefined, url: string | undefined, byKeys: boolean): void => {
    if (event.defaultPrevented || element === undefined || url === undefined || url === '') return;
    const named = element.target !== '' && !['_self', '_parent', '_top'].includes(element.target.toLowerCase());
    if (!named && !byKeys) return;
    event.preventDefault();
    ask(url, element.target === '_blank' ? '' : element.target, '');
  };
  const click = (event: Event & Held): void => {
    const path = event.composedPath() as unknown as readonly Targeted[];
    const link = path.find(({ tagName }) => tagName === 'A' || tagName === 'AREA');
    refuse(event, link, link?.href, event.button === 1 || event.ctrlKey || event.metaKey || event.shiftKey);
  };
  page.addEventListener('click', click);
  page.addEventListener('auxclick', (event) => event.button === 1 && click(event));
  page.addEventListener('submit', (event) => {
    const form = event.target as unknown as Targeted;
    refuse(event, form, form.action, false);
  });
}

interface Held {
  readonly button: number;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
}

interface Targeted {
  readonly tagName: string;
  readonly target: string;
  readonly href: string;
  readonly action: string;
}
