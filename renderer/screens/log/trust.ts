import type { Verification } from '../../../shared/contract/audit.ts';

/** Entries of a verification with problems first, for the result panel; whole ones are only counted. */
export function resultRows(found: Verification): {
  readonly damaged: Verification['entries'];
  readonly whole: number;
  readonly elsewhere: readonly string[];
} {
  const damaged = found.entries.filter((entry) => entry.problems.length > 0);
  return {
    damaged,
    whole: found.entries.length - damaged.length,
    elsewhere: found.problems.filter((problem) => problem.entry === undefined).map((problem) => problem.message),
  };
}
