/** What could steer a terminal, or show text out of order: control characters but tabs and line ends; bidirectional ones. */
const STEERING = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/g;

/** Foreign text with what could steer the terminal written out, as in <U+001B>. Line ends stay. */
export function visible(text: string): string {
  return text.replaceAll(STEERING, (one) => `<U+${one.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}>`);
}

/** The same in one line. */
export function visibleLine(text: string): string {
  return visible(text).replaceAll('\n', '<U+000A>');
}

/** JSON that says the same, and steers no terminal. */
export function visibleJson(json: string): string {
  return json.replaceAll(STEERING, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Text that a model wrote, made safe for a terminal; line ends and tabs stay. */
export function safe(text: string): string {
  return text.replaceAll(STEERING, '\uFFFD');
}

/** A token in quotes, with all that is invisible in it written out. */
export function quoted(token: string): string {
  return safe(JSON.stringify(token));
}

/** Text in one line. */
export function oneLine(text: string): string {
  return safe(text).replaceAll(/\s+/g, ' ').trim();
}
