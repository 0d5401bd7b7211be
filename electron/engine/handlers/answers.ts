import type { JobContext } from '../../../shared/progress.ts';
import { answerIn } from '../evaluate/answers.ts';
import type { Jobs } from '../jobs.ts';
import { greedy } from '../runtime/sampling.ts';
import { Detokenizer } from '../text/tokenizer.ts';
import type { OpenModels } from './open-models.ts';

/** Tokens in which an answer is told. */
const LONGEST = 10;
/** Prompts that are read together. */
const TOGETHER = 16;

/** What a version answers to each of some prompts, by itself. */
export async function answers(
  models: OpenModels,
  { model, prompts }: Jobs['answers']['params'],
  context: JobContext,
): Promise<Jobs['answers']['result']> {
  const { decoder, tokenizer } = await models.open(model);
  const generator = await models.generator(model, decoder, false);
  const found: Jobs['answers']['result']['answers'][number][] = [];
  for (let start = 0; start < prompts.length; start += TOGETHER) {
    const rows = prompts.slice(start, start + TOGETHER).map((prompt) => tokenizer.encode(prompt));
    const written = rows.map(() => ({
      stream: new Detokenizer(tokenizer),
      text: '',
      steps: [] as { length: number; probability: number }[],
    }));
    // a prompt without tokens has no place to answer at
    const asked = rows.flatMap((row, at) => (row.length === 0 ? [] : [at]));
    await generator.continue(
      asked.map((at) => rows[at]!),
      {
        maxTokens: LONGEST,
        sampling: greedy,
        stopAt: tokenizer.eosIds,
        check: () => context.check(),
        onToken: (row, id, probability) => {
          const one = written[asked[row]!]!;
          one.text += one.stream.push(id);
          one.steps.push({ length: one.text.length, probability: probability() });
          return undefined;
        },
      },
    );
    for (const { stream, text: begun, steps } of written) {
      const text = begun + stream.end();
      const answer = answerIn(text);
      const end = text.length - text.trimStart().length + answer.length;
      // All tokens up to the one that the answer ends in.
      const last = steps.findIndex(({ length }) => length >= end);
      const told = last < 0 ? steps : steps.slice(0, last + 1);
      found.push({ text, answer, probability: told.length === 0 ? 0 : told.reduce((product, one) => product * one.probability, 1) });
    }
    context.progress('answers', Math.min(start + TOGETHER, prompts.length), prompts.length);
  }
  return { answers: found };
}
