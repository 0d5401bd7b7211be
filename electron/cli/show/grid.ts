import type { TextToken } from '../../../shared/contract/locating.ts';
import type { Printer } from '../format/printer.ts';
import { quoted } from '../format/text.ts';

/**
 * Numbers by token and layer, one line a token; tokens of the subject have a star.
 * @param cells [tokens][columns]
 */
export function showGrid(
  out: Printer,
  tokens: readonly TextToken[],
  columns: readonly string[],
  cells: readonly (readonly string[])[],
): void {
  out.table([['', ...columns], ...tokens.map(({ text, isSubject }, at) => [`${isSubject ? '*' : ' '} ${quoted(text)}`, ...cells[at]!])], {
    heading: true,
    right: columns.map((_, at) => at + 1),
  });
}

/** What a version or a bare folder is called below a figure. */
export function versionLine(out: Printer, name: string, version: string | undefined): void {
  out.line();
  out.line(out.style.dim(version === undefined ? `${name} as it lies there` : `version ${version} of ${name}`));
}
