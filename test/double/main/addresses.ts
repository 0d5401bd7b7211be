// Chromium knows no schemes but its own, and drops others before anyone can answer them. So `app://name/x` is
// `https://name.app.electron-double.localhost/x` inside, a secure origin, and only the double sees both names.

const SUFFIX = 'electron-double.localhost';
const OUTSIDE = /^([a-z][a-z0-9+-]*):\/\/([^/?#]*)([^]*)$/i;
const INSIDE = new RegExp(`^https://([^/?#]*)\\.([a-z][a-z0-9+-]*)\\.${SUFFIX.replace('.', '\\.')}(?=[/?#]|$)([^]*)$`, 'i');
const KNOWN_TO_CHROMIUM = /^(https?|wss?|file|about|data|blob|chrome|chrome-error|devtools|view-source)$/i;

/** The address that Chromium is given. */
export function toInside(url: string): string {
  const [, scheme, host, rest] = OUTSIDE.exec(url) ?? [];
  if (scheme === undefined || KNOWN_TO_CHROMIUM.test(scheme)) return url;
  return `https://${host || '_'}.${scheme.toLowerCase()}.${SUFFIX}${rest}`;
}

/** The address that the application is told. */
export function toOutside(url: string): string {
  const [, host, scheme, rest] = INSIDE.exec(url) ?? [];
  return scheme === undefined ? url : `${scheme}://${host === '_' ? '' : host}${rest}`;
}
