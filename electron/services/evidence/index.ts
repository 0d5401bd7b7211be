import { EmendError } from '../../../shared/errors.ts';
import type { Kind } from '../../../shared/kinds.ts';
import type { Entry, EntryOf } from '../../ledger/entries.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { LibraryModel } from '../library-model.ts';
import { factsInForce } from '../library-record.ts';
import { readLayout, type Layout } from '../layout.ts';
import { layoutsIn } from '../attest/version-record.ts';
import { editPairs } from './edit.ts';
import { changedPairs, checkPairs, exportPairs, remarkPairs, revertPairs, verifyPairs, type Surroundings } from './others.ts';
import { steerPairs } from './steer.ts';
import { contradictions, type Pair } from './pairs.ts';

interface Look extends Surroundings {
  readonly model: string;
  readonly layout: Layout | undefined;
}
type Pairs<K extends Kind> = (entry: EntryOf<K>, look: Look) => Promise<Pair[]> | Pair[];

const none = () => [];

/** What each kind of entry states that something else states too. */
const PAIRS: { readonly [K in Kind]: Pairs<K> } = {
  import: none,
  edit: ({ body }, { model, blobs, ledger }) => editPairs(body, model, blobs, factsInForce(ledger, ledger.history.find(body.parent))),
  steer: steerPairs,
  check: checkPairs,
  tag: none,
  finding: none, // see misstated in findings.ts
  note: remarkPairs,
  approve: remarkPairs,
  reject: remarkPairs,
  rollback: none,
  revert: revertPairs,
  export: (entry, look) => exportPairs(entry, look, look.layout && new Set(look.layout.files.map(({ path }) => path))),
  verify: verifyPairs,
  policy: none,
  anchor: none,
};

/**
 * Holds every two places of a record that state the same thing against each other: what an edit is said to be is what it was.
 * The blobs must have been found as their entries name them.
 * @param told of every entry looked at; may throw to stop
 */
export async function evidenceProblems(
  model: Pick<LibraryModel, 'ledger' | 'hashes' | 'id'>,
  told: (done: number, total: number) => void,
): Promise<{ entry: number; message: string }[]> {
  const { ledger } = model;
  const problems: { entry: number; message: string }[] = [];
  const layout = await layoutOf(ledger, problems);
  const imported = layout && new Map(layout.files.flatMap(({ tensors }) => tensors.map((one) => [one.tensor, one.sha256] as const)));
  const look: Look = { ledger, blobs: ledger.blobs, hashes: model.hashes, imported, model: model.id, layout };
  for (const [done, entry] of ledger.entries.entries()) {
    told(done, ledger.entries.length);
    for (const message of await problemsOf(entry, look)) problems.push({ entry: entry.seq, message });
  }
  told(ledger.entries.length, ledger.entries.length);
  return problems;
}

/** What the record tells of the parts of the imported files; a part of the record that tells nothing is a problem of its entry. */
async function layoutOf(ledger: Ledger, problems: { entry: number; message: string }[]): Promise<Layout | undefined> {
  const told = ledger.entries.flatMap((entry) => layoutsIn(entry).map((ref) => ({ ref, seq: entry.seq }))).at(-1);
  if (!told) return undefined;
  try {
    return readLayout(await ledger.blobs.read(told.ref));
  } catch (error) {
    if (!isContent(error)) throw error;
    problems.push({ entry: told.seq, message: error.message });
    return undefined;
  }
}

/** Whether what was read is not what it should be; anything else is a disk that refuses, or a fault. */
function isContent(error: unknown): error is EmendError {
  return error instanceof EmendError && ['bad-file', 'not-found'].includes(error.code);
}

async function problemsOf(entry: Entry, look: Look): Promise<string[]> {
  const pairs = PAIRS[entry.kind] as Pairs<Kind>;
  try {
    return contradictions([...changedPairs(entry, look), ...(await pairs(entry, look))]);
  } catch (error) {
    if (!isContent(error)) throw error;
    return [error.message];
  }
}
