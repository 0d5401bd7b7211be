import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as v from 'valibot';
import { RecipeSchema } from '../../shared/contract/edits.ts';
import { EmendError } from '../../shared/errors.ts';
import type { Fact } from '../../shared/fact.ts';
import { EDIT_METHODS, type Choices, type EditMethodName } from '../../shared/methods/list.ts';
import { forDemanded, isHonestMeasure } from '../../shared/measures.ts';
import { deltaDistance, recordOf } from '../engine/records.ts';
import type { BlobRef, CheckResult } from '../ledger/bodies.ts';
import type { EntryOf } from '../ledger/entries.ts';
import { checksOf } from './edit-report.ts';
import { askedAgain } from './honest.ts';
import type { JobControl } from './job-list.ts';
import type { JobRunner } from './jobs.ts';
import type { LibraryModel } from './library-model.ts';
import { factsInForce, readFactSet, readReport } from './library-record.ts';
import { core } from './model.ts';

/**
 * How far a delta that is worked out again may lie from the recorded one, as a share of its size. The same edit differs by other numbers
 * of threads, processors and releases of ONNX Runtime in the last bits, which the search for the wanted state widens; another edit differs
 * by all of its size.
 */
export const TOLERANCE = 0.02;

/** What lies farther apart is another edit; what lies between may come from another release, whose search went another way. */
export const FAR = 0.25;

/** Measured shares may differ by so many cases: one whose two answers are equally likely. */
const CASES = 1;

/** Nothing is demanded of what is only compared. */
const NONE = forDemanded(() => 0);

const DetailsSchema = v.looseObject({ request: RecipeSchema });
const CovarianceSchema = v.looseObject({ text: v.string() });

/** What is needed to work an edit out again: all of it is in the record, but for a text file that somebody gave. */
export interface Recomputed {
  readonly parent: string;
  readonly factSet: BlobRef;
  readonly delta: BlobRef;
  readonly covariance: BlobRef;
  readonly report: BlobRef;
  readonly request: unknown;
  readonly hyperparameters: Readonly<Record<string, unknown>>;
  readonly checks: readonly CheckResult[];
}

/** What an edit's entry says of how it was worked out. @throws EmendError 'not-found' where it names none of what is needed */
export function recomputedOf({ seq, body }: EntryOf<'edit'>): Recomputed {
  const { covariance, report } = body.evidence;
  if (!covariance || !report)
    throw new EmendError('not-found', `Entry ${seq} does not name what it was worked out from.`, 'It cannot be worked out again.', {});
  const { parent, factSet, delta, checks, details, hyperparameters } = body;
  return { parent, factSet, delta, covariance, report, request: details['request'], hyperparameters, checks };
}

/** What working an edit out again came to. */
export interface Recomputation {
  /** As {@link deltaDistance}; within {@link TOLERANCE} it is the same edit. */
  readonly distance: number;
  /** Checks whose values differ by more than a case. */
  readonly otherChecks: readonly { readonly name: string; readonly recorded: number; readonly now: number }[];
}

/**
 * Works an edit out again from its facts, seeds and hyperparameters, measures the recorded delta again, and compares. Changes nothing.
 * @throws EmendError 'unsupported' when it was worked out with a text that is not at hand; what the engine throws
 */
export async function recompute(engine: JobRunner, model: LibraryModel, told: Recomputed, control: JobControl): Promise<Recomputation> {
  const { ledger } = model;
  const { request } = v.parse(DetailsSchema, { request: told.request });
  const { method, choices, hyperparameterFile } = request;
  const facts = await readFactSet(ledger, told.factSet);
  const version = ledger.history.find(told.parent);
  const parent = await model.ref(version, control);
  const again = join(await model.scratch(), `draft-${randomUUID()}.safetensors`);
  try {
    await engine.run(
      'edit',
      {
        model: parent,
        facts: facts.map(core),
        earlier: [...factsInForce(ledger, version)].reverse(),
        inForce: model.asVersion(version).deltas(),
        method,
        choices: { ...unknownThen(method, told.hyperparameters), ...choices },
        hyperparameterFile,
        covarianceText: await covarianceText(model, told.covariance),
        save: again,
        name: model.name,
      },
      control,
    );
    const recorded = ledger.blobs.path(told.delta.blob);
    const distance = deltaDistance(recorded, again);
    return { distance, otherChecks: await measured(engine, model, told, facts, control) };
  } finally {
    await rm(again, { force: true }).catch(() => undefined); // the next opening clears it away
  }
}

/** Settings that the release knew nothing of which made the entry: they mean what a published file means that leaves them out. */
function unknownThen(method: EditMethodName, recorded: Recomputed['hyperparameters']): Choices {
  const unknown = EDIT_METHODS[method].settings.filter(({ key, label }) => recorded[key] === undefined && recorded[label] === undefined);
  return Object.fromEntries(unknown.flatMap(({ key, field }) => (field?.missing === undefined ? [] : [[key, field.missing]])));
}

/** The text that the covariance is from: the model's own, the one that came with the model, or one that is not at hand. */
async function covarianceText(model: LibraryModel, ref: BlobRef): Promise<string | undefined> {
  const { text } = v.parse(CovarianceSchema, JSON.parse(Buffer.from(await model.ledger.blobs.read(ref)).toString('utf8')));
  const { material } = model;
  if (material && basename(material.corpus) === text) return material.corpus;
  if (text === 'not used' || text.startsWith('text that the model wrote')) return undefined;
  throw new EmendError('unsupported', `It was worked out with the text file ${text}, which the record does not hold.`, 'Keep that file.');
}

/** Measures the recorded delta again. Only the shares are compared: the rest is of texts that the record does not name. */
async function measured(
  engine: JobRunner,
  model: LibraryModel,
  told: Recomputed,
  facts: readonly Fact[],
  control: JobControl,
): Promise<Recomputation['otherChecks']> {
  const { ledger } = model;
  const parent = ledger.history.find(told.parent);
  const report = await readReport(ledger, told.report);
  const baseline = await model.ref(parent, control);
  const records = facts.map((fact, at) => recordOf(fact, String(at)));
  const delta = ledger.blobs.path(told.delta.blob);
  const options = { generation: false as const };
  const edited = { ...baseline, delta };
  const found = await engine.run('check', { model: edited, records, options, baseline }, control);
  const honest = report.honest && (await engine.run('honest', { model: edited, baseline, ...askedAgain(report.honest) }, control));
  const now = new Map(checksOf({ ...found, ...(honest && { honest }) }, undefined, NONE).map((check) => [check.name, check]));
  return report.checks.flatMap(({ name, value, threshold, count = 1 }) => {
    const again = threshold === undefined && !isHonestMeasure(name) ? undefined : now.get(name)?.value;
    return again === undefined || Math.abs(again - value) <= CASES / Math.max(1, count) + 1e-9
      ? []
      : [{ name, recorded: value, now: again }];
  });
}

/** What is said of an edit that comes out near the recorded one and not the same, which proves neither; undefined for others. */
export function recomputationDoubt({ distance }: Recomputation): string | undefined {
  if (distance <= TOLERANCE || distance > FAR) return undefined;
  return (
    `worked out again it lies ${percent(distance)} from the recorded one; up to ${percent(TOLERANCE)} may come from another processor, ` +
    'more from another release, and a small change by somebody is not ruled out.'
  );
}

/** What keeps an edit from being what working it out again gives; undefined when it is. */
export function recomputationProblem({ distance, otherChecks }: Recomputation): string | undefined {
  if (distance > TOLERANCE)
    return (
      `Worked out again from its facts, seeds and hyperparameters, the edit is another: the deltas lie ${percent(distance)} apart, and ` +
      `up to ${percent(TOLERANCE)} may come from another processor.`
    );
  const [first] = otherChecks;
  return first && `Measured again, ${first.name} is ${percent(first.now)}; recorded is ${percent(first.recorded)}.`;
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(3))} %`;
}
