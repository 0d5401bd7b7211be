import type { FactState } from '../../../shared/contract/fact-history.ts';
import { plural as count } from '../../format.ts';

/** All words of the facts screen. */
export const factsText = {
  loading: 'Reading the facts',
  table: 'Facts that were changed, the newest first',
  columns: {
    fact: 'Fact',
    change: 'Before → after',
    author: 'Who',
    time: 'When',
    checks: 'Checks',
    review: 'Review',
    state: 'Now',
    entry: 'Entry',
  },
  states: { 'in force': 'in force', replaced: 'replaced', 'taken out': 'taken out' } satisfies Record<FactState, string>,
  by: (entry: number) => `by entry ${entry}`,
  checks: { passed: 'passed', failed: 'failed', none: 'not checked' },
  again: (entry: number, verdict: string) => `Checked again by entry ${entry}: ${verdict}`,
  reviewed: (author: string, verdict: 'approve' | 'reject', entry: number) =>
    `${verdict === 'approve' ? 'Approved' : 'Rejected'} by ${author} (entry ${entry})`,
  notRecorded: 'not recorded',
  of: (found: number, all: number) => (found === all ? count(all, 'fact') : `${found.toLocaleString('en')} of ${count(all, 'fact')}`),
  course: (question: string) => `“${question}” over the versions`,
  help: 'Arrow keys move, Enter opens the entry.',
  noneTitle: 'No fact was changed yet',
  noneSays: 'Every fact that an edit writes is listed here for good: from what to what, by whom, how it was checked and reviewed.',
  makeEdit: 'Make an edit',
  emptyTitle: 'No fact fits the filter',
  emptySays: 'Every fact is still there; loosen the filter to see more.',
  clear: 'Clear the filter',
  filter: {
    bar: 'Filter',
    search: 'Search in questions, answers and reasons',
    from: 'From',
    to: 'To',
    lastWeek: 'Last 7 days',
    author: 'Author',
    anyAuthor: 'Any author',
    state: 'Now',
    anyState: 'In force or not',
    checks: 'Checks',
    anyChecks: 'Any checks',
    review: 'Review',
    anyReview: 'Any review',
  },
  export: {
    act: 'Export…',
    title: 'Export the facts',
    rows: (rows: number, filtered: boolean) =>
      filtered ? `All ${count(rows, 'fact')} that fit the filter are written.` : `All ${count(rows, 'fact')} are written.`,
    formats: {
      csv: 'A table for spreadsheets, one row for each fact.',
      json: 'All that is known of each fact, for programs.',
      html: 'One page to read and to print.',
      pdf: 'The same page, printed on A4.',
    },
    facts: (rows: number) => count(rows, 'fact'),
  },
};
