import { CANCELLED } from '../../shared/errors.ts';
import type { GraphsCompared } from '../../shared/contract/library.ts';
import { count, plural } from '../format.ts';

/** What the shell says, and what screens share. */
export const t = {
  app: 'Emend',
  models: 'Models',
  notFound: 'This model is not in the library',
  notFoundAbout: 'It was removed, or the address is wrong.',
  toLibrary: 'Go to the library',
  skip: 'Skip to the content',
  notCommitted: (drafts: number) => `${plural(drafts, 'draft')} not committed`,

  jobs: {
    title: 'Jobs',
    noneAbout: 'Imports, edits, checks and exports appear here while they run, and stay until you clear them.',
    failed: (count: number) => `${count} failed`,
    clear: 'Clear ended jobs',
    clearOne: (title: string) => `Clear ${title}`,
    cancel: (title: string) => `Cancel ${title}`,
    cancelling: 'Stopping…',
    state: { running: 'Running', done: 'Done', failed: 'Failed', cancelled: CANCELLED },
    of: (done: number, total: number) => `${count(Math.floor(done))} of ${count(total)}`,
    openDraft: 'Open the draft',
    openEntry: (entry: number) => `Entry ${entry}`,
    openLog: 'Open the log',
  },

  palette: {
    title: 'Commands',
    placeholder: 'Go to, or do…',
    none: 'No command fits these words.',
    results: (count: number) => plural(count, 'command'),
  },
  fold: 'Fold the sidebar',
  unfold: 'Unfold the sidebar',
  groups: { here: 'Here', go: 'Go to', models: 'Models', do: 'Do', view: 'View' },
  openModel: (name: string) => `Ask ${name}`,
  verifyModel: (name: string) => `Verify the record of ${name}`,
  reviewsOf: (name: string) => `What waits for a review in ${name}`,
  inForceIn: (name: string) => `Facts in force in ${name}`,
  shortcuts: { title: 'Keyboard shortcuts' },

  drop: {
    here: 'Drop to add to Emend',
    about: 'A model folder, a file of facts, or an exported version',
    looking: 'Looking at what was dropped…',
    failed: 'This cannot be read',
    model: 'Import this model?',
    facts: 'A file of facts',
    export: 'An exported version',
    archive: 'Unpacking an archive…',
    unknown: 'Emend cannot use this',
    refused: 'This model cannot be imported yet',
    name: 'Name in the library',
    import: 'Import',
    examining: 'Opening it, to see what it is…',
    examined: {
      about: 'What it is',
      architecture: 'Architecture',
      size: 'Parameters',
      layers: 'Layers',
      precision: 'Precision',
      editable: 'Can be edited',
      yes: 'yes',
      no: (reason: string) => `no: ${reason}`,
      memory: 'Memory needed',
      toEdit: (needed: string, has?: string) =>
        `about ${needed} to work out an edit${has === undefined ? '' : `; this computer has ${has}`}`,
      toAsk: (needed: string, has?: string) => `about ${needed} to ask it${has === undefined ? '' : `; this computer has ${has}`}`,
    },
    states: { ok: 'as signed', unsure: 'unproven', problem: 'not as signed' },
    nameTaken: 'A model of the library has this name. The same model is found again by its files; another one needs another name.',
    importSpoilt: 'Import all the same…',
    spoilt: {
      title: 'Import what is not as it was signed?',
      says: (problems: number) =>
        `${problems === 1 ? '1 thing here is not as it was' : `${problems} things here are not as they were`} signed, ` +
        'so it is not what its maker exported. What comes in would be recorded as it lies here.',
      act: 'Import all the same',
    },
    importAbout: 'The folder is copied into the library. What you dropped is not changed.',
    useFacts: 'Use in an edit',
    factsNeedModel: 'Import a model first: facts are written into one.',
    factsFor: 'Model to edit',
    verify: 'Verify',
    verifying: 'Verifying…',
    key: 'Public key of its maker',
    keyHint: 'As they sent it to you (PEM). Without it nothing proves who made this.',
    aboutExport: ({
      model,
      version,
      edits,
      steerings,
      time,
      author,
    }: {
      model: string;
      version: string;
      edits: number;
      steerings: number;
      time?: string;
      author?: string;
    }) =>
      `${model}, version ${version}, ${edits} ${edits === 1 ? 'edit' : 'edits'}` +
      `${steerings === 0 ? '' : `, ${plural(steerings, 'steering')}`}` +
      `${time === undefined ? '' : `, exported ${time.slice(0, 10)}`}${author === undefined ? '' : ` by ${author}`}`,
    both: 'This folder holds two graphs of the model. The one that you choose is brought in; the weights of the other stay out.',
    readBy: 'Which graph is brought in',
    graphs: [
      { value: 'onnx', label: 'ONNX graph' },
      { value: 'checkpoint', label: 'Checkpoint' },
    ] as const,
    compare: 'Compare both',
    comparing: 'Comparing…',
    compared: ({ largest, texts }: GraphsCompared) => {
      const alike = texts.filter(({ onnx, checkpoint }) => onnx === checkpoint).length;
      return (
        `Behind ${texts.length} texts both go on alike ${alike === texts.length ? 'every time' : `${alike} times`}; ` +
        `the log-probability of a next token differs by ${largest.toPrecision(2)} nats at most.`
      );
    },
    problems: 'What is in the way',
    files: (count: number) => plural(count, 'file'),
    more: (count: number) => `and ${plural(count, 'more file')}`,
    several: (count: number) => `${count} things were dropped; Emend takes one at a time. This is the first.`,
  },

  connection: {
    lost: {
      title: 'The server does not answer.',
      says: 'Start “emend serve” again, and this page goes on by itself. What you typed stays here; nothing that was committed is lost.',
    },
    stranger: {
      title: 'The server was started anew and does not know this page.',
      says: 'Open the link that “emend serve” printed in another tab of this browser, and this page goes on. What you typed stays here.',
    },
  },
  elsewhere: (name: string) =>
    `The form of ${name} is open in another tab of this browser too. Whatever is written last, here or there, is what is kept.`,

  foundAgain: { title: 'There is a record of this model', back: 'Bring it back', anew: 'Begin a new record' },

  author: {
    title: 'Who is editing?',
    about: 'Every entry of the record carries a name. You can change it in the settings; entries that exist keep theirs.',
    label: 'Your name',
    save: 'Start',
    empty: 'Write a name, so that the record says who did what.',
  },

  pick: {
    up: 'Up one folder',
    list: 'Files and folders',
    name: 'Name',
    nameEmpty: 'Write a name.',
    nameOnly: 'A name alone, without / or \\: the folder is chosen above.',
    choose: 'Choose this folder',
    write: 'Write here',
    empty: 'This folder is empty.',
    about: 'Folders of the machine that serves this page.',
    upload: 'From this computer…',
    uploading: 'Uploading…',
  },
} as const;
