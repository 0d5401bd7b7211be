/** The moment that a day begins by this machine's clock, or one of those after it. @param day 2026-03-01 */
export function startOfDay(day: string, after: number): string {
  const [year, month, date] = day.split('-').map(Number) as [number, number, number];
  return new Date(year, month - 1, date + after).toISOString();
}

/** The days of the last week, today included, by this machine's clock. */
export function lastWeek(now: number): { readonly from: string; readonly to: string } {
  const day = (back: number) => {
    const at = new Date(now);
    at.setDate(at.getDate() - back);
    const two = (part: number) => String(part).padStart(2, '0');
    return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  };
  return { from: day(6), to: day(0) };
}
