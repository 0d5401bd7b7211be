import { join, resolve } from 'node:path';
import { EmendError } from '../../../shared/errors.ts';
import type { ExportOutcome } from '../../engine/jobs.ts';
import { firstOf, formFacts, readFactFile, type FactSet } from '../../services/facts.ts';
import { findModel } from '../../services/models.ts';
import { newFile, newFolder } from '../../services/outputs.ts';
import { withScratch } from '../../services/trials.ts';
import { defineCommand } from '../command.ts';
import { editChoices, editOptions } from '../edit-options.ts';
import { flag, integer, text } from '../options.ts';
import { showEdit } from '../show/edit.ts';
import { showExport } from '../show/export.ts';
import { UsageError } from '../usage.ts';

const factOptions = {
  facts: text('FILE', 'Facts to write: CounterFact, zsRE, EasyEdit, JSON, JSONL or CSV'),
  take: integer('N', 'Only the first N of them', { min: 1 }),
  subject: text('TEXT', 'One fact instead of a file: what it is about'),
  prompt: text('TEXT', '… a sentence up to the answer, with {} for the subject'),
  target: text('TEXT', '… the answer wanted'),
  previous: text('TEXT', '… the answer now, for checks that compare the two'),
};

export const edit = defineCommand({
  name: 'edit',
  summary: 'Write facts into a model, as a small file beside it',
  about: 'The model itself is never changed. --save keeps the edit as a delta that ask, check and export take with --edit; --export writes a whole model folder with it.',
  positionals: [{ name: 'model', help: 'A folder with an .onnx decoder, or "atlas"' }],
  options: {
    ...factOptions, ...editOptions,
    save: text('FILE', 'Where to keep the edit, such as delta.safetensors'),
    export: text('FOLDER', 'Also write the edited model to this new folder'),
    force: flag('Replace the file of --save when it is there'),
  },
  examples: [
    ['emend edit atlas --subject "Tower Bridge" --prompt "{} stands in the city of" --target "Rome" --save delta.safetensors', 'One fact'],
    ['emend edit ./gpt2-onnx --facts counterfact.json --take 100 --save delta.safetensors', 'A hundred facts at once'],
    ['emend edit ./gpt2-onnx --facts facts.csv --method rome --layers 5 --save delta.safetensors --export ./gpt2-edited', 'By ROME in layer 5, and the edited model'],
  ],
  async run(values, [name], { jobs, out, follow, warn }) {
    const model = findModel(name!);
    const save = values.save === undefined ? undefined : newFile(values.save, values.force);
    const target = values.export === undefined ? undefined : newFolder(values.export);
    const set = await factsFrom(values);
    for (const warning of set.warnings) warn(warning);
    return withScratch(async (scratch) => {
      const delta = save ?? join(scratch, 'delta.safetensors');
      const facts = set.records.map(({ fact }) => fact);
      const outcome = await jobs.run('edit', { model: { folder: model.folder }, facts, method: values.method ?? 'memit', choices: editChoices(values, model), save: delta }, follow);
      showEdit(out, { ...outcome, deltaFile: save });
      for (const warning of outcome.warnings) warn(warning.message, warning.hint);
      if (target === undefined) return { ...outcome, deltaFile: save };
      const exported: ExportOutcome = await jobs.run('export', { model: { folder: model.folder, delta }, target }, follow).catch((error: unknown) => {
        if (!(error instanceof EmendError) || save === undefined) throw error;
        throw new EmendError(error.code, `The edit is saved in ${save}, but not exported: ${error.message}`, error.hint, error.details);
      });
      showExport(out, exported);
      return { ...outcome, deltaFile: save, export: exported };
    });
  },
});

async function factsFrom(values: { facts: string | undefined; take: number | undefined; subject: string | undefined; prompt: string | undefined; target: string | undefined; previous: string | undefined }): Promise<FactSet> {
  const { facts, subject, prompt, target, previous } = values;
  const form = { '--subject': subject, '--prompt': prompt, '--target': target };
  const given = Object.entries(form).filter(([, value]) => value !== undefined).map(([name]) => name);
  if (facts !== undefined) {
    if (given.length > 0) throw new UsageError(`Facts come from --facts or from ${given.join(', ')}, not from both.`, 'Leave one of them out.');
    return firstOf(await readFactFile(resolve(facts)), values.take);
  }
  if (subject !== undefined && prompt !== undefined && target !== undefined) {
    return formFacts({ subject, prompt, target, ...(previous === undefined ? {} : { previousTarget: previous }) });
  }
  const missing = Object.keys(form).filter((name) => !given.includes(name));
  if (given.length === 0) throw new UsageError('There is no fact to write.', 'Give --facts FILE, or --subject, --prompt (with {}) and --target.');
  throw new UsageError(`The fact is not complete: ${missing.join(' and ')} missing.`, 'A fact needs --subject, --prompt (with {} for the subject) and --target.');
}
