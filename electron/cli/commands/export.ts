import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { ExportFormatSchema } from '../../../shared/contract/exports.ts';
import { EmendError } from '../../../shared/errors.ts';
import { newFolder } from '../../services/outputs.ts';
import { type Context, defineCommand } from '../command.ts';
import { size } from '../format/numbers.ts';
import { type InLibrary, MODEL, namedModel } from '../named.ts';
import { choice, demanded, text, type Values } from '../options.ts';
import { showExport } from '../show/export.ts';
import { UsageError } from '../usage.ts';

const exportOptions = {
  to: text('FOLDER', 'The folder to make'),
  at: text('VERSION', 'Which version of a model of the library (default: the current one)'),
  format: choice(
    ExportFormatSchema.options,
    'Of a model of the library: the whole folder (also when left out), the changed tensors alone, or a LoRA adapter for PEFT',
  ),
  edit: text('FILE', 'Instead of a version: the model as imported, or a folder, with this delta of `emend edit --save`'),
};

export const exportCommand = defineCommand({
  name: 'export',
  summary: 'Write an edited model to a new folder',
  about:
    'The folder is a copy of the model in which only the bytes of the edited weights differ; it runs wherever the model did. Of a model of the library the record, signatures and reports lie beside it, in emend/ and model.sig, for `emend verify`.',
  positionals: [MODEL],
  options: exportOptions,
  examples: [
    ['emend export atlas --to ./atlas-edited', 'The current version of a model of the library'],
    ['emend export atlas --at release-1 --format lora --to ./adapter', 'A version as a LoRA adapter'],
    ['emend export ./gpt2-onnx --edit delta.safetensors --to ./gpt2-edited', 'A folder with an edit'],
  ],
  async run(values, [name], context) {
    const { jobs, out, follow } = context;
    if (values.edit !== undefined && (values.at !== undefined || values.format !== undefined))
      throw new UsageError(
        `--edit and ${values.at === undefined ? '--format' : '--at'} do not go together.`,
        '--edit writes the model as imported with a delta, as a folder; versions of the library need no --edit.',
      );
    const { files, library } = await namedModel(context, name!, { readOnly: values.edit !== undefined });
    if (values.edit === undefined && library) return exportVersion(context, library, values);
    const edit = demanded(
      values.edit,
      'export',
      '--edit',
      'Name the delta to export with: --edit FILE. A model of the library needs none: emend import.',
    );
    const target = demanded(values.to, 'export', '--to', TO);
    const exported = await jobs.run(
      'export',
      { model: { folder: files.folder, delta: deltaFile(edit) }, target: newFolder(target) },
      follow,
    );
    showExport(out, exported);
    return exported;
  },
});

const TO = 'Name the folder to make: --to FOLDER.';

async function exportVersion({ out, follow }: Context, { app, model }: InLibrary, values: Values<typeof exportOptions>): Promise<unknown> {
  const { at = 'current', format = 'folder' } = values;
  const target = newFolder(demanded(values.to, 'export', '--to', TO));
  const exported = await app.run(
    'exports.start',
    { model: model.id, version: at, format, destination: app.grants.grant(target, 'write').handle },
    follow,
  );
  out.line(`Exported ${exported.files} files, ${size(exported.bytes)}, to ${exported.path}. Recorded as entry ${exported.entry}.`);
  out.line(
    exported.changed.length === 0 ? 'Every weight is as imported.' : `Weights that differ from the import: ${exported.changed.join(', ')}`,
  );
  out.line();
  out.line('Whoever gets the folder verifies it with the public key that `emend key` shows:');
  out.line(`  emend verify ${exported.path} --key public.pem`);
  return exported;
}

/** The path of a delta that must be there. */
export function deltaFile(name: string): string {
  const file = resolve(name);
  if (!existsSync(file)) throw new EmendError('not-found', `There is no edit ${file}.`, 'Give the file that `emend edit --save` made.');
  return file;
}
