import { EmendError } from '../../../shared/errors.ts';
import type { JobContext } from '../../../shared/progress.ts';
import type { Decoder } from '../decoder/decoder.ts';
import type { Jobs } from '../jobs.ts';
import type { ChangeReport } from '../locate/report.ts';
import { change as compared, lastLogits } from '../locate/takeover.ts';
import { Walk } from '../locate/walk.ts';
import { largest } from '../runtime/sampling.ts';
import type { OpenModels } from './open-models.ts';
import { rowOf, tokensOf } from './rows.ts';

/** Where along the layers of a version the new answer takes over from the one that another version gives. */
export async function change(models: OpenModels, params: Jobs['change']['params'], context: JobContext): Promise<ChangeReport> {
  const { prompt } = params;
  const before = await models.open(params.against);
  const after = await models.open(params.model);
  const { tokenizer } = after;
  const { ids } = rowOf(after.decoder, tokenizer, prompt, []);
  const named = (answer: string | undefined) =>
    answer === undefined ? undefined : rowOf(after.decoder, tokenizer, prompt, [answer]).watched[0]!;
  const asked = { old: named(params.old), new: named(params.new) };
  const look = async (decoder: Decoder, done: number) => {
    context.progress('versions', done, 2);
    context.check();
    const walk = await Walk.create(decoder, []);
    try {
      return await lastLogits(walk, ids);
    } finally {
      await walk.release();
    }
  };
  const [first, second] = [await look(before.decoder, 0), await look(after.decoder, 1)];
  context.progress('versions', 2, 2);
  const own = (logits: readonly Float32Array[]) => largest(logits.at(-1)!, 1)[0]!;
  const answers = { old: asked.old ?? own(first), new: asked.new ?? own(second) };
  const said = (id: number) => ({ id, text: tokenizer.tokenText(id) });
  if (answers.old === answers.new)
    throw new EmendError(
      'bad-input',
      `Old and new answer begin with the same token, ${JSON.stringify(tokenizer.tokenText(answers.old))}: there is nothing to take over.`,
      'Name two answers that differ in their first token, or a prompt that the two versions answer differently.',
      { prompt },
    );
  return {
    prompt,
    tokens: tokensOf(tokenizer, ids),
    answers: { old: said(answers.old), new: said(answers.new) },
    ...compared(first, second, answers),
  };
}
