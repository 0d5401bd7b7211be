import { diffWordsWithSpace } from 'diff';

/** A stretch of a text that the other text has too, or not. */
export interface Stretch {
  readonly text: string;
  readonly isOwn: boolean;
}

/** Two texts, word by word: each in stretches, those without a match in the other marked. */
export function compareWords(
  a: string,
  b: string,
): { readonly a: readonly Stretch[]; readonly b: readonly Stretch[]; readonly isSame: boolean } {
  const parts = diffWordsWithSpace(a, b);
  return {
    a: parts.filter(({ added }) => !added).map(({ value, removed }) => ({ text: value, isOwn: removed })),
    b: parts.filter(({ removed }) => !removed).map(({ value, added }) => ({ text: value, isOwn: added })),
    isSame: parts.every(({ added, removed }) => !added && !removed),
  };
}
