/** From how many days on a build is old: what it brings along, such as its browser engine, was mended many times since. */
const OLD = 120;
const DAY = 86_400_000;

/** How old a build is, in words, and whether it is time to look for a newer one. @param built ISO 8601, a day */
export function buildAge(built: string, now: Date): { readonly words: string; readonly isOld: boolean } {
  const days = Math.max(0, Math.floor((now.getTime() - Date.parse(built)) / DAY));
  return { words: `${built}, ${days === 0 ? 'today' : days === 1 ? 'a day ago' : `${days} days ago`}`, isOld: days >= OLD };
}
