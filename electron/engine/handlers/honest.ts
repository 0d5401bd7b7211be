import type { JobContext } from '../../../shared/progress.ts';
import { given } from '../../../shared/given.ts';
import { inContext } from '../../../shared/honest/wording.ts';
import { DecoderScorer } from '../evaluate/decoder-scorer.ts';
import { DecoderAsker } from '../evaluate/honest/asker.ts';
import { checkHonestly, LIMIT } from '../evaluate/honest/check.ts';
import { longestPrompt, unrelatedText } from '../evaluate/honest/unrelated.ts';
import type { Jobs } from '../jobs.ts';
import { tokenizerFolder } from '../onnx/model-folder.ts';
import { ChatTemplate } from '../text/chat.ts';
import type { OpenModels } from './open-models.ts';
import { positionsOf } from './positions.ts';

/** Asks a version as people ask, beside the one before it. */
export async function honest(models: OpenModels, params: Jobs['honest']['params'], context: JobContext): Promise<Jobs['honest']['result']> {
  await models.forgetGenerators();
  const { decoder, before, tokenizer, folder } = await models.open(params.model);
  const against = params.baseline === undefined ? before : (await models.open(params.baseline)).decoder;
  const positions = positionsOf(folder);
  const template = ChatTemplate.read(tokenizerFolder(folder));
  const facts = params.among ?? params.facts.map(({ fact }) => fact);
  const tokens = (text: string) => tokenizer.encode(text).length;
  const room = positions === undefined ? Infinity : positions - LIMIT - longestPrompt(facts, facts.map(inContext), tokens);
  const text = unrelatedText(params.sentences, facts, tokens, room);
  const scorers = [decoder, against].map((one) => new DecoderScorer(one, tokenizer, () => context.check()));
  try {
    const [now, was] = scorers.map((one) => new DecoderAsker(one, tokenizer, { most: LIMIT, positions }, template));
    return await checkHonestly(
      { now: now!, before: was! },
      params.facts,
      { limit: LIMIT, isChat: template !== undefined, ...given({ text }) },
      context,
    );
  } finally {
    for (const scorer of scorers) await scorer.release();
  }
}
