import { EmendError } from '../../../shared/errors.ts';
import type { Jobs } from '../jobs.ts';
import { attentionPattern } from '../locate/attention.ts';
import type { AttentionReport } from '../locate/report.ts';
import type { OpenModels } from './open-models.ts';
import { rowOf, tokensOf } from './rows.ts';

/** A pattern has a number for each pair of tokens and each head; more than so many tokens are no picture any more. */
const MOST_TOKENS = 256;

/** Attention patterns of one layer. */
export async function attention(models: OpenModels, { model, prompt, layer }: Jobs['attention']['params']): Promise<AttentionReport> {
  const { decoder, tokenizer } = await models.open(model);
  const { ids } = rowOf(decoder, tokenizer, prompt, []);
  if (ids.length > MOST_TOKENS)
    throw new EmendError(
      'bad-input',
      `The prompt has ${ids.length} tokens; attention is shown for at most ${MOST_TOKENS}.`,
      'Write a shorter prompt, such as "The capital of France is".',
    );
  const heads = await attentionPattern(decoder, ids, layer);
  return { prompt, tokens: tokensOf(tokenizer, ids), layer, layers: decoder.anatomy.layers.length, heads };
}
