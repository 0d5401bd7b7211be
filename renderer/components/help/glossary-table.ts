/** A word of the glossary with its meaning. */
export interface Entry {
  /** As the table has it: "kept, shaken, lost". */
  readonly title: string;
  /** Each word by itself, without case: "kept". */
  readonly words: readonly string[];
  readonly meaning: readonly Piece[];
}
/** A stretch of a meaning: plain, a word of weight, or a name as code. */
export interface Piece {
  readonly text: string;
  readonly kind: 'plain' | 'strong' | 'code';
}

/** The words of a table in Markdown whose head is "word" and "meaning". */
export function entriesOf(markdown: string): Entry[] {
  const lines = markdown.split('\n');
  const head = lines.findIndex((line) => /^\|\s*word\s*\|\s*meaning\s*\|$/.test(line));
  if (head < 0) throw new Error('The glossary has no table of words and meanings.');
  const rows = lines.slice(head + 2);
  const end = rows.findIndex((line) => !line.startsWith('|'));
  return rows.slice(0, end < 0 ? rows.length : end).map((line) => {
    const cells = /^\|(.*?)\|(.*)\|$/.exec(line);
    if (cells === null) throw new Error(`The glossary has a row that is none: ${line}`);
    const title = cells[1]!.replaceAll('**', '').trim();
    return { title, words: title.split(/,\s*/).map((word) => word.toLowerCase()), meaning: piecesOf(cells[2]!.trim()) };
  });
}

/** What is written in a cell; a link stands for its text. */
function piecesOf(text: string): Piece[] {
  return text
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .split(/(\*\*[^*]+\*\*|`[^`]+`)/)
    .filter((part) => part !== '')
    .map((part): Piece => {
      if (part.startsWith('**')) return { text: part.slice(2, -2), kind: 'strong' };
      if (part.startsWith('`')) return { text: part.slice(1, -1), kind: 'code' };
      return { text: part, kind: 'plain' };
    });
}

/** Words that have another in their meaning or title. */
export function searched(entries: readonly Entry[], words: string): Entry[] {
  const wanted = words.trim().toLowerCase();
  return entries.filter(({ title, meaning }) => `${title} ${plainOf(meaning)}`.toLowerCase().includes(wanted));
}

export function plainOf(meaning: readonly Piece[]): string {
  return meaning.map(({ text }) => text).join('');
}
