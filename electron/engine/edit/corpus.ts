import { readFile } from 'node:fs/promises';
import { EmendError } from '../../../shared/errors.ts';
import { sha256 } from '../../storage/hash.ts';
import type { Decoder } from '../decoder/decoder.ts';
import { Generator } from '../decoder/generate.ts';
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

/** The beginning of a text file, about `tokens` tokens of it, cut at line ends where possible. */
export async function corpusFromFile(tokenizer: Tokenizer, file: string, tokens: number, longest = ROW): Promise<Corpus> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new EmendError(
      'not-found',
      `The covariance text ${file} cannot be read.`,
      'Give a plain text file in UTF-8, or leave it out: then the model writes its own.',
    );
  });
  const rows: number[][] = [];
  let count = 0;
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === '') continue;
    const ids = tokenizer.encode(line);
    for (let from = 0; from < ids.length && count < tokens; from += longest) {
      const row = ids.slice(from, from + longest);
      rows.push(row);
      count += row.length;
    }
    if (count >= tokens) break;
  }
  if (count === 0) throw new EmendError('bad-input', `The covariance text ${file} holds no text.`, 'Give some pages of ordinary text.');
  return { rows, name: file.split(/[/\\]/).at(-1)!, hash: sha256(`${tokens} ${longest}\n${text}`) };
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
