import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { EditReportSchema, type EditReport, type Recipe } from '../../shared/contract/edits.ts';
import { EmendError } from '../../shared/errors.ts';
import { FactSchema, type Fact } from '../../shared/fact.ts';
import { type CheckRecord, readRecords, recordOf } from '../engine/records.ts';
import type { BlobRef, FactBrief } from '../ledger/bodies.ts';
import { shortId } from '../../shared/ids.ts';
import { canonical } from '../storage/canonical.ts';
import type { Draft as LedgerDraft } from '../ledger/drafts.ts';
import { ensureFolder } from '../storage/durable.ts';
import type { EntryOf } from '../ledger/entries.ts';
import { explained } from '../storage/file-errors.ts';
import { disk } from '../storage/files.ts';
import type { BodyInput } from '../ledger/kinds/index.ts';
import type { By } from '../ledger/ledger.ts';
import { partsOf, withPart, type Version } from '../ledger/versions.ts';
import type { Surroundings } from './surroundings.ts';
import { driftTexts } from './drift.ts';
import { editReport } from './edit-report.ts';
import { plain } from './import.ts';
import type { JobControl } from './job-list.ts';
import type { LibraryModel } from './library-model.ts';
import { materialIn } from './models.ts';

/** What an edit is worked out from. */
export interface EditRequest {
  readonly facts: readonly Fact[];
  readonly recipe: Recipe;
  /** A text file for the covariance; the one that came with the model, or the model's own text, when left out. */
  readonly covarianceText?: string | undefined;
  /** The earlier edit that this one computes anew. */
  readonly reapplies?: number | undefined;
}

/** Works an edit out on a version, the current one when none is named, measures it, and keeps it as a draft. Nothing is recorded. */
export async function workOut(
  { engine, preferences }: Surroundings,
  model: LibraryModel,
  request: EditRequest,
  control: JobControl,
  version: Version = model.ledger.history.current,
): Promise<LedgerDraft> {
  const { facts, recipe, covarianceText, reapplies } = request;
  const { fluency, ...asked } = recipe;
  const parent = await model.ref(version, control);
  const material = materialIn(model.places.files);
  const records = facts.map((fact, at) => recordOf(fact, String(at)));
  const others = material ? readRecords(await readFile(material.evaluation, 'utf8'), material.evaluation).records : [];
  const drift = await driftTexts({ material, edited: records, others: material ? others : otherRecords(model, facts) });
  const file = join(model.places.versions, `draft-${randomUUID()}.safetensors`);
  await ensureFolder(explained(disk), model.places.versions);
  try {
    const outcome = await engine.run(
      'edit',
      {
        model: parent,
        facts: facts.map(core),
        earlier: factsInForce(model).reverse(),
        ...asked,
        covarianceText: covarianceText ?? material?.corpus,
        save: file,
        name: model.name,
      },
      control,
    );
    const options = fluency ? {} : { generation: false as const };
    const before = await engine.run('check', { model: parent, records, options }, named(control, 'before'));
    const after = await engine.run(
      'check',
      { model: { ...parent, delta: file }, records, options: { ...options, ...drift }, baseline: parent },
      named(control, 'after'),
    );
    control.check();
    const report = editReport(version.id, facts, outcome, before, after, preferences.settings.thresholds);
    const { blobs } = model.ledger;
    const json = (value: object) => blobs.put(Buffer.from(canonical(plain(value))), 'application/json');
    const found = {
      delta: await blobs.put(createReadStream(file, { highWaterMark: 1 << 20 }), 'application/vnd.safetensors'),
      factSet: await json({ facts }),
      report: await json(report),
      prefixes: await json({ prefixes: outcome.contexts }),
      covariance: await json({ model: model.id, ...outcome.covariance }),
    };
    const content = plain({ request: recipe, checks: report.checks, ...(reapplies === undefined ? {} : { reapplies }) });
    return await model.ledger.drafts.save(
      { kind: 'edit', parent: version.id, facts: facts.map(briefOf), blobs: found, content },
      new Date(),
    );
  } finally {
    await rm(file, { force: true }).catch(() => undefined); // the next opening clears it away
  }
}

/** Records a draft. Its tensors are built once more, from the parent and the delta's blob, and must come out as they were measured. */
export async function commitDraft(
  parts: Surroundings,
  model: LibraryModel,
  draft: LedgerDraft,
  by: By,
  control: JobControl,
): Promise<EntryOf<'edit'>> {
  model.mustWrite();
  const { ledger } = model;
  const current = ledger.history.current;
  if (draft.parent !== current.id)
    throw new EmendError(
      'bad-input',
      `This draft was worked out on version ${shortId(draft.parent)}; the current one is ${shortId(current.id)}.`,
      'Work it out again on the current version, or roll back to the one it was made for.',
      { parent: draft.parent, current: current.id },
    );
  const {
    delta,
    factSet,
    report: reportRef,
    prefixes,
    covariance,
  } = draft.blobs as Record<'delta' | 'factSet' | 'report' | 'prefixes' | 'covariance', BlobRef>;
  const report = await readReport(model, reportRef);
  const version = withPart(current, { entry: ledger.head.seq + 1, hash: delta.blob });
  const changed = await buildOnTop(parts, model, version.id, delta, control);
  const unlike = report.weights.find((weight) => changed.find((one) => one.tensor === weight.tensor)?.after !== weight.after);
  if (unlike)
    throw new EmendError(
      'failed',
      `The weight "${unlike.tensor}" does not come out as it was measured.`,
      'Work the edit out again; if it happens again, please report it.',
    );
  control.check();
  const measures = new Map(
    report.weights.map((weight) => [weight.tensor, { rank: weight.rank, norm: weight.deltaNorm, weightNorm: weight.weightNorm }]),
  );
  const input: BodyInput<'edit'> = {
    parent: current.id,
    method: report.method,
    hyperparameters: Object.fromEntries(
      report.hyperparameters.map(({ key, name, value, source }) => [key ?? name, { name, value, source }]),
    ),
    seeds: { contexts: report.seed },
    facts: draft.facts,
    factSet,
    delta,
    changed: changed.map((one) => ({ ...one, ...(measures.has(one.tensor) ? { measures: measures.get(one.tensor)! } : {}) })),
    checks: report.checks,
    evidence: { report: reportRef, prefixes, covariance },
    details: { ...draft.content, draft: draft.id },
    ...(typeof draft.content['reapplies'] === 'number' ? { reapplies: draft.content['reapplies'] } : {}),
  };
  const entry = await model.append('edit', input, by);
  model.trust(version.id);
  await ledger.drafts.remove(draft.id).catch(() => undefined); // the entry is what counts
  return entry;
}

/** Builds the tensors of the current version with one more delta, and says which changed. */
async function buildOnTop({ engine }: Surroundings, model: LibraryModel, version: string, delta: BlobRef, control: JobControl) {
  const problem = await model.ledger.blobs.problem(delta);
  if (problem !== undefined)
    throw new EmendError('bad-file', `The draft's delta is not as it was kept. ${problem}`, 'Work the edit out again.');
  const current = model.ledger.history.current;
  const { changed } = await engine.run(
    'rebuild',
    { model: await model.ref(current, control), deltas: [model.ledger.blobs.path(delta.blob)], save: model.places.version(version) },
    control,
  );
  const before = model.hashes.versions.get(current.id);
  return changed
    .map(({ tensor, sha256, sha256Base }) => ({ tensor, before: before?.get(tensor) ?? sha256Base, after: sha256 }))
    .filter((one) => one.before !== one.after)
    .sort((a, b) => (a.tensor < b.tensor ? -1 : 1));
}

/** Follows a step of a job with its phases told apart: "targets (before)". */
function named(control: JobControl, when: string): JobControl {
  return { ...control, onProgress: (progress) => control.onProgress({ ...progress, phase: `${progress.phase} (${when})` }) };
}

/** The report that a blob holds. */
export async function readReport(model: LibraryModel, ref: BlobRef | undefined): Promise<EditReport> {
  if (!ref) throw new EmendError('not-found', 'There is no report with this.', 'Edits recorded by this release have one.');
  return v.parse(EditReportSchema, JSON.parse(Buffer.from(await model.ledger.blobs.read(ref)).toString('utf8')));
}

const FactSetSchema = v.object({ facts: v.array(FactSchema) });

/** The facts of an edit with all that they were checked by. */
export async function readFactSet(model: LibraryModel, ref: BlobRef): Promise<Fact[]> {
  return v.parse(FactSetSchema, JSON.parse(Buffer.from(await model.ledger.blobs.read(ref)).toString('utf8'))).facts;
}

/** Facts that edits in force wrote, the later before the earlier. */
export function factsInForce(model: LibraryModel): (FactBrief & { readonly entry: number })[] {
  if (model.ledger.history.isEmpty) return [];
  return partsOf(model.ledger.history.current)
    .reverse()
    .flatMap((part) => {
      const { body } = model.ledger.entry(part.entry);
      return 'facts' in body ? body.facts.map((fact) => ({ ...fact, entry: part.entry })) : [];
    });
}

function core({ subject, prompt, target, previousTarget, neighbors }: Fact): Fact {
  return {
    subject,
    prompt,
    target,
    ...(previousTarget === undefined ? {} : { previousTarget }),
    ...(neighbors === undefined ? {} : { neighbors }),
  };
}

/** A fact in short, as entries have it. */
export function briefOf({ subject, prompt, target, previousTarget, relation }: Fact): FactBrief {
  return {
    subject,
    prompt,
    target,
    ...(previousTarget === undefined ? {} : { previousTarget }),
    ...(relation === undefined ? {} : { relation }),
  };
}

/** Facts of edits in force about other subjects, to see drift on where nothing else is known. */
function otherRecords(model: LibraryModel, facts: readonly Fact[]): CheckRecord[] {
  const subjects = new Set(facts.map((fact) => fact.subject));
  return factsInForce(model)
    .filter((fact) => !subjects.has(fact.subject))
    .map((fact, at) => recordOf(fact, String(at)));
}
