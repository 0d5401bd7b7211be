import { EmendError } from '../../../shared/errors.ts';
import { PATCH_KINDS } from '../../../shared/tracing.ts';
import { defineCommand } from '../command.ts';
import { short } from '../format/ids.ts';
import { MODEL, versionNamed, WHICH } from '../named.ts';
import { RECORD, recordFound } from '../record.ts';
import { choice, choices, text, texts } from '../options.ts';
import { versionLine } from '../show/grid.ts';
import { showAblation } from '../show/sites.ts';
import { UsageError } from '../usage.ts';
import { readWholeText } from '../../services/whole-text.ts';

export const ablate = defineCommand({
  name: 'ablate',
  summary: 'Ablation: what becomes of an answer when single outputs are zero, or their average',
  positionals: [MODEL, { name: 'prompt', help: 'The text before the answer' }],
  options: {
    watch: texts('WORD', "An answer to follow, by its first token (default: the model's own)"),
    kinds: choices(PATCH_KINDS, 'What is taken away (default: hidden, mlp, attention)'),
    by: choice(['zero', 'mean'], 'What is put in place (default zero)'),
    texts: text('FILE', 'With --by mean: texts to average over, one a line (default: prompts of the model’s own facts)'),
    ...WHICH,
    ...RECORD,
  },
  examples: [
    ['emend ablate atlas "The capital of France is" --kinds mlp', 'Which MLPs the answer hangs on'],
    ['emend ablate atlas "The capital of France is" --kinds head --by mean', 'Which heads do, against what they give on average'],
  ],
  async run(values, [name, prompt], context) {
    if (values.by === 'zero' && values.texts !== undefined)
      throw new UsageError('--texts is what --by mean averages over.', 'Leave one of --by zero and --texts out.');
    const { app, model, version, recorded } = await versionNamed(context, name!, values);
    const averaged = values.texts === undefined ? [] : await linesOf(values.texts);
    const how = values.by ?? (averaged.length > 0 ? 'mean' : 'zero');
    const found = await app.run(
      'locating.ablate',
      {
        model: model.id,
        version,
        prompt: prompt!,
        watched: [...values.watch],
        how,
        texts: averaged,
        ...(values.kinds === undefined ? {} : { kinds: [...values.kinds] }),
      },
      context.follow,
    );
    showAblation(context.out, found);
    versionLine(context.out, model.name, recorded ? short(found.version) : undefined);
    return { ...found, ...(await recordFound(context, { app, model }, found.finding, values)) };
  },
});

async function linesOf(file: string): Promise<string[]> {
  const content = await readWholeText(file, 'The texts', 'Give a text file in UTF-8, one text on each line.');
  const found = content.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (found.length > 0) return found;
  throw new EmendError('bad-input', `The texts ${file} are empty.`, 'Write one text on each line.');
}
