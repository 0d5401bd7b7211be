import { open } from 'node:fs/promises';
import { EmendError } from '../../../shared/errors.ts';
import type { ColumnNames } from './csv.ts';
import { readRecords, type ReadRecords, type RecordProblem } from './datasets.ts';
import { decodeText } from '../text/encoding.ts';

/** How much of a file of facts is read: the published ones with as many facts as an edit takes are smaller. */
const READ = { bytes: 64 * 1024 ** 2, records: 100_000 };

/** Where facts are, and what of them is wanted. */
export interface FactSource {
  /** A file, or a text that somebody pasted. */
  readonly from: { readonly file: string } | { readonly text: string };
  /** What errors call it. */
  readonly name: string;
  readonly columns?: ColumnNames | undefined;
  readonly takesWrong?: boolean | undefined;
  /** Rows copied from a spreadsheet often come without their header; those of a fact are known by their places. */
  readonly mayLackHeader?: boolean | undefined;
  /** How much of them is read, where it is not as much as ever. */
  readonly extent?: { readonly bytes?: number; readonly records?: number } | undefined;
  /** How many records, and how many problems, are handed over. */
  readonly most?: number | undefined;
}

/** The first facts of a file or a text. */
export interface ReadFacts extends ReadRecords {
  /** How many records that were read are well-formed, handed over or not. */
  readonly total: number;
  /** How many are not. */
  readonly wrong: number;
  /** Where the encoding had to be found out. */
  readonly remark?: string | undefined;
}

/**
 * Reads facts as {@link readRecords} does, but of a long file only the beginning: so many bytes and so many records at most.
 * @throws EmendError as {@link readRecords} and `decodeText` do; 'bad-input' for a long file of which no beginning can be read
 */
export async function readFacts(source: FactSource): Promise<ReadFacts> {
  const extent = { ...READ, ...source.extent };
  const { from, name, columns, takesWrong, mayLackHeader = false, most = extent.records } = source;
  const { text, remark, isBeginning } =
    'text' in from ? { ...from, remark: undefined, isBeginning: false } : await beginning(from.file, name, extent.bytes);
  const read = readRecords(mayLackHeader ? withHeader(text) : text, name, { columns, takesWrong, isBeginning, most: extent.records });
  const shorter = <T>(all: readonly T[]) => (all.length > most ? all.slice(0, most) : [...all]);
  return {
    ...read,
    remark,
    total: read.records.length,
    wrong: read.problems.length,
    records: shorter(read.records),
    problems: shorter<RecordProblem>(read.problems),
  };
}

async function beginning(
  path: string,
  name: string,
  most: number,
): Promise<{ text: string; remark: string | undefined; isBeginning: boolean }> {
  const file = await open(path, 'r');
  try {
    const bytes = Buffer.allocUnsafe(Math.min((await file.stat()).size, most + 1));
    let length = 0;
    for (;;) {
      const { bytesRead } = await file.read(bytes, length, bytes.length - length, length);
      length += bytesRead;
      if (bytesRead === 0 || length === bytes.length) break;
    }
    const isBeginning = length > most;
    const part = bytes.subarray(0, isBeginning ? lastCharacterBefore(bytes, most) : length);
    if (isBeginning && part.includes(0))
      throw new EmendError(
        'bad-input',
        `${name} is longer than ${Math.round(most / 1e6)} MB and not in UTF-8, so that its beginning cannot be read by itself.`,
        'Save it as UTF-8, or split it.',
      );
    const { text, remark } = decodeText(part, `The file of facts ${name}`);
    return { text, remark, isBeginning };
  } finally {
    await file.close();
  }
}

/** Where the last character of UTF-8 that begins before `end` begins. */
function lastCharacterBefore(bytes: Uint8Array, end: number): number {
  let at = end - 1;
  while (at > 0 && end - at < 4 && (bytes[at]! & 0xc0) === 0x80) at--;
  return at;
}

const COLUMNS = ['subject', 'prompt', 'target', 'previous target', 'paraphrases', 'neighbors', 'generation prompts'];

/** Rows pasted from a spreadsheet often come without their header. */
function withHeader(text: string): string {
  const begin = text.search(/\S/);
  const end = text.indexOf('\n', begin);
  const cells = text
    .slice(Math.max(begin, 0), end < 0 ? undefined : end)
    .split('\t')
    .map((cell) => cell.trim());
  if (cells.length < 3 || !cells.some((cell) => cell.includes('{}'))) return text;
  return `${COLUMNS.slice(0, cells.length).join('\t')}\n${text}`;
}
