// Model text is foreign text: a control character in it could steer the terminal.
const CONTROL = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/g;

/** Text that a model wrote, made safe for a terminal; line ends and tabs stay. */
export function safe(text: string): string {
  return text.replaceAll(CONTROL, '\uFFFD');
}

/** A token in quotes, with all that is invisible in it written out. */
export function quoted(token: string): string {
  return safe(JSON.stringify(token));
}

/** Text in one line. */
export function oneLine(text: string): string {
  return safe(text).replaceAll(/\s+/g, ' ').trim();
}
