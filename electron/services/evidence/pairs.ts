import { canonical } from '../../storage/canonical.ts';
import { plain } from '../plain.ts';

/** Two places of a record that state the same thing. */
export interface Pair {
  /** What is stated, and where, as in "the facts of the entry and of its fact set". */
  readonly what: string;
  readonly one: unknown;
  readonly other: unknown;
}

/** The pairs whose halves differ, each as a sentence. */
export function contradictions(pairs: readonly Pair[]): string[] {
  return pairs.filter(({ one, other }) => text(one) !== text(other)).map(({ what }) => `${capital(what)} are not the same.`);
}

/** A value as JSON keeps it, so that fields that are undefined and fields that are not there are alike. */
function text(value: unknown): string {
  return canonical(plain({ value }));
}

function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
