import { expect, it } from 'vitest';
import type { CheckReport, RecordReport } from '../../../electron/engine/records.ts';
import { checksOf } from '../../../electron/services/edit-report.ts';
import { DEFAULT_SETTINGS } from '../../../shared/contract/settings.ts';
import { demandedNames, factMeasureNames } from '../../../shared/measures.ts';

const { thresholds } = DEFAULT_SETTINGS;
const record = (measures: RecordReport['measures']) => ({ measures }) as RecordReport;
const report = (records: RecordReport[], drift?: CheckReport['drift']): CheckReport => ({ records, summary: {}, S: undefined, drift });
const DRIFT = { probes: 8, meanKl: 0.5, maxKl: 1, top1Changed: 0.25, perplexityBefore: 7, perplexityNow: Infinity };

it('takes every measure of facts, in the order of the list, and holds the demanded ones against their thresholds', () => {
  const all = record({ ES: 1, PS: 0.5, NS: 0.75, exactMatch: 1, neighborsUnchanged: 0.5, GE: 6 });
  const none = record({ ES: 0, NS: 1 });
  const checks = checksOf(report([all, none], { ...DRIFT, perplexityNow: 8 }), report([none]), thresholds);
  expect(checks.map((check) => check.name)).toEqual(factMeasureNames());
  expect(checks.filter((check) => check.threshold !== undefined).map((check) => check.name)).toEqual(demandedNames());
  expect(checks).toEqual([
    { name: 'efficacy', value: 0.5, before: 0, count: 2, threshold: 0.9, passed: false },
    { name: 'generalization', value: 0.5, count: 1, threshold: 0.7, passed: false },
    { name: 'specificity', value: 0.875, before: 1, count: 2, threshold: 0.7, passed: true },
    { name: 'answers', value: 1, count: 2 },
    { name: 'neighbors unchanged', value: 0.5, count: 2 },
    { name: 'fluency', value: 6, count: 2 },
    { name: 'drift', value: 0.5, count: 8 },
    { name: 'top token changed', value: 0.25, count: 8 },
    { name: 'perplexity', value: 8, before: 7, count: 8 },
  ]);
});

it('leaves out what was not measured, and a perplexity beyond all numbers', () => {
  expect(checksOf(report([record({ rewriteAccuracy: 1 })], DRIFT), undefined, thresholds).map((check) => check.name)).toEqual([
    'efficacy',
    'drift',
    'top token changed',
  ]);
  expect(checksOf(report([]), undefined, thresholds)).toEqual([]);
});
