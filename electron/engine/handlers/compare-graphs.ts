import { GREEDY } from '../../../shared/contract/probing.ts';
import { EmendError } from '../../../shared/errors.ts';
import type { JobContext } from '../../../shared/progress.ts';
import { Generator } from '../decoder/generate.ts';
import type { Jobs } from '../jobs.ts';
import type { ModelRef } from '../model-ref.ts';
import { logSoftmax } from '../runtime/sampling.ts';
import type { OpenModels } from './open-models.ts';

/** Texts of several kinds, behind which two graphs of one model say the same. */
const TEXTS = [
  'The',
  'The capital of France is',
  'Once upon a time there was',
  'In 1969, for the first time,',
  '1, 2, 3, 4, 5,',
  'def add(a, b):\n    return',
  'Der Fluss fließt durch',
];
const TOKENS = 8;

/** What two graphs of one model say behind the same texts. */
export async function compareGraphs(
  models: OpenModels,
  { model, other }: Jobs['compareGraphs']['params'],
  context: JobContext,
): Promise<Jobs['compareGraphs']['result']> {
  await models.forgetGenerators();
  const ask = async (ref: ModelRef, done: number) => {
    context.progress('asking', done, 2);
    const { decoder, tokenizer } = await models.open(ref);
    const generator = await Generator.create(decoder, { prepack: false });
    try {
      const said = [];
      for (const text of TEXTS) {
        context.check();
        const row = tokenizer.encode(text);
        const [logits] = await generator.next([row]);
        const [ids] = await generator.continue([row], { maxTokens: TOKENS, sampling: GREEDY, stopAt: tokenizer.eosIds });
        said.push({ next: logSoftmax(logits!), text: tokenizer.continuation(ids!) });
      }
      return said;
    } finally {
      await generator.release();
    }
  };
  const [one, two] = [await ask(model, 0), await ask(other, 1)];
  const texts = TEXTS.map((prompt, at) => {
    const [a, b] = [one[at]!, two[at]!];
    return { prompt, says: a.text, other: b.text, largest: largestDifference(a.next, b.next) };
  });
  return { texts };
}

/** @throws EmendError 'unsupported' for distributions over unlike many tokens, and for those that are no numbers */
function largestDifference(one: ArrayLike<number>, other: ArrayLike<number>): number {
  if (one.length !== other.length)
    throw new EmendError(
      'unsupported',
      `The two graphs are not of one model: one tells of ${one.length} tokens, the other of ${other.length}.`,
      'Keep the two models in folders of their own.',
    );
  let largest = 0;
  for (let at = 0; at < one.length; at++) largest = Math.max(largest, Math.abs(one[at]! - other[at]!));
  if (Number.isFinite(largest)) return largest;
  throw new EmendError('unsupported', 'One of the two graphs gives no numbers.', 'Import the other, or take another copy of the folder.');
}
