import { THOROUGH } from './thorough.ts';

/** Prints a figure of a thorough run, or where `EMEND_FIGURES` asks for figures; the ordinary run says nothing. */
export function told(figure: string): void {
  if (THOROUGH > 1 || process.env['EMEND_FIGURES'] !== undefined) console.log(figure);
}
