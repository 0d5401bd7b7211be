/** A probability as percent, with enough digits to compare small ones. */
export function percent(share: number): string {
  const value = share * 100;
  if (value >= 99.95) return '100%';
  if (value >= 10) return `${value.toFixed(1)}%`;
  if (value >= 0.1) return `${value.toFixed(2)}%`;
  if (value >= 0.001) return `${Number(value.toPrecision(2))}%`;
  return value === 0 ? '0%' : '<0.001%';
}

/** A difference of shares in points, one digit behind the dot; without a minus in front of nothing. */
export function points(share: number, places = 1): string {
  const written = (100 * share).toFixed(places);
  return Number(written) === 0 ? written.replace('-', '') : written;
}

/** A size beside another: a share, or how many times it when it is more. */
export function ratio(value: number): string {
  return value < 1 ? percent(value) : `${digits(value)} ×`;
}

/** Three significant digits. */
export function digits(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 1000 && size < 1e7) return whole(value);
  if (size >= 100) return size >= 1e7 ? value.toExponential(2) : value.toFixed(0);
  return size < 1e-3 ? value.toExponential(2) : value.toFixed(Math.max(0, 2 - Math.floor(Math.log10(size))));
}

/** A whole number with its thousands apart. */
export function whole(value: number): string {
  return Math.round(value)
    .toString()
    .replaceAll(/\B(?=(\d{3})+$)/g, ' ');
}

/** Bytes in the unit that fits. */
export function size(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const step = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  return step === 0 ? `${bytes} B` : `${(bytes / 1000 ** step).toFixed(1)} ${units[step]}`;
}

/** Seconds as a person says them. */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
