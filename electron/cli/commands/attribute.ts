import { defineCommand } from '../command.ts';
import { short } from '../format/ids.ts';
import { MODEL, versionNamed, WHICH } from '../named.ts';
import { RECORD, recordFound } from '../record.ts';
import { texts } from '../options.ts';
import { showAttribution } from '../show/attribution.ts';
import { versionLine } from '../show/grid.ts';

export const attribute = defineCommand({
  name: 'attribute',
  summary: 'Direct logit attribution: what embedding, attention, MLPs and heads add to an answer',
  about: 'The final norm’s division is held at what it was for the whole sum, so that the parts add up to the logit.',
  positionals: [MODEL, { name: 'prompt', help: 'The text before the answer' }],
  options: { ...WHICH, ...RECORD, watch: texts('WORD', "An answer, by its first token (default: the model's own)") },
  examples: [
    ['emend attribute atlas "The capital of France is"', "Of the model's own answer"],
    ['emend attribute atlas "The capital of France is" --watch Paris --watch Rome', 'Two answers, and what tells them apart'],
  ],
  async run(values, [name, prompt], context) {
    const { app, model, version, recorded } = await versionNamed(context, name!, values);
    const found = await app.run(
      'locating.attribute',
      { model: model.id, version, prompt: prompt!, watched: [...values.watch] },
      context.follow,
    );
    showAttribution(context.out, found);
    versionLine(context.out, model.name, recorded ? short(found.version) : undefined);
    return { ...found, ...(await recordFound(context, { app, model }, found.finding, values)) };
  },
});
