import { PATCH_KINDS } from '../../../shared/tracing.ts';
import { defineCommand } from '../command.ts';
import { short } from '../format/ids.ts';
import { MODEL, versionNamed, WHICH } from '../named.ts';
import { RECORD, recordFound } from '../record.ts';
import { choices, text } from '../options.ts';
import { versionLine } from '../show/grid.ts';
import { showPatch } from '../show/sites.ts';
import { UsageError } from '../usage.ts';

export const patch = defineCommand({
  name: 'patch',
  summary: 'Activation patching: which states of one prompt’s run turn the answer to another prompt into its own',
  about:
    'States of the clean prompt are put one at a time into the run of the counterfactual one. What is shown is how much of the way from ' +
    'the counterfactual answer to the clean one that goes, by the difference of their logits: 0 none of it, 100 all of it. Prompts of ' +
    'different lengths are aligned at their ends.',
  positionals: [
    MODEL,
    { name: 'clean', help: 'The prompt that states are taken from' },
    { name: 'counterfactual', help: 'The prompt that they are put into, such as the same about another subject' },
  ],
  options: {
    answer: text('WORD', "The answer to the clean prompt, by its first token (default: the model's own)"),
    otherAnswer: text('WORD', "The answer to the counterfactual one (default: the model's own)"),
    kinds: choices(PATCH_KINDS, 'What is put in place (default: hidden, mlp, attention)'),
    ...WHICH,
    ...RECORD,
  },
  examples: [
    ['emend patch atlas "The capital of France is" "The capital of Italy is"', 'Where the model holds which country it is asked about'],
    ['emend patch atlas "The capital of France is" "The capital of Italy is" --kinds head', 'Head by head'],
  ],
  async run(values, [name, clean, counterfactual], context) {
    const { answer, otherAnswer, kinds } = values;
    if ((answer === undefined) !== (otherAnswer === undefined))
      throw new UsageError('--answer and --other-answer go together.', "Name both answers, or neither for the model's own.");
    const { app, model, version, recorded } = await versionNamed(context, name!, values);
    const found = await app.run(
      'locating.patch',
      {
        model: model.id,
        version,
        clean: clean!,
        counterfactual: counterfactual!,
        ...(answer === undefined || otherAnswer === undefined ? {} : { answers: [answer, otherAnswer] }),
        ...(kinds === undefined ? {} : { kinds: [...kinds] }),
      },
      context.follow,
    );
    showPatch(context.out, found);
    versionLine(context.out, model.name, recorded ? short(found.version) : undefined);
    return { ...found, ...(await recordFound(context, { app, model }, found.finding, values)) };
  },
});
