import type { Decoder } from '../decoder/decoder.ts';
import { Generator } from '../decoder/generate.ts';
import { contextTemplates, MEMIT_CONTEXT_STARTS } from '../text/contexts.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import type { Report } from '../../../shared/progress.ts';

/** The published sampling: the five most likely tokens, as likely as they are (util/generate.py). */
const sampling = (seed: number) => ({ temperature: 1, topK: 5, topP: 1, repetitionPenalty: 1, seed });

/** MEMIT's contexts: the bare prompt and one continuation each of "The", "Therefore", "Because", "I", "You", ten tokens in all. */
export async function memitContexts(decoder: Decoder, tokenizer: Tokenizer, seed: number, report: Report): Promise<string[]> {
  return contextTemplates(
    await continued(
      decoder,
      tokenizer,
      MEMIT_CONTEXT_STARTS.map((text) => tokenizer.encode(text)),
      () => 10,
      seed,
      report,
    ),
  );
}

/**
 * ROME's contexts: the bare prompt and, for each pair, so many texts of so many tokens, written by the model from its start token
 * (which the published length counts).
 */
export async function romeContexts(
  decoder: Decoder,
  tokenizer: Tokenizer,
  shape: readonly (readonly [length: number, count: number])[],
  seed: number,
  report: Report,
): Promise<string[]> {
  const lengths = shape.flatMap(([length, count]) => Array.from({ length: count }, () => length));
  return contextTemplates(
    await continued(
      decoder,
      tokenizer,
      lengths.map(() => startRow(tokenizer)),
      (i) => lengths[i]!,
      seed,
      report,
    ),
  );
}

/** The row that a text of the model's own begins with: its start token, or for a model without one its end token, or "The". */
export function startRow(tokenizer: Tokenizer): number[] {
  const id = tokenizer.bosId ?? tokenizer.eosId;
  return id === undefined ? tokenizer.encode('The') : [id];
}

async function continued(
  decoder: Decoder,
  tokenizer: Tokenizer,
  rows: readonly number[][],
  lengthOf: (row: number) => number,
  seed: number,
  report: Report,
): Promise<string[]> {
  const generator = await Generator.create(decoder, { prepack: false });
  try {
    const longest = Math.max(...rows.map((_, i) => lengthOf(i)));
    const made = await generator.continue(rows, { maxTokens: longest, sampling: sampling(seed), check: () => report.check() });
    return rows.map((row, i) => {
      const ids = [...row, ...made[i]!].slice(0, Math.max(lengthOf(i), row.length));
      return tokenizer.decode(ids, { skipSpecialTokens: true }).trim();
    });
  } finally {
    await generator.release();
  }
}
