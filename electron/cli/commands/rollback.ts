import { defineCommand } from '../command.ts';
import { short } from '../format/ids.ts';
import { LIBRARY_MODEL, libraryModel } from '../named.ts';
import { demanded, text } from '../options.ts';

export const rollback = defineCommand({
  name: 'rollback',
  summary: 'Make an earlier version the current one; everything stays in the record',
  positionals: [LIBRARY_MODEL, { name: 'version', help: '"base", a tag, or the beginning of an id' }],
  options: { reason: text('TEXT', 'Why, for the record') },
  examples: [['emend rollback atlas base --reason "Back to the model as imported"', 'Without any edit']],
  async run(values, [name, version], context) {
    const reason = demanded(values.reason, 'rollback', '--reason', 'Say why: --reason "…".');
    const { app, model } = await libraryModel(context, name!, {});
    const done = await app.run('versions.rollback', { model: model.id, version: version!, reason }, context.follow);
    context.out.line(`${model.name} is at version ${short(done.version)} again. Recorded as entry ${done.entry}.`);
    return done;
  },
});
