import { readFile } from 'node:fs/promises';
import { EmendError } from '../../../shared/errors.ts';
import { sha256 } from '../../storage/hash.ts';
import type { Decoder } from '../decoder/decoder.ts';
import { Generator } from '../decoder/generate.ts';
import { decodeText } from '../text/encoding.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { startRow } from './contexts.ts';
import type { Report } from '../../../shared/progress.ts';

/** Token rows for the covariance, and what they are. */
export interface Corpus {
  readonly rows: readonly (readonly number[])[];
  /** For the report: "corpus.txt", or "text that the model wrote (seed 0)". */
  readonly name: string;
  /** SHA-256 of what the rows are made of. */
  readonly hash: string;
}

/** Tokens in one row; texts are cut there. */
const ROW = 128;

/** Characters that are cut into tokens at once; a longer line is cut at a space before, so that the work can be stopped. */
const PIECE = 20_000;

/**
 * The beginning of a text file, about `tokens` tokens of it, cut at line ends where possible. Its name says where it holds fewer.
 * @param check throws to stop
 * @throws EmendError 'not-found' when it cannot be read; 'bad-file' when it is no text; 'bad-input' when it holds next to none
 */
export async function corpusFromFile(
  tokenizer: Tokenizer,
  file: string,
  tokens: number,
  check: () => void = () => undefined,
  longest = ROW,
): Promise<Corpus> {
  const bytes = await readFile(file).catch(() => {
    throw new EmendError(
      'not-found',
      `The covariance text ${file} cannot be read.`,
      'Give a plain text file in UTF-8, or leave it out: then the model writes its own.',
    );
  });
  const { text } = decodeText(bytes, `The covariance text ${file}`);
  const rows: number[][] = [];
  let count = 0;
  for (const piece of piecesOf(text)) {
    check();
    const ids = tokenizer.encode(piece);
    for (let from = 0; from < ids.length && count < tokens; from += longest) {
      const row = ids.slice(from, from + longest);
      rows.push(row);
      count += row.length;
    }
    if (count >= tokens) break;
  }
  if (count < LEAST)
    throw new EmendError(
      'bad-input',
      count === 0
        ? `The covariance text ${file} holds no text.`
        : `The covariance text ${file} holds ${count} tokens, too few to measure anything by.`,
      'Give some pages of ordinary text.',
    );
  const name = file.split(/[/\\]/).at(-1)!;
  const fewer = count < tokens ? ` (all of its ${count} tokens; ${tokens} were asked for)` : '';
  return { rows, name: name + fewer, hash: sha256(`${tokens} ${longest}\n${text}`) };
}

/** With fewer tokens than these there are no statistics. */
const LEAST = 50;

/** Lines that hold something; of a very long one pieces, cut at spaces where it has some. */
function* piecesOf(text: string): Iterable<string> {
  for (const line of text.split(/\r\n|\n|\r/)) {
    for (let from = 0; from < line.length;) {
      let to = Math.min(line.length, from + PIECE);
      if (to < line.length) {
        const space = line.lastIndexOf(' ', to);
        if (space > from) to = space;
        else if (/[\uD800-\uDBFF]/.test(line[to - 1]!)) to--;
      }
      const piece = line.slice(from, to);
      if (piece.trim() !== '') yield piece;
      from = to;
    }
  }
}

/** About `tokens` tokens that the model writes itself from its start token: its own distribution, without any download. */
export async function corpusFromModel(
  decoder: Decoder,
  tokenizer: Tokenizer,
  tokens: number,
  seed: number,
  report: Report,
  longest = 64,
): Promise<Corpus> {
  const generator = await Generator.create(decoder);
  const rows: number[][] = [];
  let count = 0;
  try {
    for (let batch = 0; count < tokens; batch++) {
      const starts = Array.from({ length: 32 }, () => startRow(tokenizer));
      const made = await generator.continue(starts, {
        maxTokens: longest - 1,
        sampling: { temperature: 1, topK: 0, topP: 1, repetitionPenalty: 1, seed: seed + 104729 * (batch + 1) },
        check: () => report.check(),
      });
      for (const [i, ids] of made.entries()) {
        rows.push([...starts[i]!, ...ids]);
        count += starts[i]!.length + ids.length;
      }
      report.progress('writing covariance text', Math.min(count, tokens), tokens);
    }
  } finally {
    await generator.release();
  }
  return { rows, name: `text that the model wrote (seed ${seed})`, hash: sha256(`own ${seed} ${tokens} ${longest}`) };
}
