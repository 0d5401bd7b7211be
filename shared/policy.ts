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
  /** Of 'another-key': whose keys count, names by the ids of the keys. */
  keys: v.exactOptional(v.record(v.string(), v.string())),
});
export type Asked = v.InferOutput<typeof AskedSchema>;

/** What is asked for where nobody set a policy. */
export const NOTHING_ASKED: Asked = { approval: 'none' };

/** What the settings ask for. */
export function askedBy({ policy, thresholds }: Pick<Settings, 'policy' | 'thresholds'>): Asked {
  const { requireChecks, requireApproval: approval, people } = policy;
  return given({
    checks: requireChecks ? { ...thresholds } : undefined,
    approval,
    keys: approval === 'another-key' ? { ...people } : undefined,
  });
}

/** The same as settings have it. */
export function settingsOf({ checks, approval, keys = {} }: Asked): Pick<Settings, 'policy' | 'thresholds'> {
  return {
    policy: { requireChecks: checks !== undefined, requireApproval: approval, people: keys },
    thresholds: forDemanded((name) => checks?.[name] ?? MEASURES[name].demand.least),
  };
}

/** Whether two ask for the same. */
export function isSameAsked(one: Asked, other: Asked): boolean {
  const sorted = (values: object | undefined) => values && Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
  const listed = ({ checks, approval, keys }: Asked) => JSON.stringify([approval, sorted(checks), sorted(keys)]);
  return listed(one) === listed(other);
}

const APPROVAL = {
  none: undefined,
  anyone: 'an approval',
  'someone-else': 'the approval of someone who did not make the edits',
  'another-key': 'an approval that someone who did not make the edits signed with a key of their own',
} as const;

/** What a policy asks for, in words: "New answer given of at least 0.9"; one line where it asks for nothing. */
export function askedWords({ checks = {}, approval, keys = {} }: Asked): string[] {
  const names = [
    ...demandedNames().filter((name) => checks[name] !== undefined),
    ...Object.keys(checks).filter((name) => !isMeasure(name)),
  ];
  const words = names.map((name) => `${isMeasure(name) ? MEASURES[name].label : name} of at least ${checks[name]}`);
  const who = APPROVAL[approval];
  const people = Object.entries(keys).map(([id, name]) => `${name}, key ${id.slice(0, 12)}`);
  if (who !== undefined) words.push(people.length > 0 ? `${who} (${people.join('; ')})` : who);
  return words.length > 0 ? words : ['nothing'];
}

/** Which of several measurements of the same counts. */
export type Counted = 'worst' | 'newest';

/** What let a version out: each thing that was asked for, and the entry that answers it. */
export const LetOutSchema = v.strictObject({
  /** 'nothing': the policy asked for nothing. 'import': the import itself may always go out. */
  by: v.picklist(['policy', 'nothing', 'import']),
  checks: v.array(
    v.strictObject({
      name: v.string(),
      least: v.number(),
      value: v.number(),
      entry: v.number(),
      /** How many measurements of the version there were, of which this is the worst. Earlier releases took the newest and do not tell. */
      of: v.exactOptional(v.number()),
    }),
  ),
  approvals: v.array(v.strictObject({ author: v.string(), entry: v.number(), key: v.exactOptional(v.string()) })),
});
export type LetOut = v.InferOutput<typeof LetOutSchema>;

/** Which measurement counted: the worst, or in exports of earlier releases the newest. */
export function countedIn({ checks }: LetOut): Counted {
  return checks.every(({ of }) => of !== undefined) ? 'worst' : 'newest';
}

/** The same in words. */
export function letOutWords({ by, checks, approvals }: LetOut): string[] {
  if (by === 'nothing') return ['exported without a policy: nothing was asked for'];
  if (by === 'import') return ['the import itself, which no policy holds back'];
  const label = (name: string) => (isMeasure(name) ? MEASURES[name].label : name);
  return [
    ...checks.map(
      ({ name, value, least, entry, of = 1 }) =>
        `${label(name)} ${Number(value.toPrecision(3))}${of > 1 ? `, the worst of ${of} measurements` : ''}, ` +
        `at least ${least} (entry ${entry})`,
    ),
    ...approvals.map(
      ({ author, entry, key }) =>
        `approved by ${author} (entry ${entry}${key === undefined ? '' : `, signed with key ${key.slice(0, 12)}`})`,
    ),
  ];
}
