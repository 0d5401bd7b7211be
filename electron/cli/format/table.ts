import stringWidth from 'string-width';

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
  const widths = Array.from({ length: columns }, (_, c) => Math.max(...rows.map((row) => stringWidth(row[c] ?? ''))));
  const line = (row: readonly string[]) => {
    const cells = widths.map((width, c) => {
      const cell = row[c] ?? '';
      const space = ' '.repeat(width - stringWidth(cell));
      return right.includes(c) ? space + cell : cell + space;
    });
    return (' '.repeat(indent) + cells.join('  ')).trimEnd();
  };
  const lines = rows.map(line);
  return heading && lines.length > 0
    ? [lines[0]!, ' '.repeat(indent) + widths.map((w) => '─'.repeat(w)).join('  '), ...lines.slice(1)]
    : lines;
}

/** A text in lines of at most `width`, broken at spaces. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && stringWidth(line) + 1 + stringWidth(word) > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** A text no wider than `width`, with an ellipsis where something is missing. */
export function shorten(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let kept = '';
  for (const { segment } of LETTERS.segment(text)) {
    if (stringWidth(kept + segment) > width - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** What a person takes for one letter, marks and joined emoji included. */
const LETTERS = new Intl.Segmenter();
