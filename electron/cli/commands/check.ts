import { resolve } from 'node:path';
import type { CheckChoices } from '../../engine/jobs.ts';
import type { CheckReport } from '../../engine/records.ts';
import { driftTexts } from '../../services/drift.ts';
import { factsOfDelta, firstOf, readFactFile, type FactSet } from '../../services/facts.ts';
import type { NamedModel } from '../../services/models.ts';
import { newFile } from '../../services/outputs.ts';
import { tryEach, tryTogether, type TrialResult } from '../../services/trials.ts';
import { type Context, defineCommand } from '../command.ts';
import { DEFAULT_FOR_SINGLE_FACTS, DEFAULT_METHOD, methodTitle } from '../../../shared/methods/list.ts';
import { editOptions, recipeFor } from '../edit-options.ts';
import { factsOfFile } from '../facts.ts';
import { short } from '../format/ids.ts';
import { duration } from '../format/numbers.ts';
import { type InLibrary, MODEL, namedModel } from '../named.ts';
import { flag, integer, text, type Values, written } from '../options.ts';
import { showCheck } from '../show/check.ts';
import { showChecks } from '../show/checks.ts';
import { showSettings } from '../show/edit.ts';
import { UsageError } from '../usage.ts';
import { deltaFile } from './export.ts';

const checkOptions = {
  at: text('VERSION', 'Which version of a model of the library (default: the current one)'),
  reason: text('TEXT', 'Of a model of the library: why, for the record'),
  facts: text(
    'FILE',
    'Facts to check: CounterFact, zsRE, EasyEdit, JSON, JSONL or CSV (default: those in force in the version or of --edit, else those that came with the model)',
  ),
  take: integer('N', 'Only the first N of them', { min: 1 }),
  edit: text('FILE', 'Check the model with this edit'),
  edits: integer('N', 'First edit the first N facts, all at once, and check those', { min: 1 }),
  each: flag('First edit the facts one after the other, check each alone, and average'),
  save: text('FILE', 'With --edits: where to keep the edit'),
  force: flag('Replace the file of --save when it is there'),
  noGeneration: flag('Leave out what needs long generated texts: fluency and consistency'),
  noDrift: flag('Leave out drift'),
  probes: text('FILE', 'Prompts to measure drift on, one a line'),
  texts: text('FILE', 'Texts to measure perplexity on, one a line'),
  ...editOptions,
};
type CheckValues = Values<typeof checkOptions>;

export const check = defineCommand({
  name: 'check',
  summary: 'Measure how well facts are known, and what an edit did beside them',
  about:
    'Of a model of the library a version is checked, and the result recorded. Of a folder, without --edit, --edits or --each, the model is measured as it is. With these a delta is measured, or edits made for the purpose; nothing is changed.',
  positionals: [MODEL],
  options: checkOptions,
  examples: [
    ['emend check atlas --at release-1', 'The facts in force in a version of the library, for the record'],
    ['emend check atlas --edits 100 --method memit', 'Edit a hundred facts at once and check them'],
    ['emend check atlas --each --method rome --take 50 --no-generation', 'Fifty single edits, each checked on its own'],
    ['emend check ./gpt2-onnx --edit delta.safetensors --facts counterfact.json --take 100', 'An edit that was saved'],
    ['emend check ./gpt2-onnx --facts counterfact.json --take 100', 'The model as it is'],
  ],
  async run(values, [name], context) {
    refuseMixed(values);
    const changes = values.edit !== undefined || values.edits !== undefined || values.each;
    const { files: model, library } = await namedModel(context, name!, { readOnly: changes });
    if (library && !changes) return checkVersion(context, library, values);
    for (const option of ['at', 'reason'] as const)
      if (values[option] !== undefined)
        throw new UsageError(
          `--${option} is for checks of a version of the library.`,
          library ? 'Leave --edit, --edits and --each out, or it.' : 'Bring the model in with: emend import <folder>',
        );
    const save = values.save === undefined ? undefined : newFile(values.save, values.force);
    const delta = values.edit === undefined ? undefined : deltaFile(values.edit);
    const all = await factsFor(values, model, delta);
    const set = firstOf(all, values.edits ?? values.take);
    for (const warning of set.warnings) context.warn(warning);
    const edited = delta === undefined ? set.records : [...set.records, ...factsOfDelta(delta).records];
    const drift =
      changes && !values.noDrift
        ? await driftTexts({
            material: model.material,
            probes: values.probes,
            texts: values.texts,
            edited,
            others: all.records.slice(set.records.length),
          })
        : undefined;
    const options: CheckChoices = { ...(values.noGeneration ? { generation: false } : {}), ...drift };
    const started = performance.now();
    const result = await measure(values, model, set, options, save, delta, context);
    show(context, set, result, performance.now() - started, save);
    return { model: model.name, facts: { source: set.source, count: set.records.length }, ...result };
  },
});

/** Checks a version and records what was found. */
async function checkVersion({ out, follow, warn }: Context, library: InLibrary, values: CheckValues): Promise<unknown> {
  for (const option of ['noGeneration', 'noDrift', 'probes', 'texts'] as const) {
    if (values[option] !== undefined && values[option] !== false)
      throw new UsageError(
        `${written(option)} goes with --edit, --edits or --each; checks for the record are always the same.`,
        'Leave it out.',
      );
  }
  const { app, model } = library;
  if (values.take !== undefined && values.facts === undefined)
    throw new UsageError(
      '--take says how many of --facts, and there is no --facts.',
      'Give --facts FILE, or leave --take out: the facts in force are checked.',
    );
  const facts = values.facts === undefined ? undefined : await factsOfFile(library, resolve(values.facts), values.take, warn);
  const { at = 'current', reason = '' } = values;
  const checked = await app.run(
    'versions.check',
    { model: model.id, version: at, reason, ...(facts === undefined ? {} : { facts }) },
    follow,
  );
  out.heading(
    `Version ${at === 'current' ? short(model.current) : at} of ${model.name}, ${facts === undefined ? 'the facts in force' : `${facts.length} facts of ${values.facts!}`}`,
  );
  showChecks(out, checked.checks);
  out.line(`Recorded as entry ${checked.entry}.`);
  return checked;
}

interface Measured {
  /** Undefined when nothing was edited for the check. */
  readonly edits?: TrialResult['edits'];
  readonly report: CheckReport;
}

async function measure(
  values: CheckValues,
  model: NamedModel,
  set: FactSet,
  options: CheckChoices,
  save: string | undefined,
  delta: string | undefined,
  { jobs, follow }: Context,
): Promise<Measured> {
  const recipe = await recipeFor(values, values.each ? DEFAULT_FOR_SINGLE_FACTS : DEFAULT_METHOD, model);
  const trial = { folder: model.folder, records: set.records, recipe, check: options };
  if (values.each) return tryEach(jobs, trial, follow);
  if (values.edits !== undefined) return tryTogether(jobs, trial, save, follow);
  return { report: await jobs.run('check', { model: { folder: model.folder, delta }, records: set.records, options }, follow) };
}

async function factsFor(values: CheckValues, model: NamedModel, delta: string | undefined): Promise<FactSet> {
  if (values.facts !== undefined) return readFactFile(resolve(values.facts));
  const own = model.material && (await readFactFile(model.material.evaluation));
  if (delta !== undefined) return factsOfDelta(delta, own?.records);
  if (own) return own;
  throw new UsageError('There are no facts to check.', 'Give --facts FILE (CounterFact, zsRE, EasyEdit, JSON, JSONL or CSV).');
}

function refuseMixed(values: CheckValues): void {
  const ways = [values.edit === undefined ? '' : '--edit', values.edits === undefined ? '' : '--edits', values.each ? '--each' : ''].filter(
    (way) => way !== '',
  );
  if (ways.length > 1)
    throw new UsageError(
      `${ways.join(' and ')} do not go together.`,
      '--edit checks a saved edit; --edits makes one of N facts; --each makes single ones.',
    );
  if (values.edits !== undefined && values.take !== undefined)
    throw new UsageError('--take and --edits both say how many facts.', 'Leave --take out: the facts edited are those checked.');
  if (values.save !== undefined && values.edits === undefined)
    throw new UsageError('--save keeps the edit that --edits makes.', 'Give --edits N, or leave --save out.');
  const settings = Object.keys(editOptions).filter((key) => values[key as keyof typeof editOptions] !== undefined);
  if (settings.length > 0 && values.edits === undefined && !values.each)
    throw new UsageError(
      `--${settings[0]} belongs to an edit, and none is asked for.`,
      'Give --edits N (all at once) or --each (one by one).',
    );
}

function show({ out, warn }: Context, set: FactSet, { edits, report }: Measured, ms: number, save: string | undefined): void {
  const how =
    edits === undefined
      ? ''
      : edits.length === 1 && set.records.length !== 1
        ? `, edited at once by ${methodTitle(edits[0]!.method)}`
        : `, each edited alone by ${methodTitle(edits[0]!.method)}`;
  out.heading(`${report.records.length} ${report.records.length === 1 ? 'fact' : 'facts'} of ${set.source}${how}, ${duration(ms / 1000)}`);
  if (edits?.[0]) {
    showSettings(out, edits[0]);
    out.line();
  }
  showCheck(out, report);
  const warnings = new Map((edits ?? []).flatMap((one) => one.warnings).map((one) => [one.message, one.hint]));
  for (const [message, hint] of [...warnings].slice(0, 10)) warn(message, hint);
  if (warnings.size > 10) warn(`and ${warnings.size - 10} more warnings; --json has them all.`);
  if (save !== undefined) out.line(`\nThe edit is saved in ${save}`);
}
