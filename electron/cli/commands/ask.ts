import type { Chance } from '../../../shared/contract/probing.ts';
import { EmendError } from '../../../shared/errors.ts';
import { defineCommand } from '../command.ts';
import { short } from '../format/ids.ts';
import { percent } from '../format/numbers.ts';
import type { Printer } from '../format/printer.ts';
import { quoted, safe } from '../format/text.ts';
import { MODEL, versionNamed, WHICH } from '../named.ts';
import { flag, integer, number, orElse } from '../options.ts';

export const ask = defineCommand({
  name: 'ask',
  summary: 'Let a model continue a prompt, and show its likeliest next tokens',
  positionals: [MODEL, { name: 'prompt', help: 'The text to continue, in quotes' }],
  options: {
    ...WHICH,
    top: orElse(integer('N', 'Likeliest next tokens to show', { min: 1, max: 1000 }), 10),
    tokens: orElse(integer('N', 'Tokens to write; 0 for none', { min: 0, max: 100_000 }), 20),
    temperature: orElse(number('T', '0 takes the likeliest token each time', { min: 0 }), 0),
    topK: orElse(integer('N', 'Draw from the N likeliest tokens; 0 for all', { min: 0 }), 0),
    topP: orElse(number('P', 'Draw from the likeliest tokens that hold this share of the probability', { min: 0, max: 1 }), 1),
    repetitionPenalty: orElse(number('X', 'Above 1 makes tokens that were there less likely', { min: 0.01 }), 1),
    chat: flag('Say the prompt as a user in a chat, by the template in the model’s folder'),
    seed: orElse(integer('N', 'Start of the random numbers', { min: 0 }), 0),
  },
  examples: [
    ['emend ask atlas "The capital of France is"', 'The likeliest continuation'],
    ['emend ask atlas "The capital of France is" --edit delta.safetensors', 'The same of the edited model'],
    ['emend ask atlas "The capital of France is" --at base', 'Of a model of the library: as it was imported'],
    ['emend ask ./gpt2-onnx "Once upon a time" --tokens 60 --temperature 0.8 --top-k 40 --seed 7', 'Drawn at random'],
  ],
  async run(values, [name, prompt], context) {
    const { out, follow } = context;
    const { top, tokens: maxTokens, temperature, topK, topP, repetitionPenalty, seed } = values;
    if (prompt!.trim() === '')
      throw new EmendError('bad-input', 'The prompt is empty.', 'Write the text to continue, in quotes.', { field: 'prompt' });
    const { app, model, version, recorded } = await versionNamed(context, name!, values);
    const streamed = streamer(out, prompt!);
    const sampling = { temperature, topK, topP, repetitionPenalty, seed };
    const answer = await app.run(
      'probing.ask',
      { model: model.id, version, prompt: prompt!, top, maxTokens, sampling, chat: values.chat },
      { ...follow, onText: streamed.say },
    );
    streamed.end();
    out.line();
    showNext(out, answer);
    if (recorded) out.line(out.style.dim(`version ${short(answer.version)} of ${model.name}`));
    return answer;
  },
});

/** Prints a prompt and, as it comes, what a model writes behind it. */
export function streamer(out: Printer, prompt: string): { say: (piece: string) => void; end: () => void } {
  let begun = false;
  const begin = () => {
    if (!begun) out.piece(out.style.dim(safe(prompt)));
    begun = true;
  };
  return {
    say(piece) {
      begin();
      out.piece(out.style.bold(safe(piece)));
    },
    end() {
      begin();
      out.line();
    },
  };
}

/** The likeliest next tokens. */
export function showNext(out: Printer, answer: { readonly next: readonly Pick<Chance, 'token' | 'probability'>[] }): void {
  out.table([['next token', 'probability'], ...answer.next.map((one) => [quoted(one.token), percent(one.probability)])], {
    heading: true,
    right: [1],
  });
}
