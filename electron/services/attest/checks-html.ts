import { isMeasure, MEASURES } from '../../../shared/measures.ts';
import type { CheckResult } from '../../ledger/bodies.ts';
import { html, table, type Html } from './html.ts';

/** Measures as people read them, each by its published or plain name; `from` says what measured it, where that is not one and the same. */
export function checksTable(rows: readonly { readonly from: string; readonly check: CheckResult }[]): Html {
  const sourced = rows.some((row) => row.from !== '');
  return table(
    ['Check', 'Before', 'After', 'Demanded', 'Cases', 'Result', ...(sourced ? ['Measured by'] : [])],
    rows.map(({ from, check }) => [
      isMeasure(check.name) ? MEASURES[check.name].label : check.name,
      number(check, check.before),
      number(check, check.value),
      number(check, check.threshold),
      check.count,
      check.passed === undefined
        ? html`<span class="dim">nothing demanded</span>`
        : verdict(check.passed, check.passed ? 'passed' : 'failed'),
      ...(sourced ? [from] : []),
    ]),
  );
}

/** What something came to. */
export function verdict(good: boolean, word: string): Html {
  return good ? html`<span class="good">${word}</span>` : html`<span class="bad">${word}</span>`;
}

/** A share as one, whatever it is a share of; anything else with its unit. */
function number({ name }: CheckResult, value: number | undefined): Html | undefined {
  if (value === undefined) return undefined;
  const unit = isMeasure(name) ? MEASURES[name].unit : 'none';
  const said = unit === 'share' ? `${short(value * 100)} %` : unit === 'none' ? short(value) : `${short(value)} ${unit}`;
  return html`<span class="number">${said}</span>`;
}

/** Enough digits to compare; all of them are in the ledger. */
export function short(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}
