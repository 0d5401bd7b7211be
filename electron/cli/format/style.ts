import { randomInt } from 'node:crypto';

/** Ways to set off text. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  accent(text: string): string;
}

/**
 * Known to this run alone, and part of every style until it is printed: so that no file's name and no model's text can set itself off as if
 * Emend had. Terminals never see it; it has no width.
 */
const OWN = [randomInt(1e3, 1e4), randomInt(1e3, 1e4), randomInt(1e3, 1e4), randomInt(1e3, 1e4)].join(';');
const OWN_STYLE = new RegExp(`\\u001B\\[(\\d+);${OWN}m`);

/** Colours only where a person sees them and has not asked for none (no-color.org). */
export function styleFor(stream: { readonly isTTY?: boolean | undefined }, env: NodeJS.ProcessEnv): Style {
  const on = stream.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
  const style = (begin: number, end: number) => (text: string) => (on ? `\u001B[${begin};${OWN}m${text}\u001B[${end};${OWN}m` : text);
  return { bold: style(1, 22), dim: style(2, 22), good: style(32, 39), bad: style(31, 39), accent: style(36, 39) };
}

/** Text for the terminal: own styles as it takes them, all else as `other` gives it. */
export function printable(text: string, other: (text: string) => string): string {
  return text
    .split(OWN_STYLE)
    .map((part, at) => (at % 2 === 0 ? other(part) : `\u001B[${part}m`))
    .join('');
}
