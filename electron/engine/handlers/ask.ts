import { EmendError } from '../../../shared/errors.ts';
import type { JobContext } from '../../../shared/progress.ts';
import type { Jobs } from '../jobs.ts';
import type { OpenModels } from './open-models.ts';
import type { Answer } from '../decoder/answer.ts';
import { largest, logSoftmax } from '../runtime/sampling.ts';
import { tokenizerFolder } from '../onnx/model-folder.ts';
import { ChatTemplate } from '../text/chat.ts';
import { Detokenizer } from '../text/tokenizer.ts';

/** The likeliest next tokens, and the text written on. */
export async function ask(models: OpenModels, params: Jobs['ask']['params'], context: JobContext): Promise<Answer> {
  const { decoder, tokenizer, folder } = await models.open(params.model);
  // a template writes its start token itself
  const ids =
    params.chat === true ? tokenizer.encode(asChat(folder, params.prompt), { addSpecialTokens: false }) : tokenizer.encode(params.prompt);
  if (ids.length === 0) throw new EmendError('bad-input', 'The prompt is empty.', 'Write a prompt, such as "The capital of France is".');
  const generator = await models.generator(params.model, decoder, params.maxTokens > 8);
  let next: Answer['next'] = [];
  const stream = new Detokenizer(tokenizer);
  let text = '';
  const say = (piece: string) => {
    text += piece;
    if (piece !== '') context.say(piece);
  };
  const pieces: { text: string; probability: number }[] = [];
  let tokens = 0;
  await generator.continue([ids], {
    maxTokens: params.maxTokens,
    sampling: params.sampling,
    stopAt: tokenizer.eosIds,
    check: () => context.check(),
    onPrompt: (_, logits) => {
      const logp = logSoftmax(logits);
      next = largest(logits, params.top).map((id) => ({ id, token: tokenizer.tokenText(id), probability: Math.exp(logp[id]!) }));
    },
    onToken: (_, id, probability) => {
      const piece = stream.push(id);
      tokens++;
      pieces.push({ text: piece, probability: probability() });
      say(piece);
      return undefined;
    },
  });
  const rest = stream.end();
  if (rest !== '') pieces.push({ text: rest, probability: pieces.at(-1)?.probability ?? 1 });
  say(rest);
  return { prompt: params.prompt, next, text, tokens, pieces };
}

/** @throws EmendError 'unsupported' where the model has no chat template */
function asChat(folder: string, message: string): string {
  const template = ChatTemplate.read(tokenizerFolder(folder));
  if (template !== undefined) return template.asked(message);
  throw new EmendError(
    'unsupported',
    'This model has no chat template: it was not made to be talked to.',
    'Let it continue a text instead.',
  );
}
