import type { Patch } from '../../../shared/contract/patching.ts';
import { PATCH_KINDS, patchKinds, restored } from '../../../shared/tracing.ts';
import { defineCommand } from '../command.ts';
import { short } from '../format/ids.ts';
import { percent, points } from '../format/numbers.ts';
import type { Printer } from '../format/printer.ts';
import { quoted, safe } from '../format/text.ts';
import { MODEL, versionNamed, WHICH } from '../named.ts';
import { RECORD, recordFound } from '../record.ts';
import { choices, text } from '../options.ts';
import { showSites, versionLine } from '../show/grid.ts';
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

function showPatch(out: Printer, { clean, counterfactual, answers, alignment, grids }: Patch): void {
  const [own, other] = answers.map(({ text: word }) => quoted(word)) as [string, string];
  for (const { prompt, outcome } of [clean, counterfactual])
    out.line(
      `${out.style.dim(safe(prompt))}  ${own} ${percent(outcome.probabilities[0]!)}, ${other} ${percent(outcome.probabilities[1]!)}`,
    );
  if (alignment === 'from the end') out.line(out.style.dim('The prompts differ in length; tokens are aligned from the end.'));
  for (const kind of PATCH_KINDS) {
    const grid = grids[kind];
    if (!grid) continue;
    out.heading(patchKinds[kind].title);
    const cells = grid.map((row) =>
      row.map((cell) => {
        const share = cell && restored(cell, clean.outcome, counterfactual.outcome);
        return share === null || share === undefined ? '–' : points(share, 0);
      }),
    );
    showSites(out, kind, counterfactual.tokens, cells);
  }
  out.line();
  out.line(out.style.dim(`How much of the way to ${own} is restored, in %; columns are layers.`));
}
