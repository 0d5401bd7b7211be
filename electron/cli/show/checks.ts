import type { Check } from '../../../shared/contract/edits.ts';
import { isMeasure, MEASURES, type Unit } from '../../../shared/measures.ts';
import { digits, percent } from '../format/numbers.ts';
import type { Printer } from '../format/printer.ts';

/** Measures of a check, with what was demanded of them. */
export function showChecks(out: Printer, checks: readonly Check[]): void {
  const { style } = out;
  out.table(
    [
      ['check', 'before', 'now', 'cases', 'at least', ''],
      ...checks.map(({ name, value, before, count, threshold, passed }) => [
        name,
        before === undefined ? '' : measured(name, before),
        measured(name, value),
        count === undefined ? '' : String(count),
        threshold === undefined ? '' : measured(name, threshold),
        passed === undefined ? '' : passed ? style.good('passed') : style.bad('failed'),
      ]),
    ],
    { heading: true, right: [1, 2, 3, 4] },
  );
}

/** What is demanded of an edit, in one line: "answers 100%, kept 83.3%". */
export function inShort(checks: readonly Check[]): string {
  return checks
    .filter(({ threshold }) => threshold !== undefined)
    .map(({ name, value }) => `${name} ${measured(name, value)}`)
    .join(', ');
}

/** A value in its unit; that of a measure that this release does not know is told as it is recorded. */
export function measured(name: string, value: number): string {
  return isMeasure(name) ? IN_UNIT[MEASURES[name].unit](value) : digits(value);
}

const IN_UNIT: Readonly<Record<Unit, (value: number) => string>> = {
  share: (value) => percent(value),
  bits: (value) => `${digits(value)} bits`,
  nats: (value) => `${digits(value)} nats`,
  none: digits,
};
