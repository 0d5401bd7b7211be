import { readFile } from 'node:fs/promises';
import type { Ablation } from '../../../shared/contract/patching.ts';
import { EmendError } from '../../../shared/errors.ts';
import { PATCH_KINDS, patchKinds } from '../../../shared/tracing.ts';
import { defineCommand } from '../command.ts';
import { counted, short } from '../format/ids.ts';
import { percent, points } from '../format/numbers.ts';
import type { Printer } from '../format/printer.ts';
import { quoted, safe } from '../format/text.ts';
import { MODEL, versionNamed, WHICH } from '../named.ts';
import { RECORD, recordFound } from '../record.ts';
import { choice, choices, text, texts } from '../options.ts';
import { showSites, versionLine } from '../show/grid.ts';
import { UsageError } from '../usage.ts';

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
  const content = await readFile(file, 'utf8').catch(() => {
    throw new EmendError('not-found', `The texts ${file} cannot be read.`, 'Give a text file in UTF-8, one text on each line.');
  });
  const found = content.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (found.length > 0) return found;
  throw new EmendError('bad-input', `The texts ${file} are empty.`, 'Write one text on each line.');
}

function showAblation(out: Printer, { prompt, tokens, outcome, answers, how, texts: averaged, grids }: Ablation): void {
  const put = how === 'zero' ? 'zero' : `its average over ${counted(averaged, 'text')}`;
  out.line(out.style.dim(safe(prompt)));
  for (const [at, { text: word }] of answers.entries()) {
    const own = outcome.probabilities[at]!;
    out.line(`${quoted(word)} ${percent(own)}`);
    for (const kind of PATCH_KINDS) {
      const grid = grids[kind];
      if (!grid) continue;
      out.heading(`${patchKinds[kind].title}: ${put} in its place`);
      const cells = grid.map((row) => row.map((cell) => (cell ? points(cell.probabilities[at]! - own) : '–')));
      showSites(out, kind, tokens, cells);
    }
    out.line();
  }
  out.line(out.style.dim('Points of probability that the answer gains or loses; columns are layers.'));
}
