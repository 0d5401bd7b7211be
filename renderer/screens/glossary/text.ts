import { plural } from '../../format.ts';

/** What the glossary says around its words. */
export const glossary = {
  about: 'The words of Emend, everywhere the same.',
  search: 'Find a word',
  none: 'No word or meaning has this.',
  found: (words: number) => plural(words, 'entry', 'entries'),
};
