import { stripVTControlCharacters } from 'node:util';

export interface TableOptions {
  /** The first row is a heading with a rule below. */
  readonly heading?: boolean;
  /** Columns set to the right, from 0. */
  readonly right?: readonly number[];
  /** Spaces in front of each line. */
  readonly indent?: number;
}

/** Rows as lines with aligned columns. */
export function table(rows: readonly (readonly string[])[], { heading = false, right = [], indent = 0 }: TableOptions = {}): string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, c) => Math.max(...rows.map((row) => displayWidth(row[c] ?? ''))));
  const line = (row: readonly string[]) => {
    const cells = widths.map((width, c) => {
      const cell = row[c] ?? '';
      const space = ' '.repeat(width - displayWidth(cell));
      return right.includes(c) ? space + cell : cell + space;
    });
    return (' '.repeat(indent) + cells.join('  ')).trimEnd();
  };
  const lines = rows.map(line);
  return heading && lines.length > 0
    ? [lines[0]!, ' '.repeat(indent) + widths.map((w) => '─'.repeat(w)).join('  '), ...lines.slice(1)]
    : lines;
}

/** Columns that a text takes on a terminal. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of stripVTControlCharacters(text))
    width += /\p{M}|\u200B|\u200D/u.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return width;
}
const WIDE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303F\uFF01-\uFF60]/u;

/** A text in lines of at most `width`, broken at spaces. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** A text no longer than `width`, with an ellipsis where something is missing. */
export function shorten(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}
