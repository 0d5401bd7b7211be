import type { Check } from '../../../shared/contract/edits.ts';
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

/** What is demanded of an edit, in one line: "efficacy 100%, specificity 83.3%". */
export function inShort(checks: readonly Check[]): string {
  return checks
    .filter(({ threshold }) => threshold !== undefined)
    .map(({ name, value }) => `${name} ${measured(name, value)}`)
    .join(', ');
}

/** A value in its unit; what has none of its own is a share. */
function measured(name: string, value: number): string {
  if (name === 'perplexity') return digits(value);
  if (name === 'fluency') return `${digits(value)} bits`;
  return name === 'drift' ? `${digits(value)} nats` : percent(value);
}
