import source from '../../../docs/GLOSSARY.md?raw';
import { entriesOf, type Entry } from './glossary-table.ts';

/** The words of docs/GLOSSARY.md, which is where they are written. */
export const GLOSSARY: readonly Entry[] = entriesOf(source);

/** What the glossary says of the first of some words that it has. */
export function inGlossary(...words: readonly string[]): Entry | undefined {
  const wanted = words.map((word) => word.toLowerCase());
  return wanted.flatMap((word) => GLOSSARY.find((entry) => entry.words.includes(word)) ?? [])[0];
}
