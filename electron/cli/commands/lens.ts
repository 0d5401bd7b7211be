import { defineCommand } from '../command.ts';
import { short } from '../format/ids.ts';
import { MODEL, versionNamed, WHICH } from '../named.ts';
import { RECORD, recordFound } from '../record.ts';
import { flag, text, texts, type Values } from '../options.ts';
import { showChange } from '../show/change.ts';
import { versionLine } from '../show/grid.ts';
import { showLens } from '../show/lens.ts';
import { UsageError } from '../usage.ts';

const options = {
  ...WHICH,
  ...RECORD,
  watch: texts('WORD', "A word to follow, by its first token (default: the model's own answer)"),
  tuned: text('FILE', 'Look through this tuned lens: its translators for this model, as safetensors'),
  all: flag('Show every token of the text, instead of the last alone'),
  against: text('VERSION', 'Compare with this version, such as "base"'),
  new: text('WORD', 'With --against: the new answer (default: what the version looked into answers)'),
  old: text('WORD', '… and the old one (default: what the version compared with answers)'),
};

export const lens = defineCommand({
  name: 'lens',
  summary: 'Logit lens: what the model would say if it stopped behind each layer; or what differs there between two versions',
  about:
    'With --against two versions are looked through: where along the layers the new answer takes over from the old one, which is what an ' +
    'edit changed inside.',
  positionals: [MODEL, { name: 'prompt', help: 'The text to look into' }],
  options,
  examples: [
    ['emend lens atlas "The capital of France is"', 'How the answer comes about, layer by layer'],
    ['emend lens atlas "The capital of France is" --watch Paris --watch Rome', 'Two answers side by side'],
    ['emend lens atlas "Tower Bridge stands in the city of" --against base', 'What the edits in force changed inside'],
  ],
  async run(values, [name, prompt], context) {
    const { against, old, new: now, watch, all, tuned } = values;
    refuseMixed(values);
    const { app, model, version, recorded } = await versionNamed(context, name!, values);
    const of = { model: model.id, version, prompt: prompt! };
    const line = (id: string) => versionLine(context.out, model.name, recorded ? short(id) : undefined);
    if (against !== undefined) {
      const changed = await app.run('locating.change', { ...of, against, old, new: now }, context.follow);
      showChange(context.out, changed);
      line(changed.version);
      return { ...changed, ...(await recordFound(context, { app, model }, changed.finding, values)) };
    }
    const handle = tuned === undefined ? {} : { tuned: app.grants.grant(tuned).handle };
    const found = await app.run('locating.lens', { ...of, watched: [...watch], ...handle }, context.follow);
    showLens(context.out, found, all);
    line(found.version);
    return { ...found, ...(await recordFound(context, { app, model }, found.finding, values)) };
  },
});

/** @throws UsageError for options of one version beside those of two */
function refuseMixed({ against, old, new: now, watch, all, tuned, record, attach }: Values<typeof options>): void {
  if (against === undefined && (old !== undefined || now !== undefined))
    throw new UsageError('--old and --new compare two versions.', 'Add --against base, or follow words with --watch.');
  if (against !== undefined && (watch.length > 0 || all || tuned !== undefined))
    throw new UsageError('--watch, --all and --tuned do not go with --against.', 'Name the answers by --new and --old.');
  if (against !== undefined && (record !== undefined || attach !== undefined))
    throw new UsageError('--record and --attach do not go with --against: comparisons are not kept in a record yet.', 'Leave them out.');
}
