/** Ways to set off text. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  accent(text: string): string;
}

/** Colours only where a person sees them and has not asked for none (no-color.org). */
export function styleFor(stream: { readonly isTTY?: boolean | undefined }, env: NodeJS.ProcessEnv): Style {
  const on = stream.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
  const style = (begin: number, end: number) => (text: string) => (on ? `\u001B[${begin}m${text}\u001B[${end}m` : text);
  return { bold: style(1, 22), dim: style(2, 22), good: style(32, 39), bad: style(31, 39), accent: style(36, 39) };
}
