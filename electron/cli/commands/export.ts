import { ExportFormatSchema } from '../../../shared/contract/exports.ts';
import { defineCommand } from '../command.ts';
import { deltaFile, inSession, MODEL, namedModel } from '../named.ts';
import { choice, demanded, flag, integers, text } from '../options.ts';
import { exportDocument, showExport } from '../show/export.ts';
import { UsageError } from '../usage.ts';

const exportOptions = {
  to: text('FOLDER', 'The folder to make'),
  at: text('VERSION', 'Which version of a model of the library (default: the current one)'),
  format: choice(
    ExportFormatSchema.options,
    'Of a model of the library: the whole folder (or left out), the changed tensors, an adapter for PEFT or llama.cpp, an ONNX folder',
  ),
  despite: integers('N,…', 'Of a version that was rejected: the entries of the rejections that you have read, to export it all the same', {
    min: 1,
  }),
  alone: flag('Without the other graphs that lie beside the model: they do not hold the change'),
  edit: text('FILE', 'Instead of a version: the model as imported, or a folder, with this delta of `emend edit --save`'),
};

export const exportCommand = defineCommand({
  name: 'export',
  summary: 'Write an edited model to a new folder',
  about:
    'The folder is a copy of the model in which only the bytes of the edited weights differ; it runs wherever the model did. ' +
    'Of a model of the library the record, signatures and reports lie beside it, in emend/ and model.sig, for `emend verify`.',
  positionals: [MODEL],
  options: exportOptions,
  examples: [
    ['emend export atlas --to ./atlas-edited', 'The current version of a model of the library'],
    ['emend export atlas --at release-1 --format lora --to ./adapter', 'A version as a LoRA adapter'],
    ['emend export ./gpt2-onnx --edit delta.safetensors --to ./gpt2-edited', 'A folder with an edit'],
  ],
  async run(values, [name], context) {
    const { out, follow } = context;
    const { edit, at = 'current', format = 'folder', despite = [], alone = false } = values;
    if (edit !== undefined && (values.at !== undefined || values.format !== undefined))
      throw new UsageError(
        `--edit and ${values.at === undefined ? '--format' : '--at'} do not go together.`,
        '--edit writes the model as imported with a delta, as a folder; versions of the library need no --edit.',
      );
    const named = await namedModel(context, name!, { readOnly: edit !== undefined });
    if (edit === undefined && !named.library)
      throw new UsageError(
        'emend export: --edit is missing.',
        'Name the delta to export with: --edit FILE. A model of the library needs none: emend import.',
      );
    const target = demanded(values.to, 'export', '--to', 'Name the folder to make: --to FOLDER.');
    const { app, model } = edit === undefined ? named.library! : await inSession(context, named, deltaFile(edit));
    const exported = await app.run(
      'exports.start',
      {
        model: model.id,
        version: at,
        format,
        destination: app.grants.grant(target, 'write').handle,
        despite: [...despite],
        leavesOutOthers: alone,
      },
      follow,
    );
    showExport(out, exported);
    return exportDocument(exported);
  },
});
