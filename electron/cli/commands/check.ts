import { resolve } from 'node:path';
import type { EditMade } from '../../../shared/contract/edits.ts';
import type { Measured as Report } from '../../../shared/contract/checks.ts';
import { DEFAULT_FOR_SINGLE_FACTS, DEFAULT_METHOD, methodTitle } from '../../../shared/methods/list.ts';
import { newFile } from '../../services/outputs.ts';
import { type Context, defineCommand } from '../command.ts';
import { editOptions, recipeFor } from '../edit-options.ts';
import { factsOfFile } from '../facts.ts';
import { counted, short } from '../format/ids.ts';
import { duration } from '../format/numbers.ts';
import { deltaFile, type InLibrary, inSession, MODEL, namedModel, versionNamed, type Working } from '../named.ts';
import { honestOption } from '../honest-option.ts';
import { flag, integer, text, type Values, written } from '../options.ts';
import { showChecks } from '../show/checks.ts';
import { showGgufCheck } from '../show/gguf-check.ts';
import { showHonest } from '../show/honest.ts';
import { showMeasures } from '../show/measures.ts';
import { showSettings } from '../show/settings.ts';
import { UsageError } from '../usage.ts';
import { given } from '../../../shared/given.ts';
import { leftOutWords } from '../../../shared/told.ts';

const checkOptions = {
  at: text('VERSION', 'Which version of a model of the library (default: the current one)'),
  reason: text('TEXT', 'Of a model of the library: why, for the record'),
  facts: text(
    'FILE',
    'Facts to check: CounterFact, zsRE, EasyEdit, JSON, JSONL or CSV ' +
      '(default: those in force in the version or of --edit, else those that came with the model)',
  ),
  take: integer('N', 'Only the first N of them', { min: 1 }),
  edit: text('FILE', 'Check the model with this edit'),
  gguf: text(
    'FILE',
    'Ask this GGUF file of the model in llama.cpp, without and with the adapter of the version or of --edit ' +
      '(needs the package node-llama-cpp; nothing is recorded)',
  ),
  edits: integer('N', 'First edit the first N facts, all at once, and check those', { min: 1 }),
  each: flag('First edit the facts one after the other, check each alone, and average'),
  save: text('FILE', 'With --edits: where to keep the edit'),
  force: flag('Replace the file of --save when it is there'),
  honest: honestOption,
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
    'Of a model of the library a version is checked, and the result recorded. ' +
    'Of a folder, without --edit, --edits or --each, the model is measured as it is. ' +
    'With these a delta is measured, or edits made for the purpose; nothing is changed. ' +
    'With --gguf the same facts, wordings and neighbours are asked in llama.cpp.',
  positionals: [MODEL],
  options: checkOptions,
  examples: [
    ['emend check atlas --at release-1', 'The facts in force in a version of the library, for the record'],
    ['emend check atlas --edits 100 --method memit', 'Edit a hundred facts at once and check them'],
    ['emend check atlas --each --method rome --take 50 --no-generation', 'Fifty single edits, each checked on its own'],
    ['emend check ./gpt2-onnx --edit delta.safetensors --facts counterfact.json --take 100', 'An edit that was saved'],
    ['emend check ./gpt2-onnx --facts counterfact.json --take 100', 'The model as it is'],
    ['emend check atlas --honest', 'The facts in force asked as people ask, beside the model as it was and the fact told in front'],
    ['emend check qwen --gguf qwen-q4_0.gguf', 'Whether the edits in force hold in the quantised file that llama.cpp or Ollama runs'],
  ],
  async run(values, [name], context) {
    refuseMixed(values);
    if (values.gguf !== undefined) return checkInLlama(context, name!, values.gguf, values);
    const changes = values.edit !== undefined || values.edits !== undefined || values.each;
    const named = await namedModel(context, name!, { readOnly: changes });
    const { library, files } = named;
    if (library && !changes) return checkVersion(context, library, values);
    for (const option of ['at', 'reason'] as const)
      if (values[option] !== undefined)
        throw new UsageError(
          `--${option} is for checks of a version of the library.`,
          library ? 'Leave --edit, --edits and --each out, or it.' : 'Bring the model in with: emend import <folder>',
        );
    if (values.facts === undefined && values.edit === undefined && !files.material)
      throw new UsageError('There are no facts to check.', 'Give --facts FILE (CounterFact, zsRE, EasyEdit, JSON, JSONL or CSV).');
    const save = values.save === undefined ? undefined : newFile(values.save, values.force);
    const working = await inSession(context, named, values.edit === undefined ? undefined : deltaFile(values.edit));
    const started = performance.now();
    const { warnings, ...found } = await measure(context, working, values, save);
    for (const warning of warnings) context.warn(warning);
    show(context, found, performance.now() - started, save);
    return { model: files.name, ...found };
  },
});

/** Asks a GGUF file of the model what a version, or an edit, makes of it. */
async function checkInLlama(context: Context, name: string, gguf: string, values: CheckValues): Promise<unknown> {
  for (const option of ['reason', 'honest', 'noGeneration', 'noDrift', 'probes', 'texts'] as const)
    if (values[option] !== undefined && values[option] !== false)
      throw new UsageError(
        `${written(option)} does not go with --gguf: nothing is recorded, and targets, wordings and neighbours alone are measured.`,
        'Leave it out.',
      );
  const { app, model, version, recorded } = await versionNamed(context, name, { at: values.at, edit: values.edit });
  if (!recorded && values.edit === undefined)
    throw new UsageError(
      '--gguf checks an edit, and a folder by itself has none.',
      'Name one that was saved: --edit FILE. Of a model of the library the edits in force are checked.',
    );
  const handle = (path: string) => app.grants.grant(resolve(path)).handle;
  const { out, warn, follow } = context;
  const checked = await app.run(
    'checks.gguf',
    {
      model: model.id,
      version,
      gguf: handle(gguf),
      ...given({ source: values.facts === undefined ? undefined : handle(values.facts), take: values.take }),
    },
    follow,
  );
  for (const warning of checked.warnings) warn(warning);
  out.heading(`${model.name} in llama.cpp, ${counted(checked.facts.count, 'fact')} of ${checked.facts.source}`);
  showGgufCheck(out, checked.report);
  return { model: model.name, ...checked };
}

/** Checks a version and records what was found. */
async function checkVersion(context: Context, library: InLibrary, values: CheckValues): Promise<unknown> {
  const { out, follow } = context;
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
  const facts = values.facts === undefined ? undefined : await factsOfFile(library, resolve(values.facts), values.take, context);
  const { at = 'current', reason = '' } = values;
  const checked = await app.run(
    'versions.check',
    { model: model.id, version: at, reason, ...given({ facts, honest: values.honest || undefined }) },
    follow,
  );
  const which = facts === undefined ? 'the facts in force' : `${facts.length} facts of ${values.facts!}`;
  out.heading(`Version ${at === 'current' ? short(model.current) : at} of ${model.name}, ${which}`);
  showChecks(out, checked.checks);
  if (checked.leftOut > 0) out.line(out.style.dim(leftOutWords(checked.leftOut)));
  if (checked.honest) showHonest(out, checked.honest, 'version');
  out.line(`Recorded as entry ${checked.entry}.`);
  return checked;
}

interface Measured {
  /** Undefined when nothing was edited for the check. */
  readonly edits?: readonly EditMade[];
  readonly facts: { readonly source: string; readonly count: number };
  readonly warnings: readonly string[];
  readonly report: Report;
}

async function measure({ follow }: Context, working: Working, values: CheckValues, save: string | undefined): Promise<Measured> {
  const { app, model } = working;
  const granted = (name: string | undefined) => (name === undefined ? undefined : app.grants.grant(name).handle);
  const asked = {
    model: model.id,
    source: granted(values.facts),
    take: values.edits ?? values.take,
    generation: !values.noGeneration,
    drift: !values.noDrift,
    honest: values.honest,
    probes: granted(values.probes),
    texts: granted(values.texts),
  };
  if (!values.each && values.edits === undefined) {
    const { facts, warnings, report } = await app.run('checks.measure', asked, follow);
    return { facts, warnings, report };
  }
  return app.run(
    'checks.try',
    {
      ...asked,
      ...(await recipeFor(working.app, values, values.each ? DEFAULT_FOR_SINGLE_FACTS : DEFAULT_METHOD)),
      each: values.each,
      ...(save === undefined ? {} : { destination: app.grants.grant(save, 'write').handle }),
    },
    follow,
  );
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
  if (values.gguf !== undefined && (values.edits !== undefined || values.each))
    throw new UsageError(
      '--gguf checks an edit that is there already.',
      'Name it with --edit FILE, or a version with --at; leave --edits and --each out.',
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

function show({ out, warn }: Context, { edits, facts, report }: Omit<Measured, 'warnings'>, ms: number, save: string | undefined): void {
  const how =
    edits === undefined
      ? ''
      : edits.length === 1 && facts.count !== 1
        ? `, edited at once by ${methodTitle(edits[0]!.method)}`
        : `, each edited alone by ${methodTitle(edits[0]!.method)}`;
  out.heading(`${counted(report.records.length, 'fact')} of ${facts.source}${how}, ${duration(ms / 1000)}`);
  if (edits?.[0]) {
    showSettings(out, edits[0]);
    out.line();
  }
  showMeasures(out, report);
  const warnings = new Map((edits ?? []).flatMap((one) => one.warnings).map((one) => [one.message, one.hint]));
  for (const [message, hint] of [...warnings].slice(0, 10)) warn(message, hint);
  if (warnings.size > 10) warn(`and ${warnings.size - 10} more warnings; --json has them all.`);
  if (save !== undefined) {
    out.line();
    out.line(`The edit is saved in ${save}`);
  }
}
