import type { Parsed, Result } from '../../shared/contract.ts';
import { EmendError } from '../../shared/errors.ts';
import { EDIT_METHODS, type Choices, type EditMethodName } from '../../shared/methods/list.ts';
import { given } from '../../shared/given.ts';
import { kindInfo } from '../../shared/kinds.ts';
import type { Follow } from '../../shared/progress.ts';
import type { CheckReport } from '../engine/records.ts';
import type { CheckChoices } from '../engine/jobs.ts';
import { FACTS_IN_FORCE } from './checks-in-force.ts';
import { driftTexts } from './drift.ts';
import { readCheckReport } from './evidence/blobs.ts';
import { checkedFact, editMade } from './edit-report.ts';
import { factsGiven, factsWritten, firstOf, readFactFile, refuseLonger, refuseUnseen, type FactReader, type FactSet } from './facts.ts';
import { askHonestly } from './honest.ts';
import type { Model, ModelVersion } from './model.ts';
import { factsOfVersion } from './library-record.ts';
import { newFile } from './outputs.ts';
import type { Services, Surroundings } from './surroundings.ts';
import { leftOutWords, toldTexts } from '../../shared/told.ts';
import { leftOutOf, withoutTold } from './telling.ts';
import { tryEach, tryTogether } from './trials.ts';
import { CHECK_PLAN, HONEST_CHECK_PLAN, WholeJob } from './whole-job.ts';

type Part = Pick<Services, 'checks.report' | 'checks.measure' | 'checks.try'>;

/** What is asked for, with paths in place of handles. */
type Asked = Pick<
  Parsed<'checks.measure'>,
  'source' | 'facts' | 'take' | 'generation' | 'exactMatch' | 'honest' | 'drift' | 'probes' | 'texts'
>;

/** Measuring for whoever asks; nothing is recorded. */
export function checkService({ models, engine, jobs, grants }: Surroundings): Part {
  const path = (handle: string | undefined) => (handle === undefined ? undefined : grants.path(handle));
  const withPaths = (asked: Asked): Asked => ({
    ...asked,
    source: path(asked.source),
    probes: path(asked.probes),
    texts: path(asked.texts),
  });
  return {
    'checks.report': async ({ model: name, entry: seq }) => {
      const { ledger } = await models.recorded(name);
      const { kind, body } = ledger.entry(seq);
      const ref = 'evidence' in body ? body.evidence['report'] : undefined;
      if (kindInfo(kind).report !== 'check' || !('checks' in body) || ref === undefined)
        throw new EmendError('bad-input', `Entry ${seq} is of kind ${kind}; it has no report of a check.`, 'Choose a check.');
      const { records, honest } = await readCheckReport(ledger.blobs, ref);
      const isOfWritten = 'version' in body && !('suite' in body && body.suite !== FACTS_IN_FORCE);
      const leftOut = isOfWritten ? leftOutOf(records, await factsOfVersion(ledger, ledger.history.find(body.version))) : undefined;
      return { checks: body.checks, facts: records.map(checkedFact), ...given({ leftOut, honest }) };
    },
    'checks.measure': async ({ model: name, version: versionName, ...params }) => {
      const model = await models.find(name);
      const version = model.at(versionName);
      const asked = withPaths(params);
      return {
        job: jobs.start('checks.measure', `Measure ${model.name}`, model.id, async (control) => {
          const { set, options } = await prepare(engine, control, model, version, asked, !version.isBase);
          const baseline = version.isBase ? {} : { baseline: await model.at('base').ref(control) };
          const whole = new WholeJob(control, asked.honest ? HONEST_CHECK_PLAN : CHECK_PLAN).at('check');
          const ref = await version.ref(whole);
          const facts = set.records.map(({ fact }) => fact);
          const { material } = model;
          const honest = asked.honest && (await askHonestly(engine, { model: ref, ...baseline, facts, material }, whole));
          const report = await engine.run('check', { model: ref, records: set.records, options, ...baseline }, whole);
          return { version: version.id, ...found(set, { ...report, ...(honest && { honest }) }) };
        }),
      };
    },
    'checks.try': async ({ model: name, method, choices, hyperparameterFile, covarianceText: text, each, destination, ...params }) => {
      const model = await models.find(name);
      const version = model.at('current');
      const asked = withPaths(params);
      const covarianceText = path(text) ?? model.material?.corpus;
      const save = destination === undefined ? undefined : newFile(grants.target(destination), true);
      refuseTelling(method, choices ?? {});
      if (each && save !== undefined)
        throw new EmendError('bad-input', 'Edits one by one have no one delta to save.', 'Edit the facts together, or save none.');
      return {
        job: jobs.start('checks.try', `Try edits of ${model.name}`, model.id, async (control) => {
          const { set, options } = await prepare(engine, control, model, version, asked, true);
          const facts = set.records.map(({ fact }) => fact);
          refuseUnseen(facts);
          await refuseLonger(engine, model.files, facts);
          const trial = {
            model: await version.ref(control),
            scratch: await model.scratch(),
            records: set.records,
            recipe: { method, choices, hyperparameterFile, covarianceText, name: model.name },
            check: options,
            ...(asked.honest && { honest: { material: model.material } }),
          };
          const { edits, report } = await (each ? tryEach(engine, trial, control) : tryTogether(engine, trial, save, control));
          return { edits: edits.map(editMade), ...found(set, report) };
        }),
      };
    },
  };
}

/**
 * All that facts name checks an edit that is made only to be measured.
 * @throws EmendError 'bad-input' where something is to be told to it
 */
function refuseTelling(method: EditMethodName, choices: Choices): void {
  const given = choices as Readonly<Record<string, unknown>>;
  const { settings } = EDIT_METHODS[method];
  const field = settings.find(({ key, tellsNothing }) => tellsNothing !== undefined && (given[key] ?? tellsNothing) !== tellsNothing)?.key;
  if (field === undefined) return;
  throw new EmendError(
    'bad-input',
    'Edits that are made only to be measured are told nothing: all that their facts name checks them.',
    'Leave out what is told to the edit or kept by it; or work the edit out with emend edit.',
    { field },
  );
}

/** The facts to measure, and how. @param changes whether there is something to see drift from */
async function prepare(
  engine: FactReader,
  follow: Pick<Follow, 'signal'>,
  model: Model,
  version: ModelVersion,
  asked: Asked,
  changes: boolean,
): Promise<{ set: FactSet; options: CheckChoices }> {
  const written = await version.facts();
  const all = await factsFor(engine, model, written, asked, follow);
  const set = firstOf(all, asked.take);
  const drift =
    changes && asked.drift
      ? await driftTexts({
          material: model.material,
          probes: asked.probes,
          texts: asked.texts,
          edited: [...set.records, ...factsWritten(written, []).records],
          others: all.records.slice(set.records.length),
          told: toldTexts(written),
        })
      : {};
  const { exactMatch, generation } = asked;
  return { set, options: { exactMatch, ...(generation ? {} : { generation: false }), ...drift } };
}

/**
 * The facts to ask a version, with what they can be checked by there: what its edits were told of is left out, which is said.
 */
export async function factsFor(...asked: Parameters<typeof namedFacts>): Promise<FactSet> {
  const set = await namedFacts(...asked);
  const [, , written] = asked;
  const { records, leftOut } = withoutTold(set.records, written);
  return { ...set, records, warnings: leftOut === 0 ? set.warnings : [...set.warnings, leftOutWords(leftOut)] };
}

/** Those of the file, those given, else those that the version's edits wrote, else those that came with the model. */
async function namedFacts(
  engine: FactReader,
  { name, material }: Model,
  written: Awaited<ReturnType<ModelVersion['facts']>>,
  asked: Pick<Asked, 'source' | 'facts'>,
  follow: Pick<Follow, 'signal'>,
): Promise<FactSet> {
  if (asked.source !== undefined && asked.facts !== undefined)
    throw new EmendError('bad-input', 'Facts come from a file or from a list; give one of them.', 'Leave one of them out.');
  if (asked.source !== undefined) return readFactFile(engine, asked.source, follow);
  if (asked.facts !== undefined) return factsGiven(asked.facts);
  const own = material && (await readFactFile(engine, material.evaluation, follow));
  if (written.length > 0) return factsWritten(written, own?.records ?? []);
  if (own) return own;
  throw new EmendError(
    'bad-input',
    `There are no facts to check ${name} with: none were given, none are in force, and none came with it.`,
    'Give a file of facts.',
  );
}

function found({ source, records, warnings }: FactSet, report: CheckReport): Omit<Result<'checks.measure'>, 'version'> {
  return {
    facts: { source, count: records.length },
    warnings: [...warnings],
    report: { ...report, records: report.records.map((record) => ({ ...record, measures: { ...record.measures } })) },
  };
}
