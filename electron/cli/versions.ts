import type { Result } from '../../shared/contract.ts';
import type { Version } from '../../shared/contract/versions.ts';

/** The version with this name, as the ledger finds it: "current", "base", a tag, an id or the beginning of one. */
export function findVersion(
  { versions, current, base }: Pick<Result<'versions.list'>, 'versions' | 'current' | 'base'>,
  name: string,
): Version | undefined {
  const id = name === 'current' ? current : name === 'base' ? base : name;
  const exact = versions.find((one) => one.id === id || one.tags.includes(name));
  if (exact) return exact;
  const starting = /^[0-9a-f]{6,}$/.test(name) ? versions.filter((one) => one.id.startsWith(name)) : [];
  return starting.length === 1 ? starting[0] : undefined;
}

/** A version in a sentence, as it was named. */
export function versionText(name: string): string {
  return name === 'current' ? 'the current version' : name === 'base' ? 'the version as imported' : `version ${name}`;
}
