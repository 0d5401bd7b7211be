import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EmendError } from '../../shared/errors.ts';
import { given } from '../../shared/given.ts';
import type { Fact } from '../../shared/fact.ts';
import { recordOf, type CheckRecord, type CheckReport } from '../engine/records.ts';
import type { BlobRef } from '../ledger/bodies.ts';
import { shortId } from '../../shared/ids.ts';
import type { Draft as LedgerDraft } from '../ledger/drafts.ts';
import type { EntryOf } from '../ledger/entries.ts';
import type { BodyInput } from '../ledger/kinds/index.ts';
import type { By } from '../ledger/ledger.ts';
import { withPart, type Version } from '../ledger/versions.ts';
import { checkedBy } from './checked-by.ts';
import { driftFrom, driftTexts } from './drift.ts';
import { earlierFacts, earlierOutcome } from './earlier.ts';
import { editReport, hyperparametersOf, measuresOf } from './edit-report.ts';
import { askHonestly } from './honest.ts';
import { editPairs } from './evidence/edit.ts';
import { contradictions } from './evidence/pairs.ts';
import { readFactFile } from './facts.ts';
import type { JobControl } from './job-list.ts';
import type { LibraryModel } from './library-model.ts';
import { readReport } from './library-record.ts';
import { core, type EditRequest, type Model, type ModelVersion } from './model.ts';
import { recomputationProblem, recompute } from './recompute.ts';
import { readTaught } from './suggest.ts';
import type { Surroundings } from './surroundings.ts';
import { appendNamed } from './tags.ts';
import { toldTexts } from '../../shared/told.ts';
import { apart, asides, toldTo } from './telling.ts';
import { EDIT_PLAN, HONEST_EDIT_PLAN, WholeJob } from './whole-job.ts';

/**
 * Works an edit out on a version, the current one when none is named, measures it, and keeps it as a draft. Nothing is recorded.
 * @param known the version that people know, by which facts of earlier edits are said to have held: another one where the edit goes on a
 *   version that stands between two acts of a revert, and that nobody asked anything
 * @returns the draft's id
 */
export async function workOut(
  { engine, preferences }: Surroundings,
  model: Model,
  request: EditRequest,
  control: JobControl,
  version: ModelVersion = model.at('current'),
  known: ModelVersion = version,
): Promise<string> {
  const { recipe, covarianceText } = request;
  const { fluency, honest: isHonest, ...asked } = recipe;
  const { material } = model;
  const whole = new WholeJob(control, isHonest ? HONEST_EDIT_PLAN : EDIT_PLAN);
  const parent = await version.ref(whole.at('edit'));
  const taught = material && (await readTaught(material.facts));
  const subjects = { taught, earlier: await version.facts() };
  const facts = await toldTo(engine, { model: parent, name: model.name }, request.facts, asked, subjects, whole.at('edit'));
  const beside = asides(facts);
  const records = facts.map((fact, at) => recordOf(fact, String(at)));
  const earlier = earlierFacts(version, facts);
  const asRecords = [...records, ...beside.map(({ record }) => record), ...earlier.records];
  const others = material ? (await readFactFile(engine, material.evaluation, control)).records : otherRecords(version, facts);
  const sources = { material, edited: records, others, told: toldTexts(facts) };
  const drift = await driftTexts(sources);
  const delta = join(await model.scratch(), `draft-${randomUUID()}.safetensors`);
  try {
    const outcome = await engine.run(
      'edit',
      {
        model: parent,
        facts: facts.map(core),
        earlier: [...version.written()].reverse(),
        inForce: version.deltas(),
        ...asked,
        covarianceText: covarianceText ?? material?.corpus,
        save: delta,
        name: model.name,
      },
      whole.at('edit'),
    );
    const options = fluency ? {} : { generation: false as const };
    const before = await engine.run('check', { model: parent, records: asRecords, options }, whole.at('before'));
    const edited = { ...parent, delta };
    const honest = isHonest && (await askHonestly(engine, { model: edited, baseline: parent, facts, material }, whole.at('honest')));
    const after = await engine.run(
      'check',
      { model: edited, records: asRecords, options: { ...options, ...drift }, baseline: parent },
      whole.at('after'),
    );
    control.check();
    const [was, now] = [apart(before, facts.length, beside), apart({ ...after, ...(honest && { honest }) }, facts.length, beside)];
    const measured = editReport(version.id, facts, outcome, was.own, now.own, preferences.settings.thresholds, {
      before: was.beside,
      after: now.beside,
    });
    const counted = earlier.records.length;
    const held =
      known === version || counted === 0
        ? lastOf(before, counted)
        : await engine.run('check', { model: await known.ref(control), records: earlier.records, options: { generation: false } }, control);
    const felled = earlierOutcome(earlier, held, lastOf(after, counted));
    const report = {
      ...measured,
      ...given({ earlier: felled }),
      checkedBy: checkedBy(measured.facts, taught, measured.drift, driftFrom(sources)),
    };
    return await model.drafts.keep({ request: { ...request, facts }, parent: version.id, report, outcome, delta });
  } finally {
    await rm(delta, { force: true }).catch(() => undefined); // the next opening clears it away
  }
}

/**
 * Records a draft. Its tensors are built once more, from the parent and the delta's blob, and must come out as they were measured.
 * @param tag a name for the version; '' for none
 */
export async function commitDraft(
  parts: Surroundings,
  model: LibraryModel,
  draft: LedgerDraft,
  by: By,
  tag: string,
  control: JobControl,
): Promise<EntryOf<'edit'>> {
  const { input, version } = await prepareCommit(parts, model, draft, control);
  const entry = await appendNamed(model, 'edit', input, by, { tag, version: version.id });
  model.trust(version.id);
  await model.ledger.drafts.remove(draft.id).catch(() => undefined); // the entry is what counts
  return entry;
}

/** A version that an edit goes on, and what the tensors in which it differs from the import hash to. */
export interface Standing {
  readonly version: Version;
  readonly hashes: ReadonlyMap<string, string> | undefined;
}

/** The current version. */
function standingOf({ ledger, hashes }: LibraryModel): Standing {
  const { current } = ledger.history;
  return { version: current, hashes: hashes.versions.get(current.id) };
}

/**
 * What the entry of a draft will hold, and the version that it makes. What is said of the edit must be what it was: a draft that Emend did
 * not seal is worked out again, and every two places that state the same are held against each other.
 * @param on the version that is the current one when it is recorded
 * @throws EmendError 'bad-input' for a draft of another version, or one that changes nothing; 'bad-file' for one that is not what it says
 */
export async function prepareCommit(
  parts: Surroundings,
  model: LibraryModel,
  draft: LedgerDraft,
  control: JobControl,
  on: Standing = standingOf(model),
): Promise<{ input: BodyInput<'edit'>; version: Version; hashes: ReadonlyMap<string, string> }> {
  model.mustWrite();
  const { ledger } = model;
  const { version: current } = on;
  if (draft.parent !== current.id)
    throw new EmendError(
      'bad-input',
      `This draft was worked out on version ${shortId(draft.parent)}; the current one is ${shortId(current.id)}.`,
      'Work it out again on the current version, or roll back to the one it was made for.',
      { parent: draft.parent, current: current.id },
    );
  const { delta, factSet, report: reportRef, prefixes, covariance } = draft.blobs as Record<DraftBlob, BlobRef>;
  const report = await readReport(ledger, reportRef);
  const version = withPart(current, { entry: ledger.head.seq + 1, hash: delta.blob });
  const changed = await buildOnTop(parts, model, version.id, delta, control, on);
  if (changed.length === 0)
    throw new EmendError(
      'bad-input',
      'This edit changes nothing: every weight is as it was.',
      'Discard it, or work it out with other settings.',
    );
  const unlike = report.weights.find(
    ({ tensor, before, after }) => before !== after && changed.find((one) => one.tensor === tensor)?.after !== after,
  );
  if (unlike)
    throw new EmendError(
      'failed',
      `The weight "${unlike.tensor}" does not come out as it was measured.`,
      'Work the edit out again; if it happens again, please report it.',
    );
  control.check();
  const measures = new Map(report.weights.map((weight) => [weight.tensor, measuresOf(weight)]));
  const input: BodyInput<'edit'> = {
    parent: current.id,
    method: report.method,
    hyperparameters: hyperparametersOf(report.hyperparameters),
    seeds: { contexts: report.seed },
    facts: draft.facts,
    factSet,
    delta,
    changed: changed.map((one) => ({ ...one, ...(measures.has(one.tensor) ? { measures: measures.get(one.tensor)! } : {}) })),
    checks: report.checks,
    evidence: { report: reportRef, prefixes, covariance },
    details: { ...draft.content, draft: draft.id, ...given({ checkedBy: report.checkedBy }) },
    ...(typeof draft.content['reapplies'] === 'number' ? { reapplies: draft.content['reapplies'] } : {}),
  };
  await mustBeSaid(parts, model, draft, input, control);
  const hashes = new Map([...(on.hashes ?? []), ...changed.map(({ tensor, after }) => [tensor, after] as const)]);
  return { input, version, hashes };
}

type DraftBlob = 'delta' | 'factSet' | 'report' | 'prefixes' | 'covariance';

/** What is said of a draft is what it is. @throws EmendError 'bad-file' */
async function mustBeSaid(
  { engine }: Surroundings,
  model: LibraryModel,
  draft: LedgerDraft,
  input: BodyInput<'edit'>,
  control: JobControl,
): Promise<void> {
  const hint = 'Work the edit out again, and discard this draft.';
  const [problem] = contradictions(await editPairs(input, model.id, model.ledger.blobs, undefined));
  if (problem !== undefined) throw new EmendError('bad-file', `This draft is not what it says: ${problem}`, hint, { draft: draft.id });
  if (draft.isSealed) return;
  const { parent, factSet, delta, checks, details } = input;
  const { covariance, report } = draft.blobs as Record<DraftBlob, BlobRef>;
  const told = { parent, factSet, delta, covariance, report, request: details['request'], hyperparameters: input.hyperparameters, checks };
  const other = recomputationProblem(await recompute(engine, model, told, control));
  if (other !== undefined)
    throw new EmendError('bad-file', `This draft is not sealed, and it is not what it says. ${other}`, hint, { draft: draft.id });
}

/** Builds the tensors of the current version with one more delta, and says which changed. */
export async function buildOnTop(
  { engine }: Surroundings,
  model: LibraryModel,
  version: string,
  delta: BlobRef,
  control: JobControl,
  { version: current, hashes: before }: Standing = standingOf(model),
) {
  const problem = await model.ledger.blobs.problem(delta);
  if (problem !== undefined)
    throw new EmendError('bad-file', `The draft's delta is not as it was kept. ${problem}`, 'Work the edit out again.');
  const { changed } = await engine.run(
    'rebuild',
    { model: await model.ref(current, control), deltas: [model.ledger.blobs.path(delta.blob)], save: model.places.version(version) },
    control,
  );
  return changed
    .map(({ tensor, sha256, sha256Base }) => ({ tensor, before: before?.get(tensor) ?? sha256Base, after: sha256 }))
    .filter((one) => one.before !== one.after)
    .sort((a, b) => (a.tensor < b.tensor ? -1 : 1));
}

/** A check of its last records alone. */
function lastOf(report: CheckReport, count: number): CheckReport {
  return { ...report, records: report.records.slice(report.records.length - count) };
}

/** Facts of edits in force about other subjects, to see drift on where nothing else is known. */
function otherRecords(version: ModelVersion, facts: readonly Fact[]): CheckRecord[] {
  const subjects = new Set(facts.map((fact) => fact.subject));
  return version
    .written()
    .filter((fact) => !subjects.has(fact.subject))
    .map((fact, at) => recordOf(fact, String(at)));
}
