import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { mean, summarize, type CheckRecord, type CheckReport, type DriftReport } from '../engine/records.ts';
import type { CheckChoices, Jobs, ModelRef } from '../engine/jobs.ts';
import { given } from '../../shared/given.ts';
import { askHonestly, type HonestAsked } from './honest.ts';
import { Estimator } from './eta.ts';
import type { JobRunner } from './jobs.ts';
import type { Follow } from '../../shared/progress.ts';

/** Edits that are made only to be measured. */
export interface Trial {
  readonly model: ModelRef;
  /** A folder for deltas that do not outlive the trial. */
  readonly scratch: string;
  readonly records: readonly CheckRecord[];
  /** How the edits are to be made. */
  readonly recipe: Pick<Jobs['edit']['params'], 'method' | 'choices' | 'hyperparameterFile' | 'covarianceText' | 'name'>;
  readonly check: CheckChoices;
  /** The facts are asked as people ask, too. */
  readonly honest?: Pick<HonestAsked, 'material'>;
}

export interface TrialResult {
  /** One edit of all facts, or one a fact. */
  readonly edits: readonly Jobs['edit']['result'][];
  readonly report: CheckReport;
}

/** Edits all facts at once and checks them. @param save where the delta is to stay; nowhere when left out */
export function tryTogether(runner: JobRunner, trial: Trial, save: string | undefined, follow: Follow): Promise<TrialResult> {
  return withDelta(trial.scratch, async (scratch) => {
    const delta = save ?? scratch;
    const edit = await runner.run(
      'edit',
      { model: trial.model, facts: trial.records.map((r) => r.fact), ...trial.recipe, isTrial: true, save: delta },
      follow,
    );
    const report = await checked(runner, trial, delta, trial.records, follow);
    return { edits: [edit], report };
  });
}

/** Edits one fact after the other, each on the model as it is, checks each edit on its own, and averages. */
export function tryEach(runner: JobRunner, trial: Trial, follow: Follow): Promise<TrialResult> {
  return withDelta(trial.scratch, async (delta) => {
    const estimator = new Estimator();
    const { model, recipe } = trial;
    const edits: Jobs['edit']['result'][] = [];
    const reports: CheckReport[] = [];
    for (const [done, record] of trial.records.entries()) {
      // Layers that the first edit settled on stay, so that all edits are of one kind and a search for them is made once.
      const choices = { ...recipe.choices, layers: recipe.choices?.layers ?? edits[0]?.layers };
      follow.onProgress?.(estimator.next({ phase: 'single edits', done, total: trial.records.length }));
      const edit = await runner.run(
        'edit',
        { model, facts: [record.fact], ...recipe, choices, isTrial: true, save: delta },
        { signal: follow.signal },
      );
      reports.push(await checked(runner, trial, delta, [record], { signal: follow.signal }));
      edits.push(edit);
    }
    follow.onProgress?.(estimator.next({ phase: 'single edits', done: trial.records.length, total: trial.records.length }));
    return { edits, report: together(reports) };
  });
}

async function checked(
  runner: JobRunner,
  trial: Trial,
  delta: string,
  records: readonly CheckRecord[],
  follow: Follow,
): Promise<CheckReport> {
  const model = { ...trial.model, delta };
  const factsOf = (some: readonly CheckRecord[]) => some.map(({ fact }) => fact);
  const asked = { model, baseline: trial.model, facts: factsOf(records), among: factsOf(trial.records) };
  const honest = trial.honest && (await askHonestly(runner, { ...asked, ...trial.honest }, follow));
  return { ...(await runner.run('check', { model, records, options: trial.check }, follow)), ...given({ honest }) };
}

/** Several reports as one: measures averaged over all records, drift over the reports. */
export function together(reports: readonly CheckReport[]): CheckReport {
  const records = reports.flatMap((report) => report.records);
  const drifts = reports.flatMap(({ drift }) => (drift ? [drift] : []));
  const asked = reports.flatMap(({ honest }) => honest ?? []);
  return {
    records,
    ...summarize(records),
    ...(drifts.length === 0 ? {} : { drift: meanDrift(drifts) }),
    ...(asked[0] && { honest: { ...asked[0], facts: asked.flatMap(({ facts }) => facts) } }),
  };
}

function meanDrift(drifts: readonly DriftReport[]): DriftReport {
  const known = (field: keyof DriftReport) => drifts.flatMap((drift) => drift[field] ?? []);
  const highest = known('maxKl');
  return {
    probes: drifts[0]!.probes,
    ...given({ texts: drifts[0]!.texts }),
    meanKl: mean(known('meanKl')),
    maxKl: highest.length === 0 ? undefined : Math.max(...highest),
    top1Changed: mean(known('top1Changed')),
    perplexityBefore: mean(known('perplexityBefore')),
    perplexityNow: mean(known('perplexityNow')),
  };
}

/** Does `work` with a place for a delta that does not outlive it. */
async function withDelta<T>(scratch: string, work: (delta: string) => Promise<T>): Promise<T> {
  const delta = join(scratch, `trial-${randomUUID()}.safetensors`);
  try {
    return await work(delta);
  } finally {
    await rm(delta, { force: true }).catch(() => undefined); // the next opening clears it away
  }
}
