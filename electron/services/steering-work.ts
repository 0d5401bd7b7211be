import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SteeringCheck } from '../../shared/contract/steering.ts';
import { EmendError } from '../../shared/errors.ts';
import { shortId } from '../../shared/ids.ts';
import type { SteeringData } from '../../shared/steering/data.ts';
import { steeringTitle, type SteeringChoices, type SteeringMethodName } from '../../shared/steering/list.ts';
import type { SteeringCheckReport } from '../engine/jobs.ts';
import type { EntryOf } from '../ledger/entries.ts';
import type { BodyInput } from '../ledger/kinds/index.ts';
import type { By } from '../ledger/ledger.ts';
import { withPart } from '../ledger/versions.ts';
import { buildOnTop } from './edit-work.ts';
import type { JobControl } from './job-list.ts';
import type { LibraryModel } from './library-model.ts';
import type { Model } from './model.ts';
import { asPlain } from './plain.ts';
import { checksOfSteering, steeringSettings, titleFor } from './steering-shelf.ts';
import type { Surroundings } from './surroundings.ts';
import { appendNamed } from './tags.ts';

/** What a steering is to be fitted on, and how. */
export interface SteeringRequest {
  readonly method: SteeringMethodName;
  readonly choices: SteeringChoices;
  readonly data: SteeringData;
  readonly heldOut: number;
  readonly tuning: readonly string[];
}

/** Fits a steering on the current version and keeps it as a draft. Nothing is recorded. @returns the draft's id */
export async function fitDraft(
  { engine }: Surroundings,
  model: Model,
  { method, choices, data, heldOut, tuning }: SteeringRequest,
  control: JobControl,
): Promise<string> {
  const version = model.at('current');
  const scratch = await model.scratch();
  const [steering, delta, shuffled] = ['steering', 'delta', 'control'].map((what) =>
    join(scratch, `draft-${randomUUID()}-${what}.safetensors`),
  ) as [string, string, string];
  try {
    const outcome = await engine.run(
      'steerFit',
      {
        model: await version.ref(control),
        method,
        choices,
        examples: data.examples,
        tuning,
        heldOut,
        save: { steering, delta, control: shuffled },
      },
      control,
    );
    control.check();
    const made = { title: titleFor(steeringTitle(method), data), outcome: asPlain(outcome), data };
    const there = (file: string) => (existsSync(file) ? file : undefined);
    return await model.steerings.keep({ parent: version.id, made, files: { steering, delta: there(delta), control: there(shuffled) } });
  } finally {
    for (const file of [steering, delta, shuffled]) await rm(file, { force: true }).catch(() => undefined);
  }
}

/** Records a draft: the current version is steered by it, or has its delta. @param tag a name for the version; '' for none */
export async function commitSteering(
  parts: Surroundings,
  model: LibraryModel,
  id: string,
  by: By,
  tag: string,
  control: JobControl,
): Promise<EntryOf<'steer'>> {
  model.mustWrite();
  const { ledger } = model;
  const current = ledger.history.current;
  const draft = await model.steerings.draft(id);
  if (draft.parent !== current.id)
    throw new EmendError(
      'bad-input',
      `This steering was fitted on version ${shortId(draft.parent)}; the current one is ${shortId(current.id)}.`,
      'Fit it again on the current version, or roll back to the one that it was fitted on.',
      { parent: draft.parent, current: current.id },
    );
  if (!draft.isSealed)
    throw new EmendError(
      'bad-file',
      'This draft is not sealed: somebody else than Emend may have changed it.',
      'Fit the steering again, and discard this draft.',
      { draft: draft.id },
    );
  const { made } = await model.steerings.find(draft.id);
  const { steering, delta, control: shuffled, data, report } = draft.blobs;
  const part = delta ?? steering!;
  const version = withPart(current, { entry: ledger.head.seq + 1, hash: part.blob });
  const changed = delta ? await buildOnTop(parts, model, version.id, delta, control) : [];
  const unlike = made.outcome.weights.find((one) => changed.find(({ tensor }) => tensor === one.tensor)?.after !== one.sha256After);
  if (delta && unlike)
    throw new EmendError(
      'failed',
      `The weight "${unlike.tensor}" does not come out as it was worked out.`,
      'Fit the steering again; if it happens again, please report it.',
    );
  control.check();
  const input: BodyInput<'steer'> = {
    parent: current.id,
    method: made.outcome.method,
    title: made.title,
    hyperparameters: steeringSettings(made.outcome),
    seeds: {},
    ...(delta ? { delta } : { steering: steering! }),
    ...(data ? { data } : {}),
    changed,
    checks: checksOfSteering(made),
    evidence: { report: report!, ...(shuffled ? { control: shuffled } : {}), ...(delta ? { direction: steering! } : {}) },
    details: { draft: draft.id, parts: [...made.outcome.parts] },
  };
  const entry = await appendNamed(model, 'steer', input, by, { tag, version: version.id });
  if (delta) model.trust(version.id);
  await ledger.drafts.remove(draft.id).catch(() => undefined); // the entry is what counts
  return entry;
}

/** What the figures of a check say, in sentences: also that prompting wins, or that a random push does as much. */
export function checkSays(report: SteeringCheckReport): string[] {
  const of = (what: string) => report.measured.filter((one) => one.what === what).map(({ measures }) => measures);
  const main = report.questions > 0 ? 'MC1' : 'words';
  const mean = (what: string) => {
    const values = of(what).flatMap((one) => one[main]?.mean ?? []);
    return values.length === 0 ? undefined : values.reduce((sum, x) => sum + x, 0) / values.length;
  };
  const [base, steered, random, shuffled, prompt] = ['base', 'steered', 'random', 'shuffled', 'prompt'].map(mean);
  if (base === undefined || steered === undefined) return [];
  const error = of('steered')[0]?.[main]?.error ?? 0;
  const name = main === 'MC1' ? 'MC1' : 'the share of texts with the words';
  const by = (x: number) => x.toFixed(3);
  const said = [`Steered, ${name} goes from ${by(base)} to ${by(steered)}${error > 0 ? ` (standard error ${by(error)})` : ''}.`];
  if (random !== undefined)
    said.push(
      Math.abs(steered - base) <= Math.abs(random - base) + 2 * error
        ? `Random vectors of the same length give ${by(random)}: the effect is not that of the direction.`
        : `Random vectors of the same length give ${by(random)}.`,
    );
  if (shuffled !== undefined) said.push(`Directions of shuffled labels give ${by(shuffled)}.`);
  if (prompt !== undefined)
    said.push(`Asking for it in the prompt gives ${by(prompt)}${prompt >= steered ? ': no steering is needed for that' : ''}.`);
  const kl = of('steered')[0]?.kl;
  if (kl) said.push(`On ordinary text the next token moves by a KL of ${by(kl.mean)} nats.`);
  return said;
}

/** A check as the contract has it. */
export function checkView(report: SteeringCheckReport): SteeringCheck {
  return { ...asPlain(report), says: checkSays(report) };
}
