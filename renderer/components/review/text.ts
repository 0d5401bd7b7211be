import type { ReviewState } from '../../../shared/reviews.ts';

/** All words of reviewing. */
export const reviewText = {
  states: { approved: 'approved', rejected: 'rejected', none: 'not reviewed' } satisfies Record<ReviewState, string>,
  ask: {
    approve: (what: string) => `Approve ${what}?`,
    reject: (what: string) => `Reject ${what}?`,
    says: (author: string) =>
      `It is recorded in the name of ${author} and stays in the record; another review can follow it, and none takes it out.`,
    version: (entry: number, title: string) => `the version of entry ${entry}${title === '' ? '' : ` (${title})`}`,
  },

  comment: 'Comment',
  note: 'Add a note',
  approve: 'Approve',
  reject: 'Reject',
  needsComment: 'A rejection needs a comment: say what is wrong.',
  noteNeeds: 'Write the note first.',
  policy: {
    none: 'The policy asks for no approval before an export.',
    anyone: 'The policy asks for an approval before this version is exported.',
    'someone-else': 'The policy asks for the approval of someone who did not make these edits.',
    'another-key': 'The policy asks for an approval that someone who did not make these edits signs with a key of their own.',
  },
  sign: {
    with: (name: string, id: string | undefined) => `Sign it with your key ${name}${id === undefined ? '' : ` (${id.slice(0, 12)})`}`,
    passphrase: 'Passphrase of the key',
    notNamed: 'The policy does not name this key, so the approval is noted and does not count.',
    counts: (owner: string) => `The policy names this key as ${owner}’s.`,
    ofAnother: (owner: string) => `The policy names this key as ${owner}’s. Your name in the settings is another.`,
    choose: 'Key of your own',
    chooseHint: 'Without a signature the approval is noted and does not count. A key is made in the settings.',
  },
  own: 'You made this edit, so your own approval does not count.',
  noAuthor: 'Set your name in the settings first: every entry is signed with it.',
  done: {
    note: (seq: number) => `Noted. Recorded as entry ${seq}.`,
    approve: (seq: number) => `Approved. Recorded as entry ${seq}.`,
    reject: (seq: number) => `Rejected. Recorded as entry ${seq}.`,
  },
};
