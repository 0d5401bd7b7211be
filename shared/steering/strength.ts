/**
 * What a strength counts in. raw: multiples of the vector as it is; sigma: standard deviations of the activations along it; norm: shares of
 * the mean length of the state at its place.
 */
export const STRENGTH_UNITS = {
  raw: { label: 'times the vector', short: '×' },
  sigma: { label: 'standard deviations along the vector', short: 'σ' },
  norm: { label: 'of the length of the state', short: '‖h‖' },
} as const satisfies Readonly<Record<string, { readonly label: string; readonly short: string }>>;
export type StrengthUnit = keyof typeof STRENGTH_UNITS;
export const UNIT_NAMES = Object.keys(STRENGTH_UNITS) as [StrengthUnit, ...StrengthUnit[]];

export interface Strength {
  readonly value: number;
  readonly unit: StrengthUnit;
}

/** What converts units of one vector in one layer; of what was never measured nothing can be converted. */
export interface Measured {
  /** Length of the vector. */
  readonly length: number;
  /** Standard deviation of the activations along it, at length 1. */
  readonly sigma?: number | undefined;
  /** Mean length of the state where it is added. */
  readonly norm?: number | undefined;
}

/** How many multiples of the vector as it is; undefined where the measure is missing, or the vector has no length. */
export function multiplesOf({ value, unit }: Strength, { length, sigma, norm }: Measured): number | undefined {
  if (unit === 'raw') return value;
  const size = unit === 'sigma' ? sigma : norm;
  return size === undefined || length === 0 ? undefined : (value * size) / length;
}

/** The same strength in another unit; undefined where a measure is missing. */
export function converted(strength: Strength, unit: StrengthUnit, measured: Measured): Strength | undefined {
  const multiples = multiplesOf(strength, measured);
  const one = multiplesOf({ value: 1, unit }, measured);
  return multiples === undefined || one === undefined || one === 0 ? undefined : { value: multiples / one, unit };
}
