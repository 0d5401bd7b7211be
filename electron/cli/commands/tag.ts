import { defineCommand } from '../command.ts';
import { LIBRARY_MODEL, libraryModel } from '../named.ts';
import { orElse, text } from '../options.ts';
import { versionText } from '../versions.ts';

export const tag = defineCommand({
  name: 'tag',
  summary: 'Name a version; names are never moved',
  positionals: [LIBRARY_MODEL, { name: 'name', help: 'The name' }],
  options: { at: orElse(text('VERSION', 'Which version'), 'current') },
  examples: [['emend tag atlas release-1', 'The current version']],
  async run({ at }, [name, called], context) {
    const { app, model } = await libraryModel(context, name!, {});
    const { entry } = await app.call('versions.tag', { model: model.id, version: at, name: called! });
    context.out.line(`${called!} is now a name of ${versionText(at)} of ${model.name}. Recorded as entry ${entry}.`);
    return { entry };
  },
});
