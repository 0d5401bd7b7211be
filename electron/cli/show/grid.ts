import type { TextToken } from '../../../shared/contract/locating.ts';
import type { PatchKind } from '../../../shared/tracing.ts';
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

/**
 * What patching or ablating sites did: one line a token, or a head, one column a layer.
 * @param cells [tokens or heads][layers]
 */
export function showSites(out: Printer, kind: PatchKind, tokens: readonly TextToken[], cells: readonly (readonly string[])[]): void {
  const columns = (cells[0] ?? []).map((_, layer) => String(layer));
  if (kind !== 'head') return showGrid(out, tokens, columns, cells);
  out.table([['head', ...columns], ...cells.map((row, head) => [String(head), ...row])], {
    heading: true,
    right: ['head', ...columns].map((_, at) => at),
  });
}

/** What a place of a lens is called: before the first layer, or the layer that it is behind. */
export function placeName(at: number): string {
  return at === 0 ? 'before' : String(at - 1);
}

/** What a version or a bare folder is called below a figure. */
export function versionLine(out: Printer, name: string, version: string | undefined): void {
  out.line();
  out.line(out.style.dim(version === undefined ? `${name} as it lies there` : `version ${version} of ${name}`));
}
