import type { Row } from '../../../shared/contract/audit.ts';
import { kindInfo } from '../../../shared/kinds.ts';
import { plural } from '../../format.ts';

/** What keeping a finding says. */
export const findingText = {
  act: 'Record…',
  title: 'Record what was found',
  says: (findings: number) =>
    `The figure goes into the log as it stands` +
    `${findings === 1 ? '' : `, in ${plural(findings, 'entry', 'entries')}, one for each version`}. ` +
    'It can be opened from there at any time, without computing it again.',
  reason: 'What it shows',
  reasonHint: 'The log shows it. Required.',
  reasonMissing: 'Say in a sentence what it shows; it is what the log shows.',
  attach: 'Attached to',
  none: 'No entry',
  entry: ({ seq, kind, subjects, about, reason }: Row) =>
    `Entry ${seq}, ${[kindInfo(kind).label.toLowerCase(), subjects[0] ?? about, reason].filter((part) => part).join(': ')}`.slice(0, 90),
  record: 'Record',
  done: (entries: readonly number[]) => `Recorded as ${entries.length === 1 ? 'entry' : 'entries'} ${entries.join(' and ')}.`,
  open: 'Open',
  kept: (entry: number) => `As entry ${entry} of the log keeps it; nothing was computed again.`,
  toEntry: 'Show the entry',
};
