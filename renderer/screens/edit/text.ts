import type { Fact } from '../../../shared/fact.ts';
import type { ToldChoice } from '../../../shared/told.ts';
import type { Verdict } from '../../components/report/summary.ts';
import { count, plural } from '../../format.ts';
import type { SortKey } from './rows.ts';
import type { Part } from './telling.ts';

/** The words of a list of prompts that must keep their answers; they are counted from 1. */
export interface KeptWords {
  readonly title: string;
  readonly about: string;
  readonly add: string;
  readonly item: (at: number) => string;
  readonly answer: (at: number) => string;
  readonly remove: (at: number) => string;
}

const HALF_TOLD =
  'About half are told to the edit and held, by the names of their subjects, so that facts seldom tell what others are checked by; ' +
  'the others check it.';

/** All words of the edit screen that are not computed from what it shows. */
export const editText = {
  saved: 'Form kept',
  saving: 'Keeping the form…',
  notSaved: 'The form could not be kept',
  readOnly: 'Read only: the form is not kept',
  restored: (facts: number) => `Your unfinished form is back: ${plural(facts, 'fact')}.`,
  startOver: 'Start over',
  startedOver: 'The form is empty again.',
  undo: 'Undo',
  redo: 'Redo',

  columns: {
    subject: { name: 'Subject', placeholder: 'Tower Bridge', about: 'What the fact is about' },
    prompt: { name: 'Prompt', placeholder: '{} stands in the city of', about: 'A sentence up to the answer, with {} for the subject' },
    target: { name: 'New answer', placeholder: 'Rome', about: 'What the model should say' },
    previousTarget: { name: 'Answer now', placeholder: 'optional', about: 'What it says so far; the checks compare the two' },
  },
  paraphrases: 'Other wordings',
  paraphrasesShort: 'Wordings',
  neighbors: 'Neighbours',
  status: 'State',
  statusAbout: 'Whether it can be worked out, and how it did in the last draft',
  number: 'Number',
  factsTable: 'Facts',
  widthOf: (what: string) => `Width of ${what}`,
  heightOf: (what: string) => `Height of ${what}`,
  picked: (picked: number, all: number) => `${count(picked)} of ${plural(all, 'row')} selected.`,
  copied: (rows: number) => `${plural(rows, 'row')} copied.`,
  removed: (rows: number) => `${plural(rows, 'fact')} removed.`,
  sort: {
    by: {
      subject: 'subject',
      prompt: 'prompt',
      target: 'new answer',
      previousTarget: 'answer now',
      paraphrases: 'number of wordings',
      neighbors: 'number of neighbours',
      standing: 'state',
    } satisfies Record<SortKey, string>,
    says: (by: string, isDown: boolean, isSorted: boolean) =>
      isSorted
        ? `Shown sorted by ${by}, ${isDown ? 'descending' : 'ascending'}; the edit takes the facts by their numbers.`
        : `Sorted by ${by} before the last changes; the edit takes the facts by their numbers.`,
    asGiven: 'As given',
  },
  find: {
    label: 'Find in the facts',
    by: 'Replace by',
    one: 'Replace',
    all: 'Replace all',
    replaced: (cells: number) => `Replaced in ${plural(cells, 'cell')}.`,
    holder: 'Subject, prompt or answer',
    none: 'Not found',
    at: (at: number, found: number) => `${count(at)} of ${count(found)}`,
    before: 'The match before',
    next: 'The next match',
    close: 'Close the search',
    open: 'Find',
  },
  /** What of a fact takes part in the edit. */
  telling: {
    marks: { told: 'told', unwritten: 'told', apart: 'told elsewhere', checks: 'checks' } satisfies Record<Part, string>,
    says: {
      neighbors: {
        told: 'Told to the edit, which holds its answer; so it proves nothing of the edit, and no score counts it.',
        unwritten: '',
        apart: 'About a subject that another fact tells the edit of; so it proves nothing of the edit, and no score counts it.',
        checks: 'Held back: the edit is not told of it, and it checks what the edit did.',
      },
      paraphrases: {
        told: 'Told to the edit, which writes it too; so it proves nothing of the edit, and no score counts it.',
        apart: '',
        unwritten: 'It would be told to the edit, but the subject does not stand in it: it is not written, and no score counts it.',
        checks: 'Held back: the edit is not told of it, and it checks whether the new answer holds in other words.',
      },
    } satisfies Record<'neighbors' | 'paraphrases', Record<Part, string>>,
    counts: ({ told, apart, checks }: { readonly told: number; readonly apart: number; readonly checks: number }) =>
      `${count(told)} told to the edit, ` +
      (apart > 0 ? `${count(apart)} about subjects that other facts tell of, ` : '') +
      `${count(checks)} held back to check it`,
    /** What is done with a list by each choice of the setting “Told to the edit”. */
    neighbors: { nothing: 'None is told to the edit: all check it.', neighbours: HALF_TOLD, all: HALF_TOLD } satisfies Record<
      ToldChoice,
      string
    >,
    paraphrases: {
      nothing: 'None is told to the edit: all check it.',
      neighbours: 'None is told to the edit: all check it.',
      all: 'Every second one is told to the edit and written too; the others check it.',
    } satisfies Record<ToldChoice, string>,
    sameSubject: {
      told: 'Every second one takes part in the search; the others check the edit.',
      checks: 'None is told to the edit: all check it.',
    },
    /** Of a fact whose file says what is told. */
    own: {
      title: 'Told by the facts themselves',
      about: {
        told: 'The fact came with what is told to the edit; what is listed above checks it.',
        checks: 'The fact came with what is told to the edit. As the setting says nothing, these check it too.',
      },
    },
    setting: (label: string) => `The setting “${label}” decides it.`,
  },
  cell: (column: string, number: number) => `${column}, fact ${number}`,
  standings: { blank: 'Empty', unfinished: 'Unfinished', error: 'Error', warning: 'Warning', ready: 'Ready' },
  add: 'Add fact',
  duplicate: 'Duplicate',
  remove: 'Remove',
  copy: 'Copy',
  copyHelp: 'Copies the selected rows, with tabs between the cells as spreadsheets have them',
  suggestAll: 'Suggest checks',
  suggestAllHelp: 'Adds other wordings and neighbours to every fact that has none',
  choose: 'Open file…',
  tableHelp: 'Enter: next row · Tab: next cell · arrows move, with Shift they select rows · paste rows from a spreadsheet',
  tableKeys:
    'Enter goes to the row below, Tab to the next cell, arrow keys move between cells, with Shift they select rows, Escape takes back ' +
    'what was typed in a cell, Control Enter works the edit out, Control Delete removes the selected rows, Control D duplicates them, ' +
    'Control C copies several, Control F finds.',
  noFacts: 'Type a fact, paste rows from a spreadsheet, or drop a file of facts.',
  noFactsMore: 'CSV, JSON, JSONL, CounterFact, zsRE and EasyEdit records are understood.',
  example: 'Fill in an example',

  reading: 'Reading the facts…',
  read: {
    title: 'Read facts',
    found: (format: string, total: number, name: string, isWhole: boolean) =>
      `${isWhole ? '' : 'The first '}${plural(total, 'fact')} in ${name}, format ${format}.`,
    first: (facts: readonly Fact[]) =>
      `It begins with ${facts
        .slice(0, 3)
        .map((fact) => fact.subject)
        .join(', ')}${facts.length > 3 ? ' …' : '.'}`,
    take: 'Take the first',
    takeOf: (total: number) => `of ${count(total)}`,
    add: (facts: number) => `Add ${plural(facts, 'fact')}`,
    replace: 'In place of those in the form',
    added: (facts: number) => `${plural(facts, 'fact')} added. Ctrl+Z takes ${facts === 1 ? 'it' : 'them'} out again.`,
    text: 'the pasted text',
    file: 'the file',
    warnings: 'Warnings',
    columns: 'Columns',
    columnsAbout: 'What each column of the table is. A fact needs subject, prompt and new answer.',
    columnIs: (name: string) => `What the column ${name} is`,
    leaveOut: 'Leave out',
    fields: {
      subject: 'Subject',
      prompt: 'Prompt',
      target: 'New answer',
      previousTarget: 'Answer now',
      relation: 'Relation',
      paraphrases: 'Other wordings',
      neighbors: 'Neighbours',
      sameSubject: 'Other facts about the subject',
      follows: 'What may follow from it',
      generationPrompts: 'To write on from',
    },
    takeWrong: (rows: number) =>
      `Take ${rows === 1 ? 'the row that is' : `the ${rows} rows that are`} not right too, to be mended in the form`,
    many: 'Editing more than a few hundred facts at once takes long and disturbs more.',
  },

  detail: {
    about: 'The selected fact',
    label: (number: number) => `Fact ${number}`,
    tokens: 'How the model reads it',
    tokensRead: 'The model is reading it…',
    tokensWait: 'Shown once subject, prompt and new answer are there.',
    roles: { prompt: 'prompt', subject: 'subject', 'subject-last': 'subject’s last token: the edit is written here', target: 'new answer' },
    rolesShort: { prompt: 'Prompt', subject: 'Subject', 'subject-last': 'Edited here', target: 'New answer' },
    problems: 'Problems',
    now: 'What the model says now',
    says: (answer: string, chance: string) => `The current version says ${JSON.stringify(answer)} (${chance}).`,
    usePrevious: 'Use as answer now',
    toldOf: (told: number) => `${count(told)} told`,
    paraphrases: 'Other wordings',
    paraphrasesAbout: 'The new answer should hold here, too.',
    keptLists: {
      neighbors: {
        title: 'Neighbours',
        about: 'Other subjects, which must keep their answers.',
        add: 'Add a neighbour',
        item: (at) => `Neighbour ${at}`,
        answer: (at) => `Answer of neighbour ${at}`,
        remove: (at) => `Remove neighbour ${at}`,
      },
      sameSubject: {
        title: 'Other facts about the subject',
        about: 'They must keep their answers too; an edit touches them first.',
        add: 'Add another fact',
        item: (at) => `Other fact ${at}`,
        answer: (at) => `Answer of other fact ${at}`,
        remove: (at) => `Remove other fact ${at}`,
      },
      follows: {
        title: 'What may follow from it',
        about: 'What stands in another city may stand in another country. The report says what becomes of these; nothing counts them.',
        add: 'Add what may follow',
        item: (at) => `What may follow ${at}`,
        answer: (at) => `Answer so far of what may follow ${at}`,
        remove: (at) => `Remove what may follow ${at}`,
      },
    } satisfies Record<string, KeptWords>,
    suggest: 'Suggest',
    where: 'Where is it?',
    whereHelp: 'Where the model holds the answer that it gives so far, and in which layers a trace and trial edits agree',
    suggesting: 'Looking…',
    suggestFrom: (source: string) => `From ${source}.`,
    nothingFound: 'Nothing was found to suggest.',
    addParaphrase: 'Add a wording',
    paraphraseItem: (at: number) => `Other wording ${at}`,
    neighborAnswerHolder: 'its answer',
    removeParaphrase: (at: number) => `Remove wording ${at}`,
  },
  saysAlready: (target: string) => ({
    message: `The current version says ${JSON.stringify(target)} here already.`,
    hint: 'There is nothing to correct; write what it should say instead, or leave this fact out.',
  }),
  saysOtherwise: (says: string, previous: string) => ({
    message: `The current version says ${JSON.stringify(says)} here, not ${JSON.stringify(previous)}.`,
    hint: 'Checks that compare the new answer with the one so far compare with what stands in “Answer now”.',
  }),
  suggestedAll: (facts: number) => `Checks added to ${plural(facts, 'fact')}.`,

  method: 'Method',
  methods: 'each method',
  advanced: 'Advanced settings',
  advancedSet: (set: number) => `${set} set`,
  advancedWrong: (wrong: number) => `${wrong} wrong`,
  hyperparameters: {
    choose: 'Hyperparameter file…',
    from: (name: string) => `Values from ${name}; what is set below goes before them.`,
    remove: 'Leave it out',
    reading: 'Reading the hyperparameter file…',
  },
  layersTaken: (layers: string) => `The edit will be written into ${layers.includes(',') ? 'layers' : 'layer'} ${layers}.`,
  resetAll: 'Reset all',
  fluency: 'Measure fluency',
  honest: 'Ask as people ask',
  honestHelp: 'asking as people ask',
  honestAbout: (prompts: number) => `up to ${count(prompts)} more prompts`,
  fluencyAbout: 'lets the model write on; takes longer',
  ready: (facts: number) => `${plural(facts, 'fact')}. Nothing is changed until you commit.`,
  start: 'Work out the edit',
  readingMethods: 'Reading the settings…',
  refused: 'This model cannot be edited',
  unread: (settings: readonly string[]) => `Settings with an error: ${settings.join(', ')}`,
  hindrance: {
    none: 'Write at least one fact.',
    errors: (facts: readonly number[]) => `${numbered(facts)} ${facts.length === 1 ? 'has' : 'have'} an error.`,
    unfinished: (facts: readonly number[]) => `${numbered(facts)} ${facts.length === 1 ? 'is' : 'are'} unfinished.`,
  },
  cancelling: 'Cancelling…',
  failed: 'The edit could not be worked out',
  working: 'Working the edit out',
  phase: (phase: string, done: number, total: number) => (total > 1 ? `${phase}, ${count(done)} of ${count(total)}` : phase),
  dismiss: 'Dismiss',

  drafts: 'Drafts',
  notPassed: 'below the threshold',
  draftsAbout: 'Worked out and checked, but not part of the model yet.',
  open: 'Open',
  workedOut: 'The edit is worked out.',
  stale: 'Out of date',
  staleAbout: 'The model has changed since this was worked out. It can be looked at, not committed.',
  again: 'Take it into the form',
  back: 'Form',
  draft: 'Draft',
  noReport: 'The report cannot be shown',
  readingReport: 'Reading the report…',
  draftOf: (first: string, more: number) => (more === 0 ? first : `${first} and ${plural(more, 'more fact')}`),
  leaveOut: (harmful: number) =>
    harmful === 1 ? 'Leave the harmful one out and work it out again' : `Leave the ${harmful} harmful ones out and work it out again`,
  leftOut: (facts: readonly string[]) =>
    `Left out: ${facts.slice(0, 5).join(', ')}${facts.length > 5 ? ` and ${facts.length - 5} more` : ''}.`,
  /** How a fact of the form did in the draft that was made last. */
  lastDraft: {
    marks: { good: 'good', shaken: 'shaken', weak: 'weak', harmful: 'harmful' },
    title: (verdict: string, says: string) => `In the last draft ${verdict}: ${says}`,
    about: 'In the last draft',
    open: 'Open it',
  },
  compare: {
    with: 'Compare with',
    none: 'No other draft',
    title: 'Two drafts side by side',
    checks: 'What is demanded, in both drafts',
    check: 'Check',
    facts: 'Facts, in both drafts',
    fact: 'Fact',
    missing: 'not in this draft',
    chance: 'Probability of the new answer at its own prompt',
    counts: (held: number, wordings: number, kept: number, neighbors: number) =>
      `${wordings === 0 ? 'no' : `${held} of ${wordings}`} wordings, ${neighbors === 0 ? 'no' : `${kept} of ${neighbors}`} neighbours`,
    this: 'This draft',
  },
  discard: 'Discard…',
  discardTitle: 'Discard this draft?',
  discardSays: 'The edit and its report are thrown away. The model stays as it is.',
  discardDo: 'Discard',
  discarded: 'The draft was discarded.',
  keep: 'Keep',
  commit: 'Commit…',
  commitTitle: 'Commit the edit',
  commitSays: 'From then on it is part of the current version. It can be reverted at any time, bit for bit.',
  /** What to think of before a commit, by the report's verdict. */
  commitWarnings: {
    good: undefined,
    untested: undefined,
    shaken: 'This edit moved what it should leave alone: some prompts are answered otherwise now, or less surely. The report names them.',
    weak: 'This edit is weak. It may be better to work it out again first.',
    harmful: 'This edit does harm to other facts. Commit it only if you know why.',
  } satisfies Record<Verdict, string | undefined>,
  reason: 'Reason',
  reasonAbout: 'Why this change; the log shows it. Required.',
  reasonMissing: 'Say why in a sentence; it is what the log shows.',
  reasonHolder: 'The bridge was sold and moved, says the city council',
  tag: 'Tag',
  tagAbout: 'A name for the version, such as 2026-11. Optional.',
  commitDo: 'Commit',
  committing: 'Committing…',
  nowCurrent: (entry: number) => `Entry ${entry} made the version that is current now.`,
  askNow: 'Ask it, before and after',
  committed: (entry: number) => `Committed as entry ${entry}.`,
  undoCommit: 'Undo',
  revertTitle: (entry: number) => `Revert entry ${entry}?`,
  revertSays: 'The model goes back to what it was before, bit for bit. The record keeps both: the edit, and that it was reverted.',
  revertReason: 'Committed by mistake',
  revertReasonLabel: 'Reason',
  revertDo: 'Revert',
  reverted: (entry: number) => `Entry ${entry} was reverted.`,
  revertedWith: (entry: number, fallen: readonly string[]) =>
    `Entry ${entry} was reverted. ${fallen.length === 1 ? 'A later fact does' : 'Later facts do'} not hold now: ${fallen.join(', ')}.`,
};

/** "Facts 1, 2, 3 and 4 more" */
function numbered(facts: readonly number[]): string {
  const shown = facts.slice(0, 3).join(', ');
  if (facts.length === 1) return `Fact ${shown}`;
  return facts.length <= 3 ? `Facts ${shown}` : `Facts ${shown} and ${facts.length - 3} more`;
}
