import type { ExportFormat } from '../../../shared/contract/exports.ts';
import { ENTRY_KINDS, type Kind, type VersionRole } from '../../../shared/kinds.ts';
import type { Unit } from '../../../shared/measures.ts';
import { plural as count } from '../../format.ts';

/** With what the entries of a kind measure. */
const SERIES: Partial<Readonly<Record<Kind, string>>> = {
  edit: 'At the edit, with its own facts',
  revert: 'At the revert, with the facts of later edits',
};

/** All words of the versions screen. */
export const versionsText = {
  subtitle: (moments: number, versions: number) => `${count(moments, 'change')}, ${count(versions, 'version')}`,
  timeline: 'Timeline of changes, newest first',
  entry: (entry: number) => `Entry ${entry}`,
  headline: {
    imported: 'The model as it was imported',
    wrote: (subject: string, target: string, more: number) => `${subject} → ${target}${more > 0 ? ` and ${more} more` : ''}`,
    made: (kind: string, method: string | undefined) => (method === undefined ? kind : `${kind}: ${method}`),
    reverted: (entry: number) => `Entry ${entry} reverted`,
    rolledBack: (entry: number, tag: string | undefined) => `Rolled back to ${tag ?? `the version of entry ${entry}`}`,
  },
  current: 'Current',
  base: 'Base',
  sameAsCurrent: 'Same version as the current one',
  inForce: 'In force',
  outBy: {
    begins: (entry: number) => `Out since entry ${entry}`,
    adds: (entry: number) => `Out since entry ${entry}`,
    'takes out': (entry: number) => `Reverted by entry ${entry}`,
    'goes back': (entry: number) => `Rolled back by entry ${entry}`,
  } satisfies Record<VersionRole, (entry: number) => string>,
  notInForce: 'Not in force',
  approved: 'Approved',
  rejected: 'Rejected',
  failed: 'Checks failed',
  earlier: (steps: number) => `Show ${count(steps, 'earlier change')}`,
  compareTick: (entry: number) => `Compare the version of entry ${entry}`,
  back: 'All changes',
  compare: 'Compare…',
  compareTwo: 'Compare the two',
  loading: 'Reading the versions',
  emptyTitle: 'Nothing was changed yet',
  emptySays: 'Every edit, revert and roll back of this model appears here, each with its checks and who did it.',
  emptyAct: 'Make an edit',

  acts: {
    ask: 'Ask at this version',
    rollback: 'Roll back to it…',
    revert: (kind: string) => `Revert this ${kind.toLowerCase()}…`,
    tag: 'Tag…',
    check: 'Check now',
    export: 'Export…',
    compareCurrent: 'Compare with current',
    log: 'Show in the log',
  },
  nothingToCheck: 'No edit is in force in this version, so there is nothing to check.',

  section: { facts: 'Facts written', checks: 'Checks', reviews: 'Reviews', parts: 'In force in this version' },
  versionId: 'Version',
  madeBy: (author: string) => `by ${author}`,
  noParts: 'None: this is the model as it was imported.',
  noChecks: 'No checks were recorded with this change.',
  noReviews: 'Nobody has reviewed this version yet.',

  rollback: {
    title: (entry: number) => `Roll back to the version of entry ${entry}?`,
    says: (out: number, back: number) =>
      [
        out > 0 ? `${count(out, 'edit')} will no longer be in force.` : '',
        back > 0 ? `${count(back, 'edit')} will be in force again.` : '',
        'Nothing is deleted: the roll back is recorded as an entry, and you can go forward again the same way.',
      ]
        .filter((one) => one !== '')
        .join(' '),
    act: 'Roll back',
    done: (entry: number, at: string) => `Rolled back to ${at}. Recorded as entry ${entry}.`,
    of: (entry: number) => `the version of entry ${entry}`,
    undo: 'Undo',
    undone: (entry: number) => `Undone. Recorded as entry ${entry}.`,
    undoReason: (entry: number) => `Undo of entry ${entry}`,
    working: 'Rolling back',
  },
  reason: { label: 'Reason', hint: 'The log shows it for ever.', missing: 'Say why in a sentence.' },
  revert: {
    title: (entry: number) => `Revert entry ${entry}`,
    says: 'What it did is taken out of the current version. Nothing is deleted: the revert is recorded as an entry.',
    plan: 'Looking at what was computed on top of it',
    facts: 'Taken out',
    none: 'No later edit was computed on top of it.',
    later: (later: number) => `${count(later, 'later edit was', 'later edits were')} computed on top of it:`,
    solvedAgain: (entry: number) =>
      `Entry ${entry} was solved together with it. It is solved again without it, and recorded as a new entry.`,
    choice: 'What to do with the later edits',
    keep: 'Keep them as they are, and check them again',
    keepSays: 'Fast. Their change to the weights stays; the checks show whether their facts still hold.',
    reapply: 'Compute them anew on what is left',
    reapplySays: 'Takes as long as the edits did. Each is recorded again as a new entry.',
    act: 'Revert',
    working: 'Reverting',
    done: (entry: number, reverted: number) => `Reverted entry ${reverted}. Recorded as entry ${entry}.`,
    result: (entry: number) => `Reverted, recorded as entry ${entry}`,
    reapplied: (entries: readonly number[]) => `Computed anew as ${count(entries.length, 'entry', 'entries')} ${entries.join(', ')}.`,
    newChecks: (reapplied: readonly number[]) =>
      reapplied.length > 0 ? `Checks of entry ${reapplied.at(-1)}` : 'Checks of the later edits, measured after the revert',
    noChecks: 'There was nothing left to check.',
  },
  tag: {
    title: (entry: number) => `Tag the version of entry ${entry}`,
    says: 'A name for a version, such as release-1. A name is never moved and never taken back.',
    label: 'Name',
    hint: 'Letters, digits, spaces and . _ - / up to 100; not “current”, “base” or what looks like an id.',
    act: 'Tag it',
    done: (name: string, entry: number) => `Tagged ${name}. Recorded as entry ${entry}.`,
  },
  checkNow: {
    working: (title: string) => `Checking ${title}`,
    done: (entry: number) => `Checked. Recorded as entry ${entry}.`,
    result: (entry: number) => `Checked just now, recorded as entry ${entry}`,
  },
  export: {
    title: (name: string) => `Export ${name}`,
    allowed: 'The policy lets this version out.',
    refused: 'The policy does not let this version out yet:',
    rejected: 'This version was rejected.',
    rejectedBy: (author: string) => `${author} rejected it`,
    actRejected: 'Export the rejected version…',
    confirm: {
      title: 'Export a version that was rejected?',
      says: (name: string, reviewers: readonly string[]) =>
        `${name} was rejected by ${reviewers.join(', ')}. The export and its report will carry the rejection, and the log will say ` +
        'that you exported it knowing that.',
      act: 'Export all the same',
      cancel: 'Do not export',
    },
    asking: 'Asking the policy',
    format: 'What to write',
    formats: {
      folder: {
        name: 'Model folder',
        says: 'The imported folder again, with only the bytes of the changed tensors replaced. Runs wherever the import ran.',
      },
      tensors: { name: 'Changed tensors', says: 'One safetensors file with the edited weights alone, to be put into a copy of the model.' },
      lora: { name: 'LoRA adapter', says: 'A PEFT adapter made from the change, to be loaded on top of the unedited model.' },
      onnx: {
        name: 'ONNX folder',
        says: 'The version as a graph for ONNX Runtime with its weights in one data file, tokenizer and configuration.',
      },
      gguf: {
        name: 'GGUF adapter',
        says: 'The change as an adapter for llama.cpp, with a Modelfile for Ollama; it lies over the GGUF file of the unedited model.',
      },
    } satisfies Record<ExportFormat, { name: string; says: string }>,
    baseOnly: 'This version is the import itself; there is no change to write.',
    beside: 'Beside it are written the ledger slice, a signature, an ML-BOM, test results and a report for people.',
    destination: 'Destination',
    pick: 'Choose where…',
    none: 'None chosen yet',
    name: (model: string, version: string) => `${model}-${version.replaceAll(/[^\p{L}\p{N}._-]+/gu, '-')}`,
    act: 'Export',
    working: 'Exporting',
    doneTitle: 'Exported',
    done: (entry: number | undefined) => `Exported.${recorded(entry)}`,
    wrote: (files: number, size: string, entry: number | undefined) => `${count(files, 'file')}, ${size}.${recorded(entry)}`,
    changed: (tensors: number) => `${count(tensors, 'tensor')} differ from the import.`,
    others: (files: readonly string[]) =>
      `${files.join(', ')}: other graphs of the model, as they were imported. They do not hold the change and answer as before.`,
    leftOut: (files: readonly string[]) => `Left out by choice: ${files.join(', ')}.`,
    leaveOut: (files: readonly string[]) => `Leave out ${files.join(', ')}`,
    leaveOutSays: 'Other graphs of the model. They do not hold the change: a program that chooses one of them answers as before.',
    lies: 'What lies beside it',
    besideFiles: [
      { file: 'model.sig', says: 'an OpenSSF model signature over every file' },
      { file: 'emend/ledger.jsonl', says: 'the ledger slice that explains this version, with its signed checkpoint' },
      { file: 'emend/checks.intoto.jsonl', says: 'the checks as a signed in-toto test result' },
      { file: 'emend/bom.cdx.json', says: 'a CycloneDX ML-BOM with the model card and the measures' },
      { file: 'emend/report.html', says: 'what was changed and checked, for people' },
    ],
  },
  course: {
    act: 'Over the versions',
    title: 'Over the versions',
    close: 'Close the figures',
    about: 'What entries measured, and nothing else: a version that nobody measured has no value here.',
    newest: (shown: number, all: number) => `The newest ${shown} of ${count(all, 'version')} are drawn.`,
    fact: 'A fact',
    what: 'Version, by the entry that made it',
    chance: 'Probability of the answer',
    version: (entry: number, made: string | undefined) => `Entry ${entry}${made === undefined ? '' : `: ${made}`}`,
    measuredBy: (entry: number) => `measured by entry ${entry}`,
    measuredBefore: (entry: number) => `measured by entry ${entry}, to compare with`,
    measured: (entry: number, facts: number, since: number | undefined) =>
      [
        `measured by entry ${entry}`,
        ...(facts === 0 ? [] : [`with ${count(facts, 'fact')}`]),
        ...(since === undefined ? [] : [`against the version of entry ${since}`]),
      ].join(', '),
    series: (kind: Kind, suite: string | undefined) =>
      `${SERIES[kind] ?? ENTRY_KINDS[kind].label}${suite === undefined ? '' : ` of ${suite}`}`,
    units: { share: 'Share', bits: 'Bits', nats: 'Nats', none: 'Value' } satisfies Record<Unit, string>,
    apart: 'Each value is of the facts that its entry measured, so values of different facts are not joined.',
    unmeasured: 'No entry holds a probability of this fact.',
    none: 'Nothing was measured yet',
    noneSays: 'The checks of every edit, and those that are made with “Check now”, appear here over the versions.',
  },
  diff: {
    title: 'Compare versions',
    a: 'Version A',
    b: 'Version B',
    swap: 'Swap A and B',
    act: 'Compare',
    close: 'Close the comparison',
    same: 'Choose two different versions.',
    working: 'Comparing',
    prompts: 'Own prompts, one a line',
    promptsHint: 'Left empty, the questions of the facts that differ are asked.',
    facts: 'Facts',
    both: (facts: number) => `${count(facts, 'fact')} in force in both`,
    noFacts: 'The same facts are in force in both.',
    question: 'Question',
    inA: 'In A',
    inB: 'In B',
    unedited: 'not edited',
    before: 'before the edit',
    tensors: (tensors: number) => count(tensors, 'tensor that differs', 'tensors that differ'),
    next: 'Likeliest next token and its probability',
    promptsExample: 'The capital of Norway is',
    weights: 'Weights',
    change: 'What differs of each weight, against its size in A',
    noWeights: 'Every weight is the same, byte for byte.',
    weight: { tensor: 'Tensor', norm: 'Change', relative: 'Relative to the weight', rank: 'Rank at most', hashes: 'Hash in A → in B' },
    hashOf: (tensor: string, side: 'A' | 'B') => `hash of ${tensor} in ${side}`,
    answers: 'Answers',
    noAnswers: 'No prompts were asked. Add your own above.',
    answerSame: 'The same in both',
    answerDiffers: 'Different',
  },
};

/** What has no record is not said to be in one. */
function recorded(entry: number | undefined): string {
  return entry === undefined ? '' : ` Recorded as entry ${entry}.`;
}
