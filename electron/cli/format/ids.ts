/** An id or hash as people read and type it. */
export function short(id: string): string {
  return id.slice(0, 12);
}

/** A draft's id likewise; its first part is enough to tell drafts apart. */
export function shortDraft(id: string): string {
  return id.slice(0, 8);
}

/** A time of the record to the minute, in UTC as filters take it: "2026-03-01 09:30". */
export function minute(iso: string): string {
  return iso.slice(0, 16).replace('T', ' ');
}

/** A count with its word. */
export function counted(n: number, word: string, several = `${word}s`): string {
  return `${n} ${n === 1 ? word : several}`;
}
