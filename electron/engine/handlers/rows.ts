import { EmendError } from '../../../shared/errors.ts';
import type { Decoder } from '../decoder/decoder.ts';
import type { TextToken } from '../locate/report.ts';
import { rowWithTarget } from '../text/positions.ts';
import type { Tokenizer } from '../text/tokenizer.ts';

/**
 * A prompt's tokens, and the first token of each watched answer behind it.
 * @throws EmendError 'bad-input' for an empty prompt, and for an answer whose token the model gives no logit for
 */
export function rowOf(decoder: Decoder, tokenizer: Tokenizer, prompt: string, watched: readonly string[]) {
  const ids = tokenizer.encode(prompt);
  if (ids.length === 0) throw new EmendError('bad-input', 'The prompt is empty.', 'Write a prompt, such as "The capital of France is".');
  const found = watched.map((text) => rowWithTarget(tokenizer, prompt, text).targetIds[0]!);
  const strange = found.findIndex((id) => id >= decoder.anatomy.vocabulary);
  if (strange >= 0)
    throw new EmendError(
      'bad-input',
      `The model gives no logit for the first token of ${JSON.stringify(watched[strange])}.`,
      'Watch another word.',
    );
  return { ids, watched: found };
}

/** Tokens as a report shows them. @param subject the subject's first token, and the one behind its last */
export function tokensOf(tokenizer: Tokenizer, ids: readonly number[], [first, end]: readonly [number, number] = [0, 0]): TextToken[] {
  return ids.map((id, at) => ({ id, text: tokenizer.tokenText(id), isSubject: at >= first && at < end }));
}
