/** Numbers and names as people read them. */
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });

/** 12,345 */
export function count(value: number): string {
  return whole.format(value);
}

/** "1 edit", "3 edits" */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${whole.format(value)} ${value === 1 ? one : many}`;
}

/** 7.4M, 1.5B */
export function large(value: number): string {
  return short.format(value);
}

/** 29.9 MB; decimal units, as file managers show them. */
export function bytes(value: number): string {
  if (value < 1000) return `${value} B`;
  const power = Math.min(Math.floor(Math.log10(value) / 3), 4);
  const scaled = value / 1000 ** power;
  return `${scaled >= 100 ? Math.round(scaled) : scaled.toFixed(1)} ${['B', 'kB', 'MB', 'GB', 'TB'][power]}`;
}

/** 97.3%; what is not quite 0 or 1 is not shown as if it were, and what is has no decimals: 0%, 100%. */
export function percent(share: number, digits = 1): string {
  if (share === 0 || share === 1) return `${100 * share}%`;
  if (share > 0 && share < 0.5 * 10 ** -(digits + 2)) return `<${(10 ** -digits).toFixed(digits)}%`;
  if (share < 1 && share > 1 - 0.5 * 10 ** -(digits + 2)) return `>${(100 - 10 ** -digits).toFixed(digits)}%`;
  return `${(share * 100).toFixed(digits)}%`;
}

/** A number without a scale of its own: three significant digits, alike many in two beside each other; 12,345 where it is large. */
export function plainNumber(value: number): string {
  return value !== 0 && Math.abs(value) < 1e-4
    ? value
        .toExponential(1)
        .replace('e-', ' · 10⁻')
        .replace(/⁻(\d+)$/, (_, digits: string) => `⁻${[...digits].map((digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)]).join('')}`)
    : Number.isInteger(value)
      ? count(value)
      : Math.abs(value) >= 1000
        ? count(Math.round(value))
        : value.toPrecision(3);
}

/** 42 s, 3 min, 1 h 20 min */
export function duration(seconds: number): string {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const STEPS = [
  ['second', 60],
  ['minute', 60],
  ['hour', 24],
  ['day', 30],
  ['month', 12],
  ['year', Infinity],
] as const;

/** "3 minutes ago" */
export function ago(iso: string, now: number): string {
  let value = (Date.parse(iso) - now) / 1000;
  if (Math.abs(value) < 45) return 'just now';
  for (const [unit, size] of STEPS) {
    // Of 59.7 minutes no one says sixty.
    if (Math.abs(Math.round(value)) < size) return relative.format(Math.round(value), unit);
    value /= size;
  }
  return iso;
}

const full = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'medium' });

/** Date and time in the person's own time zone. */
export function fullTime(iso: string): string {
  return full.format(new Date(iso));
}
