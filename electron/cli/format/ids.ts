export { counted } from '../../../shared/counted.ts';
export { shortDraft, shortId as short } from '../../../shared/ids.ts';

/** A time of the record to the minute, in UTC as filters take it: "2026-03-01 09:30". */
export function minute(iso: string): string {
  return iso.slice(0, 16).replace('T', ' ');
}
