import { EmendError } from '../../../shared/errors.ts';
import type { Fact } from '../../../shared/fact.ts';
import { loadTokenizer } from './load.ts';
import { factRow } from './positions.ts';
import type { Tokenizer } from './tokenizer.ts';

/** A fact as one row of tokens, prompt and target, and where subject and target lie in it; or why it cannot be cut. */
export type CutFact =
  | { readonly tokens: readonly string[]; readonly subjectFirst: number; readonly subjectLast: number; readonly targetStart: number }
  | { readonly problem: { readonly message: string; readonly hint: string; readonly field: string } };

/** The tokenizer used last stays: screens ask for one model at a time. */
let last: { readonly folder: string; readonly tokenizer: Promise<Tokenizer> } | undefined;

/** The tokenizer of a model, without the model. @param folder its files @throws EmendError as {@link loadTokenizer} */
export function tokenizerOf(folder: string): Promise<Tokenizer> {
  if (last?.folder !== folder) {
    const tokenizer = loadTokenizer(folder);
    last = { folder, tokenizer };
    tokenizer.catch(() => (last = undefined));
  }
  return last.tokenizer;
}

/** Cuts a fact as an edit would. */
export function cutFact(tokenizer: Tokenizer, fact: Fact): CutFact {
  try {
    const row = factRow(tokenizer, fact);
    return {
      tokens: row.ids.map((id) => tokenizer.tokenText(id)),
      subjectFirst: row.subjectFirst,
      subjectLast: row.subjectLast,
      targetStart: row.targetStart,
    };
  } catch (error) {
    if (!(error instanceof EmendError)) throw error;
    const { field } = error.details;
    return { problem: { message: error.message, hint: error.hint, field: typeof field === 'string' ? field : 'prompt' } };
  }
}
