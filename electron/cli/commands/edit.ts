import { join, resolve } from 'node:path';
import { EmendError } from '../../../shared/errors.ts';
import type { ExportOutcome } from '../../engine/jobs.ts';
import type { NamedModel } from '../../services/models.ts';
import { newFile, newFolder } from '../../services/outputs.ts';
import { withScratch } from '../../services/trials.ts';
import { type Context, defineCommand } from '../command.ts';
import { DEFAULT_METHOD } from '../../../shared/methods/list.ts';
import { editChoices, editOptions, hyperparameterFile, recipeFor } from '../edit-options.ts';
import { examine, factOptions, factsFor, readFacts } from '../facts.ts';
import { shortDraft } from '../format/ids.ts';
import { type InLibrary, MODEL, namedModel } from '../named.ts';
import { flag, text, type Values } from '../options.ts';
import { showEdit } from '../show/edit.ts';
import { showExport } from '../show/export.ts';
import { showReport } from '../show/report.ts';
import { word } from './import.ts';

const options = {
  ...factOptions,
  ...editOptions,
  fluency: flag('Of a model of the library: also measure fluency, which generates long texts'),
  save: text('FILE', 'Keep the edit as a delta in this file, such as delta.safetensors, and not as a draft'),
  export: text('FOLDER', 'Write the edited model to this new folder, and keep no draft'),
  force: flag('Replace the file of --save when it is there'),
};
type EditValues = Values<typeof options>;

export const edit = defineCommand({
  name: 'edit',
  summary: 'Work out an edit that writes facts into a model, and measure it',
  about:
    'The model itself is never changed. Of a model of the library the edit becomes a draft on the current version, for `emend commit`. Of a folder, or with --save or --export, it is a delta: --save keeps it in a file that ask, check and export take with --edit; --export writes a whole model folder with it.',
  positionals: [MODEL],
  options,
  examples: [
    [
      'emend edit atlas --subject "Tower Bridge" --prompt "{} stands in the city of" --target "Rome"',
      'One fact, as a draft (after: emend import atlas)',
    ],
    ['emend edit ./gpt2-onnx --facts counterfact.json --take 100 --save delta.safetensors', 'A hundred facts at once, as a file'],
    [
      'emend edit ./gpt2-onnx --facts facts.csv --method rome --layers 5 --save delta.safetensors --export ./gpt2-edited',
      'By ROME in layer 5, and the edited model',
    ],
  ],
  async run(values, [name], context) {
    const asDelta = values.save !== undefined || values.export !== undefined;
    const { files, library } = await namedModel(context, name!, { readOnly: asDelta });
    return library && !asDelta ? draftOf(context, library, values) : deltaOf(context, files, values);
  },
});

async function draftOf(context: Context, library: InLibrary, values: EditValues): Promise<unknown> {
  const { out, follow, warn } = context;
  const { app, model } = library;
  const file = await hyperparameterFile(values);
  const facts = await factsFor(library, values, context);
  await examine(library, facts, warn);
  const { draft } = await app.run(
    'edits.start',
    {
      model: model.id,
      facts,
      method: values.method ?? DEFAULT_METHOD,
      choices: editChoices(values),
      ...(file ? { hyperparameterFile: file } : {}),
      fluency: values.fluency,
      covarianceText: values.covarianceText && app.grants.grant(resolve(values.covarianceText)).handle,
    },
    follow,
  );
  const report = await app.call('edits.report', { model: model.id, draft });
  const { drafts } = await app.call('edits.drafts', { model: model.id });
  showReport(out, report);
  const id = drafts.length > 1 ? ` ${shortDraft(draft)}` : '';
  out.line();
  out.line(`Nothing is recorded yet. To put it in force:`);
  out.line(`  emend commit ${word(model.name)}${id} --reason "…"`);
  return { draft, report };
}

async function deltaOf({ jobs, out, follow, warn }: Context, model: NamedModel, values: EditValues): Promise<unknown> {
  const save = values.save === undefined ? undefined : newFile(values.save, values.force);
  const target = values.export === undefined ? undefined : newFolder(values.export);
  const set = await readFacts(values);
  for (const warning of set.warnings) warn(warning);
  return withScratch(async (scratch) => {
    const delta = save ?? join(scratch, 'delta.safetensors');
    const facts = set.records.map(({ fact }) => fact);
    const outcome = await jobs.run(
      'edit',
      { model: { folder: model.folder }, facts, ...(await recipeFor(values, DEFAULT_METHOD, model)), save: delta },
      follow,
    );
    showEdit(out, { ...outcome, deltaFile: save });
    for (const warning of outcome.warnings) warn(warning.message, warning.hint);
    if (target === undefined) return { ...outcome, deltaFile: save };
    const exported: ExportOutcome = await jobs
      .run('export', { model: { folder: model.folder, delta }, target }, follow)
      .catch((error: unknown) => {
        if (!(error instanceof EmendError) || save === undefined) throw error;
        throw new EmendError(error.code, `The edit is saved in ${save}, but not exported: ${error.message}`, error.hint, error.details);
      });
    showExport(out, exported);
    return { ...outcome, deltaFile: save, export: exported };
  });
}
