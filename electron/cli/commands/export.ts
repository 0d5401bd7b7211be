import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { EmendError } from '../../../shared/errors.ts';
import { findModel } from '../../services/models.ts';
import { newFolder } from '../../services/outputs.ts';
import { defineCommand } from '../command.ts';
import { text } from '../options.ts';
import { showExport } from '../show/export.ts';
import { UsageError } from '../usage.ts';

export const exportCommand = defineCommand({
  name: 'export',
  summary: 'Write the edited model to a new folder',
  about: 'The folder is a copy of the model in which only the bytes of the edited weights differ; it runs wherever the model did.',
  positionals: [{ name: 'model', help: 'The model that the edit was made on' }],
  options: {
    edit: text('FILE', 'The edit: a delta that `emend edit --save` made'),
    to: text('FOLDER', 'The folder to make'),
  },
  examples: [['emend export atlas --edit delta.safetensors --to ./atlas-edited', 'The built-in model with an edit']],
  async run(values, [name], { jobs, out, follow }) {
    if (values.edit === undefined) throw new UsageError('emend export: --edit is missing.', 'Name the delta to export with: --edit FILE.');
    if (values.to === undefined) throw new UsageError('emend export: --to is missing.', 'Name the folder to make: --to FOLDER.');
    const { folder } = findModel(name!);
    const exported = await jobs.run('export', { model: { folder, delta: deltaFile(values.edit) }, target: newFolder(values.to) }, follow);
    showExport(out, exported);
    return exported;
  },
});

/** The path of a delta that must be there. */
export function deltaFile(name: string): string {
  const file = resolve(name);
  if (!existsSync(file)) throw new EmendError('not-found', `There is no edit ${file}.`, 'Give the file that `emend edit --save` made.');
  return file;
}
