import * as v from 'valibot';
import { PolicySchema, type Settings } from './contract/settings.ts';
import { demandedNames, forDemanded, isMeasure, MEASURES } from './measures.ts';
import { given } from './given.ts';

/** What a policy asks of a version before it leaves, as records keep it. */
export const AskedSchema = v.strictObject({
  /** The least share that each check must reach; left out where no check is asked for. */
  checks: v.exactOptional(v.record(v.string(), v.pipe(v.number(), v.finite()))),
  /** Whose approval. */
  approval: PolicySchema.entries.requireApproval,
});
export type Asked = v.InferOutput<typeof AskedSchema>;

/** What is asked for where nobody set a policy. */
export const NOTHING_ASKED: Asked = { approval: 'none' };

/** What the settings ask for. */
export function askedBy({ policy, thresholds }: Pick<Settings, 'policy' | 'thresholds'>): Asked {
  return { ...given({ checks: policy.requireChecks ? { ...thresholds } : undefined }), approval: policy.requireApproval };
}

/** The same as settings have it. */
export function settingsOf({ checks, approval }: Asked): Pick<Settings, 'policy' | 'thresholds'> {
  return {
    policy: { requireChecks: checks !== undefined, requireApproval: approval },
    thresholds: forDemanded((name) => checks?.[name] ?? MEASURES[name].demand.least),
  };
}

/** Whether two ask for the same. */
export function isSameAsked(one: Asked, other: Asked): boolean {
  const listed = ({ checks }: Asked) => JSON.stringify(checks && Object.entries(checks).sort(([a], [b]) => (a < b ? -1 : 1)));
  return one.approval === other.approval && listed(one) === listed(other);
}

const APPROVAL = { none: undefined, anyone: 'an approval', 'someone-else': 'the approval of someone who did not make the edits' } as const;

/** What a policy asks for, in words: "New answer given of at least 0.9"; one line where it asks for nothing. */
export function askedWords({ checks = {}, approval }: Asked): string[] {
  const names = [
    ...demandedNames().filter((name) => checks[name] !== undefined),
    ...Object.keys(checks).filter((name) => !isMeasure(name)),
  ];
  const words = names.map((name) => `${isMeasure(name) ? MEASURES[name].label : name} of at least ${checks[name]}`);
  const who = APPROVAL[approval];
  if (who !== undefined) words.push(who);
  return words.length > 0 ? words : ['nothing'];
}

/** What let a version out: each thing that was asked for, and the entry that answers it. */
export const LetOutSchema = v.strictObject({
  /** 'nothing': the policy asked for nothing. 'import': the import itself may always go out. */
  by: v.picklist(['policy', 'nothing', 'import']),
  checks: v.array(v.strictObject({ name: v.string(), least: v.number(), value: v.number(), entry: v.number() })),
  approvals: v.array(v.strictObject({ author: v.string(), entry: v.number() })),
});
export type LetOut = v.InferOutput<typeof LetOutSchema>;

/** The same in words. */
export function letOutWords({ by, checks, approvals }: LetOut): string[] {
  if (by === 'nothing') return ['exported without a policy: nothing was asked for'];
  if (by === 'import') return ['the import itself, which no policy holds back'];
  const label = (name: string) => (isMeasure(name) ? MEASURES[name].label : name);
  return [
    ...checks.map(({ name, value, least, entry }) => `${label(name)} ${Number(value.toPrecision(3))}, at least ${least} (entry ${entry})`),
    ...approvals.map(({ author, entry }) => `approved by ${author} (entry ${entry})`),
  ];
}
