import { basename } from 'node:path';
import { EmendError } from '../../shared/errors.ts';
import type { Proof } from '../../shared/verdict.ts';
import { standingOf } from './anchor.ts';
import { Blobs } from './blobs.ts';
import type { Kind } from '../../shared/kinds.ts';
import { blobsIn, type BlobRef } from './bodies.ts';
import { checkpointHash, checkpointSeq, isLinked, listCheckpoints, readCheckpoint, type Checkpoint } from './checkpoints.ts';
import { Drafts } from './drafts.ts';
import type { NewerEntry } from './entries.ts';
import { examine, type Examined } from './examine.ts';
import { errnoOf } from '../storage/file-errors.ts';
import type { Files } from '../storage/files.ts';
import { readJournal } from './journal.ts';
import type { VerifyKey } from './keys.ts';
import { missingLinks } from './links.ts';
import { checkpointProblems, givenProblems, modelIn, proofOf, standingProblems, type Given } from './proof.ts';
import { pointsOf, type Damage } from './scan.ts';
import type { AnchorPlace } from './signing.ts';
import type { Steps } from '../../shared/progress.ts';

/** What verifying found. */
export interface Verification {
  readonly ok: boolean;
  /** One result an entry, in order; a place where an entry is missing or unreadable has one too. */
  readonly entries: readonly EntryResult[];
  /** The damage that comes first in the journal. */
  readonly first: Damage | undefined;
  /** Number and hash of the last whole entry. */
  readonly head: { readonly seq: number; readonly hash: string } | undefined;
  /** How many checkpoints were held against the journal. */
  readonly checkpoints: number;
  /** How far something proves it, and what. */
  readonly proof: Proof;
  /** Entries at the end that a newer release wrote: rightly hashed, and not understood. */
  readonly newer: readonly NewerEntry[];
  /** What could not be looked at, in words. */
  readonly unchecked: readonly string[];
  /** How many blobs are named by entries, and the files that none names: harmless, left by acts that were not finished. */
  readonly blobs: { readonly named: number; readonly unreferenced: readonly string[]; readonly strays: readonly string[] };
}

export interface EntryResult {
  readonly seq: number;
  readonly kind: Kind | undefined;
  readonly hash: string | undefined;
  readonly problems: readonly Damage[];
}

/** What to hold a journal against besides itself. */
export interface Against {
  /** Keys whose checkpoints count. */
  readonly keys?: readonly VerifyKey[];
  /** What is known of its end elsewhere, such as from an export; it cannot have been cut off together with the journal. */
  readonly given?: readonly Given[];
  /** Where its anchor lies. */
  readonly anchor?: AnchorPlace;
}

/** Verifies the bytes of a journal alone, as an export carries them: chain, versions, checkpoints. */
export function verifyJournal(bytes: Uint8Array, against: Against = {}): Verification {
  const examined = examine(bytes, { mayBeEmpty: false });
  const given = against.given ?? [];
  const keys = against.keys ?? [];
  return conclude(examined, givenProblems(examined, given, keys), {
    checkpoints: given.length,
    proof: proofOf(examined, { state: 'none' }, [], given),
    blobs: { named: namedBlobs(examined).size, unreferenced: [], strays: [] },
    unchecked: [],
  });
}

/**
 * Verifies a ledger's folder: every entry's form, hash and place, what each does to the version, every blob's content, every checkpoint,
 * and its anchor.
 * Reads all of it anew and changes nothing.
 * @throws EmendError 'not-found' when there is no ledger; damage is in the result
 */
export async function verifyLedger(files: Files, folder: string, against: Against = {}, report?: Steps): Promise<Verification> {
  const { anchor: place, keys = [], given = [] } = against;
  const examined = examine(await readJournal(files, folder), { mayBeEmpty: false, id: place?.id });
  const standing = await standingOf(files, place?.file, pointsOf(examined), modelIn(examined), keys);
  const kept = await keptCheckpoints(files, folder, keys);
  const problems = [
    ...standingProblems(standing),
    ...kept.problems,
    ...checkpointProblems(examined, kept.checkpoints, keys),
    ...missingLinks([...kept.checkpoints, ...kept.named], standing.state === 'holds' ? standing.anchor.checkpoint : undefined),
    ...givenProblems(examined, given, keys),
  ];

  const blobs = new Blobs(files, folder, false);
  const unchecked: string[] = [];
  const named = namedBlobs(examined);
  let done = 0;
  for (const { ref, seqs } of named.values()) {
    report?.check();
    const problem = await blobs.problem(ref).catch((error: unknown) => {
      if (!(error instanceof EmendError) || errnoOf(error) === undefined) throw error;
      unchecked.push(`A file that entry ${seqs[0]} names could not be read: ${error.message}`);
      return undefined;
    });
    if (problem !== undefined) problems.push(...seqs.map((seq): Damage => ({ seq, offset: undefined, what: 'blob', message: problem })));
    report?.progress(++done, named.size);
  }
  const there = await blobs.list();
  const drafted = new Set((await new Drafts(files, folder, false).list()).drafts.flatMap((draft) => blobsIn(draft).map((ref) => ref.blob)));
  const unreferenced = there.blobs.filter((blob) => !named.has(blob) && !drafted.has(blob));
  return conclude(examined, problems, {
    checkpoints: kept.checkpoints.length + given.length,
    proof: proofOf(examined, standing, keys.length === 0 ? [] : kept.checkpoints, given, place !== undefined),
    blobs: { named: named.size, unreferenced, strays: there.strays },
    unchecked: [...unchecked, ...kept.foreign],
  });
}

/** Every blob that entries name, with the entries that do. */
function namedBlobs(examined: Examined): Map<string, { ref: BlobRef; seqs: number[] }> {
  const named = new Map<string, { ref: BlobRef; seqs: number[] }>();
  for (const entry of examined.entries) {
    for (const ref of blobsIn(entry.body)) {
      const known = named.get(ref.blob);
      if (known) known.seqs.push(entry.seq);
      else named.set(ref.blob, { ref, seqs: [entry.seq] });
    }
  }
  return named;
}

/** Without keys nothing can be said of signatures, so the checkpoints are left alone. */
async function keptCheckpoints(
  files: Files,
  folder: string,
  keys: readonly VerifyKey[],
): Promise<{ checkpoints: Checkpoint[]; problems: Damage[]; foreign: string[]; named: Checkpoint[] }> {
  const checkpoints: Checkpoint[] = [];
  const problems: Damage[] = [];
  const others: Checkpoint[] = [];
  if (keys.length === 0) return { checkpoints, problems, foreign: [], named: [] };
  for (const path of await listCheckpoints(files, folder)) {
    try {
      const checkpoint = await readCheckpoint(files, path);
      const seq = checkpointSeq(path);
      if (checkpoint.seq === seq) (keys.some((key) => key.id === checkpoint.key) ? checkpoints : others).push(checkpoint);
      else
        problems.push({
          seq,
          offset: undefined,
          what: 'checkpoint',
          message: `The checkpoint ${basename(path)} is named for entry ${seq} and says that it is for entry ${checkpoint.seq}.`,
        });
    } catch (error) {
      if (!(error instanceof EmendError && error.code === 'bad-file')) throw error;
      problems.push({ seq: checkpointSeq(path), offset: undefined, what: 'checkpoint', message: error.message });
    }
  }
  // Within the chain that goes on with one's own key there is another's only where one's own name it: of a key that counted then.
  const since = checkpoints.findLast(isLinked)?.since ?? Infinity;
  const named = namedBefore(checkpoints, others);
  const foreign = new Map<string, number>();
  for (const other of others) {
    const { seq, key } = other;
    const message = `The checkpoint at entry ${seq} was signed with key ${key}, which is not one of yours; those around it are yours.`;
    if (seq >= since && !named.has(other)) problems.push({ seq, offset: undefined, what: 'checkpoint', message });
    else foreign.set(key, (foreign.get(key) ?? 0) + 1);
  }
  return {
    checkpoints,
    problems,
    named: [...named],
    foreign: [...foreign].map(
      ([key, count]) =>
        `${count} of its checkpoints were signed with key ${key}, which is not one of yours, so they were not compared; ` +
        'emend key --trust FILE makes it one.',
    ),
  };
}

/** Those of other keys that the chain of one's own goes back to: each names the one before by its hash. */
function namedBefore(own: readonly Checkpoint[], others: readonly Checkpoint[]): Set<Checkpoint> {
  const byHash = new Map(others.map((one) => [checkpointHash(one), one]));
  const named = new Set<Checkpoint>();
  const before = (one: Checkpoint) => (isLinked(one) && one.previous !== null ? byHash.get(one.previous) : undefined);
  for (const one of own) for (let at = before(one); at && !named.has(at); at = before(at)) named.add(at);
  return named;
}

function conclude(
  examined: Examined,
  more: readonly Damage[],
  rest: Pick<Verification, 'checkpoints' | 'proof' | 'blobs' | 'unchecked'>,
): Verification {
  const { torn } = examined;
  const unfinished: Damage[] = torn
    ? [
        {
          seq: torn.seq,
          offset: torn.offset,
          what: 'torn',
          message: `After entry ${torn.seq - 1} there are ${torn.bytes} bytes of an entry that was not finished.`,
        },
      ]
    : [];
  const all = [...examined.damage, ...unfinished, ...more].sort((a, b) => a.seq - b.seq);
  const bySeq = new Map<number, Damage[]>();
  for (const one of all) bySeq.set(one.seq, [...(bySeq.get(one.seq) ?? []), one]);
  const entries = new Map<number, EntryResult>();
  for (const { seq, kind, hash } of examined.entries) entries.set(seq, { seq, kind, hash, problems: bySeq.get(seq) ?? [] });
  for (const { seq, hash } of examined.newer) entries.set(seq, { seq, kind: undefined, hash, problems: bySeq.get(seq) ?? [] });
  for (const [seq, problems] of bySeq) if (!entries.has(seq)) entries.set(seq, { seq, kind: undefined, hash: undefined, problems });
  const last = pointsOf(examined).at(-1);
  return {
    ok: all.length === 0,
    entries: [...entries.values()].sort((a, b) => a.seq - b.seq),
    first: all[0],
    head: last && { seq: last.seq, hash: last.hash },
    newer: examined.newer,
    ...rest,
  };
}
