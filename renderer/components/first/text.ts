/** What the first run says. */
export const firstText = {
  title: 'A first correction, in three steps',
  ask: { name: 'Ask', about: 'One of these; the model goes on with the sentence.' },
  answer: {
    name: 'Say what it should answer instead',
    about: (now: string) => `The model was taught “${now}”. Choose another answer; the form is filled in, with what checks it.`,
  },
  work: {
    name: 'Work it out, read what it did, commit',
    about: 'Nothing is changed until you commit, and a commit can be taken back, bit for bit.',
    here: 'Now “Work out the edit”. The report says what it did; “Commit…” in the report puts it in force.',
    draft: 'The edit is worked out: read what it did, and commit it or discard it.',
  },
  step: (at: number) => `Step ${at} of 3`,
  done: 'done',
  now: 'now',
  away: 'Put away',
} as const;
