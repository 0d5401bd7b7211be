import { CANCELLED } from '../shared/errors.ts';
import type { Job } from '../shared/contract/jobs.ts';
import { duration, plural } from './format.ts';

/**
 * Words that several parts of the page say.
 * Every other word that is shown stands in the text.ts beside what shows it: of a screen, of the shell, of a group of components.
 */
export const words = {
  cancel: 'Cancel',
  close: 'Close',
  copied: 'Copied',
  copyDetails: 'Copy details',
  retry: 'Try again',
  loading: 'Loading',
  choose: 'Choose…',
  noneChosen: 'nothing chosen',
  leaveOut: (name: string) => `Leave ${name} out`,
  cancelled: `${CANCELLED}.`,
  more: (hidden: number) => `and ${hidden.toLocaleString('en')} more`,
  left: (time: string, isOfStep: boolean) => `about ${time} left${isOfStep ? ' in this step' : ''}`,

  hash: 'hash',
  copyHash: (label: string, short: string) => `Copy ${label} ${short}`,
  clickToCopy: (value: string) => `${value}. Click to copy.`,

  ledger: {
    damaged: 'Damaged',
    held: 'Read only',
    newer: 'Of a newer Emend',
    entries: (count: number) => plural(count, 'entry', 'entries'),
  },

  reveal: 'Show in folder',
  download: 'Download',
  imported: (name: string) => `${name} is in the library.`,
  known: (name: string) => `This model is in the library already, as ${name}.`,
  restored: (name: string) => `${name} is in the library again.`,
  askIt: 'Ask it',
} as const;

/** The time that a job will still take, or only its present step where nobody can tell more. */
export function timeLeft(seconds: number, unit: Job['unit']): string {
  return words.left(duration(seconds), unit !== 'share');
}
