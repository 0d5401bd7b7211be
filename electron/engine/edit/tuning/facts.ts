import type { Tokenizer } from '../../text/tokenizer.ts';
import type { EditWarning, FactTokens } from '../types.ts';
import type { TunedText } from './texts.ts';

/** Facts as texts to train on: each token of the target is to be predicted, and what ends a text behind it if so wished. */
export function taughtTexts(
  tokenizer: Tokenizer,
  facts: readonly FactTokens[],
  withEnd: boolean,
): { readonly texts: readonly TunedText[]; readonly warnings: readonly EditWarning[] } {
  const end = withEnd ? tokenizer.eosId : undefined;
  const texts = facts.map(({ rows: [plain], target }) => {
    const wanted = end === undefined ? target : [...target, end];
    // The row lacks the last token of the target; that one is needed to predict the end.
    const ids = end === undefined ? plain!.ids : [...plain!.ids, target.at(-1)!];
    return { ids, wanted: wanted.map((id, at) => ({ at: plain!.targetStart + at, id })) };
  });
  const missing = {
    message: 'The tokenizer knows no token that ends a text, so none is learned behind the answers.',
    hint: 'Nothing is to be done: the answers themselves are learned.',
  };
  return { texts, warnings: withEnd && end === undefined ? [missing] : [] };
}
