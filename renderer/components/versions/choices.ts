import type { Result } from '../../../shared/contract.ts';
import { shortId } from '../../../shared/ids.ts';
import { fullTime } from '../../format.ts';
import { versionWords as t } from './text.ts';

export interface VersionChoice {
  readonly value: string;
  readonly label: string;
  readonly group?: string;
}

/** Versions by id that are offered; older ones have tags, or are in the list of versions. */
const EARLIER = 30;

/**
 * Versions to ask: the current one and the base, then tags, then earlier ones by id. Without a list only the first two.
 * @param wanted is among them in any case
 */
export function versionChoices(listed?: Result<'versions.list'>, wanted?: string): VersionChoice[] {
  const first = [
    { value: 'current', label: t.current },
    { value: 'base', label: t.base },
  ];
  if (!listed) return first;
  const tags = listed.versions.flatMap(({ tags: names }) => names.map((name) => ({ value: name, label: name, group: t.tags })));
  const earlier = listed.versions
    .filter(({ id }) => id !== listed.current && id !== listed.base)
    .filter(({ id }, at) => at < EARLIER || id === wanted)
    .map(({ id, time }) => ({ value: id, label: `${shortId(id)}, ${fullTime(time)}`, group: t.earlier }));
  return [...first, ...tags, ...earlier];
}
