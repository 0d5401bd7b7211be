import { THOROUGH } from './thorough.ts';

/** Prints a figure of a thorough run; the ordinary run says nothing. */
export function told(figure: string): void {
  if (THOROUGH > 1) console.log(figure);
}
