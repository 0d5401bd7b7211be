import * as v from 'valibot';
import { SteeringCheckSchema, SteeringOutcomeSchema, type SteeringCheck, type SteeringDraft } from '../../shared/contract/steering.ts';
import { type SteeringData, SteeringDataSchema } from '../../shared/steering/data.ts';
import type { SteeringCandidate } from '../engine/jobs.ts';
import type { CheckResult } from '../ledger/bodies.ts';

/** What is kept of a fitted steering besides its files. */
export const SteeringMadeSchema = v.object({
  title: v.string(),
  outcome: SteeringOutcomeSchema,
  data: SteeringDataSchema,
  check: v.optional(SteeringCheckSchema),
});
/** The same without what it was fitted on: what the blob `report` of an entry holds. */
export const SteeringReportSchema = v.omit(SteeringMadeSchema, ['data']);
export type SteeringMade = v.InferOutput<typeof SteeringMadeSchema>;

/** A steering as it was fitted. Its files lie in the model's scratch folder, and are gone afterwards. */
export interface FittedSteering {
  /** Id of the version that it is for. */
  readonly parent: string;
  readonly made: SteeringMade;
  readonly files: { readonly steering: string; readonly delta?: string | undefined; readonly control?: string | undefined };
}

/** A draft with its files where they last. */
export interface KeptSteering {
  readonly id: string;
  readonly parent: string;
  readonly made: SteeringMade;
  readonly candidate: SteeringCandidate;
}

/** Steerings that were fitted and are not in force. */
export interface SteeringShelf {
  /** @returns the draft's id */
  keep(fitted: FittedSteering): Promise<string>;
  /** The one made last first. */
  list(): Promise<SteeringDraft[]>;
  /** Takes an unambiguous beginning of the id too. @throws EmendError 'not-found' that lists the drafts there are */
  find(id: string): Promise<KeptSteering>;
  /** Keeps what was measured with a draft. */
  measured(id: string, check: SteeringCheck): Promise<void>;
  discard(id: string): Promise<void>;
}

/** The settings that it was fitted with, as its entry has them. */
export function steeringSettings({ settings }: SteeringMade['outcome']) {
  return Object.fromEntries(settings.map(({ key, name, value, source }) => [key, { name, value, source }]));
}

/** A steering in a line: what does it, on what. */
export function titleFor(method: string, data: SteeringData): string {
  return `${method}, fitted on ${data.source}`;
}

/** The figures of a steering as entries and lists have them. */
export function checksOfSteering({ outcome, check }: Pick<SteeringMade, 'outcome' | 'check'>): CheckResult[] {
  const heldOut = outcome.places.flatMap((place) => (place.chosen && place.heldOut !== undefined ? [place.heldOut] : []));
  const accuracy =
    heldOut.length === 0
      ? []
      : [{ name: 'held-out accuracy', value: heldOut.reduce((sum, x) => sum + x, 0) / heldOut.length, count: outcome.groups.heldOut }];
  const found = (what: string) => check?.measured.find((one) => one.what === what)?.measures;
  const [before, after] = [found('base'), found('steered')];
  const NAMES = {
    MC1: 'MC1',
    MC2: 'MC2',
    MC3: 'MC3',
    words: 'wanted words',
    fluency: 'fluency',
    crossEntropy: 'text cross-entropy',
    kl: 'text KL',
  } as const;
  const measured = (Object.keys(NAMES) as (keyof typeof NAMES)[]).flatMap((key): CheckResult[] => {
    const value = after?.[key];
    if (!value) return [];
    const was = before?.[key]?.mean;
    return [{ name: NAMES[key], value: value.mean, count: value.count, ...(was === undefined ? {} : { before: was }) }];
  });
  return [...accuracy, ...measured];
}
