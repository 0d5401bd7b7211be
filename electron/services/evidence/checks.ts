import type { Check } from '../../../shared/contract/edits.ts';
import { forDemanded } from '../../../shared/measures.ts';
import { summarize, type CheckReport } from '../../engine/records.ts';
import type { CheckResult } from '../../ledger/bodies.ts';
import { checksOf } from '../edit-report.ts';
import type { Pair } from './pairs.ts';

/** Whether each check passed follows from its value and its threshold. */
export function passedPairs(checks: readonly CheckResult[]): Pair[] {
  return [
    {
      what: 'which checks passed, and their values beside what was demanded,',
      one: checks.map(({ passed }) => passed ?? null),
      other: checks.map(({ value, threshold }) => (threshold === undefined ? null : value >= threshold)),
    },
  ];
}

/** Checks that were made apart from an edit follow from their report. */
export function checkReportPairs(checks: readonly CheckResult[], report: CheckReport): Pair[] {
  const { summary, S } = summarize(report.records);
  // Other releases take other measures.
  const measured = new Map(checksOf(report, undefined, NONE).map((check) => [check.name as string, check]));
  return [
    {
      what: 'the checks of the entry and of its report',
      one: withoutDemands(checks),
      other: withoutDemands(checks.flatMap(({ name }) => measured.get(name) ?? [])),
    },
    { what: 'the averages of the report and its cases', one: [report.summary, report.S], other: [summary, S] },
    ...passedPairs(checks),
  ];
}

/** What was demanded is told by the checks alone. */
const NONE = forDemanded(() => 0);

function withoutDemands(checks: readonly (Check | CheckResult)[]) {
  return checks.map(({ name, value, before, count }) => ({ name, value, before, count }));
}
