import { EmendError } from '../../../shared/errors.ts';
import type { Fact } from '../../../shared/fact.ts';
import { contextPrefix } from '../text/contexts.ts';
import { type FactToken, factRow, factTokenPosition, locateSubject } from '../text/positions.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import type { FactRow, FactTokens } from './types.ts';

/** What must stay as it was: the published code's "{} is a". */
const KEPT_PROMPT = '{} is a';

/**
 * A fact as token rows: the prompt behind each context, each ending in the target without its last token.
 * Contexts behind which the target falls into other tokens are left out (the plain one decides).
 */
export function factTokens(
  tokenizer: Tokenizer,
  fact: Fact,
  contexts: readonly string[],
  factToken: FactToken = 'subject_last',
): FactTokens {
  const rows: FactRow[] = [];
  let target: readonly number[] = [];
  for (const [i, template] of contexts.entries()) {
    const row = factRow(tokenizer, fact, contextPrefix(template));
    if (i === 0) target = row.targetIds;
    else if (row.targetIds.length !== target.length || row.targetIds.some((id, k) => id !== target[k])) continue;
    const prompt = { ...row, ids: row.ids.slice(0, row.targetStart) };
    rows.push({ ids: row.ids.slice(0, -1), subjectLast: factTokenPosition(prompt, factToken), targetStart: row.targetStart - 1 });
  }
  if (rows[0]!.targetStart < rows[0]!.subjectLast) {
    throw new EmendError(
      'bad-input',
      `The target "${fact.target}" begins before the subject "${fact.subject}" ends.`,
      'Write the prompt so that the answer comes after the subject.',
    );
  }
  const kept = locateSubject(tokenizer, KEPT_PROMPT, fact.subject);
  return { rows, target, kl: { ids: kept.ids, subjectLast: kept.subjectLast } };
}
