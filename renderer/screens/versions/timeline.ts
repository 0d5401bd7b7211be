import type { Result } from '../../../shared/contract.ts';
import type { Moment, Review, Version } from '../../../shared/contract/versions.ts';
import { ENTRY_KINDS, type VersionRole } from '../../../shared/kinds.ts';
import { steeringTitle } from '../../../shared/steering/list.ts';
import { shortId } from '../../../shared/ids.ts';
import { versionsText } from './text.ts';

export type VersionList = Result<'versions.list'>;

/** A moment of the timeline with what else is known about the version that it made current. */
export interface Step {
  readonly moment: Moment;
  /** The version is the current one; only the newest step that led to it is `head`. */
  readonly current: boolean;
  readonly head: boolean;
  readonly base: boolean;
  readonly tags: readonly string[];
  readonly reviews: readonly Review[];
  /** Entries of the edits in force in its version, the first applied first. */
  readonly parts: readonly number[];
  /** For an edit that is no longer in force: what took it out. */
  readonly outBy: { readonly entry: number; readonly kind: Moment['kind'] } | undefined;
  /** For a rollback: the entry that first made the version it went back to. */
  readonly backTo: number | undefined;
}

/** The timeline as the screen shows it, newest first. */
export function stepsOf(list: VersionList): Step[] {
  const versions = new Map(list.versions.map((version) => [version.id, version]));
  const oldestFirst = [...list.timeline].reverse();
  return list.timeline.map((moment, at) => {
    const version = versions.get(moment.version);
    return {
      moment,
      current: moment.version === list.current,
      head: at === 0,
      base: moment.version === list.base,
      tags: version?.tags ?? [],
      reviews: version?.reviews ?? [],
      parts: version?.parts ?? [],
      outBy: writes(moment) && !moment.inForce ? takenOut(moment.entry, oldestFirst, versions) : undefined,
      backTo: roleOf(moment) === 'goes back' ? version?.entry : undefined,
    };
  });
}

/** What a moment did to the version that was current. */
export function roleOf({ kind }: Pick<Moment, 'kind'>): VersionRole {
  return ENTRY_KINDS[kind].version;
}

/** Whether a moment added something to the model, so that it can be in force or taken out. */
export function writes(moment: Moment): boolean {
  return roleOf(moment) === 'adds';
}

/** The last moment that took an edit out: it may have been out and back in before. */
function takenOut(entry: number, oldestFirst: readonly Moment[], versions: ReadonlyMap<string, Version>): Step['outBy'] {
  let was = false;
  let out: Step['outBy'];
  for (const moment of oldestFirst) {
    const is = versions.get(moment.version)?.parts.includes(entry) ?? false;
    if (was && !is) out = { entry: moment.entry, kind: moment.kind };
    was = is;
  }
  return out;
}

/** What can be done with the version of a step, and why not where it cannot. */
export interface Acts {
  readonly rollback: boolean;
  readonly revert: boolean;
  readonly check: boolean;
  readonly export: boolean;
}

export function actsOn(step: Step): Acts {
  return { rollback: !step.current, revert: writes(step.moment) && step.moment.inForce, check: step.parts.length > 0, export: true };
}

/** A version as a choice in a list: its tags if it has some, its entry, and the first digits of its id. */
export function versionLabel(version: Version, list: Pick<VersionList, 'current' | 'base'>): string {
  const names = [...(version.id === list.current ? ['current'] : []), ...(version.id === list.base ? ['base'] : []), ...version.tags];
  return `Entry ${version.entry} · ${shortId(version.id)}${names.length > 0 ? ` (${names.join(', ')})` : ''}`;
}

/**
 * Which two versions are compared after one more was chosen: choosing a chosen one lets go of it,
 * a third takes the place of the one chosen longer ago.
 */
export function choose(chosen: readonly string[], version: string): string[] {
  if (chosen.includes(version)) return chosen.filter((one) => one !== version);
  return [...chosen, version].slice(-2);
}

/** Both of a pair, the one made earlier as `a`; undefined unless there are two. */
export function orderedPair(
  chosen: readonly string[],
  versions: readonly Version[],
): { readonly a: string; readonly b: string } | undefined {
  const made = (id: string) => versions.find((version) => version.id === id)?.entry ?? 0;
  const [a, b] = [...chosen].sort((one, other) => made(one) - made(other));
  return a === undefined || b === undefined ? undefined : { a, b };
}

/** What a moment did, in a line. */
export function headline(step: Step): string {
  return HEADLINES[roleOf(step.moment)](step);
}

const text = versionsText.headline;
const HEADLINES: Readonly<Record<VersionRole, (step: Step) => string>> = {
  begins: () => text.imported,
  adds({ moment: { kind, facts, method } }) {
    const [fact] = facts;
    return fact
      ? text.wrote(fact.subject, fact.target, facts.length - 1)
      : text.made(ENTRY_KINDS[kind].label, method && steeringTitle(method));
  },
  'takes out': ({ moment }) => text.reverted(moment.reverts ?? 0),
  'goes back': ({ backTo, tags }) => text.rolledBack(backTo ?? 0, tags[0]),
};
