export { shortDraft, shortId as short } from '../../../shared/ids.ts';

/** A time of the record to the minute, in UTC as filters take it: "2026-03-01 09:30". */
export function minute(iso: string): string {
  return iso.slice(0, 16).replace('T', ' ');
}

/** A count with its word. */
export function counted(n: number, word: string, several = `${word}s`): string {
  return `${n} ${n === 1 ? word : several}`;
}
