import type { Entry } from '../ledger/entries.ts';

/** Clocks of two computers may be so far apart (ms). */
const APART = 60_000;
/** So many are told one by one. */
const TOLD = 5;

/**
 * What the times of entries show of the clocks that they were taken from. Entries stand in the order in which they were recorded; a time
 * that is earlier than the one before it, or that no calendar has, is no damage and proves nothing: the clock was set.
 */
export function clockRemarks(entries: readonly Pick<Entry, 'seq' | 'time'>[]): string[] {
  const remarks: string[] = [];
  let latest: { seq: number; at: number; time: string } | undefined;
  for (const { seq, time } of entries) {
    const at = Date.parse(time);
    if (Number.isNaN(at) || new Date(at).toISOString() !== time) remarks.push(`Entry ${seq} has the time ${time}, which no calendar has.`);
    else if (latest && at < latest.at - APART)
      remarks.push(`Entry ${seq} has the time ${time}, earlier than entry ${latest.seq} before it (${latest.time}): a clock was set.`);
    if (!Number.isNaN(at) && at > (latest?.at ?? -Infinity)) latest = { seq, at, time };
  }
  const more = remarks.length - TOLD;
  return more > 0 ? [...remarks.slice(0, TOLD), `Of ${more} more entries the times are like that.`] : remarks;
}
