import type { EditReport } from '../../../shared/contract/edits.ts';
import { EmendError } from '../../../shared/errors.ts';
import { given } from '../../../shared/given.ts';
import { DEFAULT_METHOD } from '../../../shared/methods/list.ts';
import { newFile, newFolder } from '../../services/outputs.ts';
import { beforehandOptions, lookBeforehand, onlyLooks } from '../beforehand.ts';
import { type Context, defineCommand } from '../command.ts';
import { editOptions, recipeFor } from '../edit-options.ts';
import { examine, factOptions, factsFor } from '../facts.ts';
import { shortDraft } from '../format/ids.ts';
import { type InLibrary, inSession, MODEL, namedModel, type Working } from '../named.ts';
import { honestOption, honestPrice } from '../honest-option.ts';
import { flag, text } from '../options.ts';
import { mayRecord } from '../record.ts';
import { exportDocument, showExport } from '../show/export.ts';
import { showReport } from '../show/report.ts';
import { word } from './import.ts';

const options = {
  ...factOptions,
  ...editOptions,
  honest: honestOption,
  fluency: flag('Also measure fluency, which generates long texts'),
  save: text('FILE', 'Keep the edit as a delta in this file, such as delta.safetensors, and not as a draft'),
  export: text('FOLDER', 'Write the edited model to this new folder, and keep no draft'),
  force: flag('Replace the file of --save when it is there'),
  ...beforehandOptions,
};

export const edit = defineCommand({
  name: 'edit',
  summary: 'Work out an edit that writes facts into a model, and measure it',
  about:
    'The model itself is never changed. Of a model of the library the edit becomes a draft on the current version, for `emend commit`. ' +
    'Of a folder, or with --save or --export, it is a delta: --save keeps it in a file that ask, check and export take with --edit; ' +
    '--export writes a whole model folder with it.',
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
    [
      'emend edit atlas --subject "Tower Bridge" --prompt "{} stands in the city of" --target "Rome" --near',
      'What may move with the first one, before it is made',
    ],
    ['emend edit atlas --subject "Tower Bridge" --prompt "{} stands in the city of" --target "Rome" --where', 'Which layers to make it in'],
  ],
  async run(values, [name], context) {
    const asDelta = values.save !== undefined || values.export !== undefined;
    const isLook = onlyLooks(values, asDelta);
    const named = await namedModel(context, name!, { readOnly: asDelta || (isLook && values.record === undefined) });
    mayRecord(values, name!, named.library !== undefined);
    const recorded = asDelta ? undefined : named.library;
    const outputs = {
      save: values.save === undefined ? undefined : newFile(values.save, values.force),
      target: values.export === undefined ? undefined : newFolder(values.export),
    };
    const working = recorded ?? (await inSession(context, named));
    const { app, model } = working;
    const recipe = await recipeFor(app, values, DEFAULT_METHOD);
    const facts = await factsFor(working, values, context);
    await examine(working, facts, context.warn);
    if (isLook) return lookBeforehand(values, context, working, facts, recipe);
    if (values.honest) context.out.line(context.out.style.dim(honestPrice(facts)));
    const { draft } = await app.run(
      'edits.start',
      { model: model.id, facts, ...recipe, fluency: values.fluency, ...given({ honest: values.honest || undefined }) },
      context.follow,
    );
    const report = await app.call('edits.report', { model: model.id, draft });
    showReport(context.out, report);
    if (recorded) return drafted(context, recorded, draft, report);
    return { ...deltaDocument(report, outputs.save), ...(await written(context, working, draft, outputs)) };
  },
});

async function drafted({ out }: Context, { app, model }: InLibrary, draft: string, report: EditReport): Promise<unknown> {
  const { drafts } = await app.call('edits.drafts', { model: model.id });
  const id = drafts.length > 1 ? ` ${shortDraft(draft)}` : '';
  out.line();
  out.line(`Nothing is recorded yet. To put it in force:`);
  out.line(`  emend commit ${word(model.name)}${id} --reason "…"`);
  return { draft, report };
}

/** Writes what the edit is to be kept as. */
async function written(
  { out, follow }: Context,
  { app, model }: Working,
  draft: string,
  { save, target }: { readonly save: string | undefined; readonly target: string | undefined },
): Promise<{ readonly export?: object }> {
  const place = (path: string) => app.grants.grant(path, 'write').handle;
  out.line();
  if (save === undefined) out.line('Nothing was saved: add --save FILE to keep this edit.');
  else {
    await app.call('edits.saveDelta', { model: model.id, draft, destination: place(save) });
    out.line(`Saved in ${save}`);
  }
  if (target === undefined) return {};
  const exported = await app
    .run('exports.start', { model: model.id, version: draft, destination: place(target) }, follow)
    .catch((error: unknown) => {
      if (!(error instanceof EmendError) || save === undefined) throw error;
      throw new EmendError(error.code, `The edit is saved in ${save}, but not exported: ${error.message}`, error.hint, error.details);
    });
  out.line();
  showExport(out, exported);
  return { export: exportDocument(exported) };
}

/** The report as programs know it of edits that are files: each fact with the probability of its target at hand. */
function deltaDocument(report: EditReport, deltaFile: string | undefined): object {
  const facts = report.facts.map((one) => {
    const { subject, prompt, target } = one.fact;
    return { subject, prompt, target, before: one.rewrite.before.wanted, after: one.rewrite.after.wanted, ...one };
  });
  return { ...report, facts, deltaFile };
}
