import { CANCELLED } from '../shared/errors.ts';
import { plural } from './format.ts';

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
  left: (time: string) => `about ${time} left`,

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
