import { resolve } from 'node:path';
import { newFile } from '../../services/outputs.ts';
import { defineCommand } from '../command.ts';
import { LIBRARY_MODEL, libraryModel } from '../named.ts';
import { flag, text } from '../options.ts';

export const checkpoint = defineCommand({
  name: 'checkpoint',
  summary: 'Sign the end of a record, to keep the proof elsewhere',
  about:
    'Prints the number and hash of the last entry: mail it, print it, or keep it in git. With --to the signed checkpoint is written to ' +
    'a file. Whoever holds a record against it later sees whether anything up to that entry was changed, or entries were cut off: ' +
    'emend verify MODEL --against FILE, or --against ENTRY:HASH.',
  positionals: [LIBRARY_MODEL],
  options: { to: text('FILE', 'Write the signed checkpoint here'), force: flag('Replace the file when it is there') },
  examples: [
    ['emend checkpoint atlas --to /backup/atlas.checkpoint.json', 'As a file'],
    ['emend checkpoint atlas', 'As a line to note'],
  ],
  async run({ to, force }, [name], context) {
    const path = to === undefined ? undefined : newFile(to, force);
    const { app, model } = await libraryModel(context, name!, {});
    const destination = path === undefined ? {} : { destination: app.grants.grant(resolve(path), 'write').handle };
    const made = await app.call('audit.checkpoint', { model: model.id, ...destination });
    context.out.line(`${model.name} ${made.seq}:${made.hash}`);
    if (made.path !== undefined) context.out.line(`Signed ${made.time}, written to ${made.path}. Keep it away from this data folder.`);
    return made;
  },
});
