import { EmendError } from '../../../shared/errors.ts';
import * as v from 'valibot';
import { BlobRefSchema, type BlobRef, type CheckResult } from '../../ledger/bodies.ts';
import type { PartKind, RemarkKind } from '../../../shared/kinds.ts';
import { addsPart, isRemark, type Entry, type EntryOf } from '../../ledger/entries.ts';
import { examine } from '../../ledger/examine.ts';
import { partOf } from '../../ledger/kinds/index.ts';
import { partsOf, type Version } from '../../ledger/versions.ts';
import { tensorHashes } from '../tensor-hashes.ts';

/** Everything that a journal says about one version, as reports and attestations tell it. */
export interface VersionRecord {
  readonly version: Version;
  /** Names that the version has. */
  readonly tags: readonly string[];
  readonly imported: EntryOf<'import'>;
  /** What is in force, the first applied first. */
  readonly parts: readonly EntryOf<PartKind>[];
  /** Tensors in which it differs from the import, and what they hash to. */
  readonly tensors: ReadonlyMap<string, string>;
  /** The blob that tells the parts of the imported files; records of earlier releases have none. */
  readonly layout: BlobRef | undefined;
  /** Whether something steers it while it runs. */
  readonly isSteered: boolean;
  /** What was measured, the oldest first: of this version, and of versions on the way to it when its parts were made. */
  readonly measured: readonly Measured[];
  /** Notes and reviews of this version, the oldest first. */
  readonly remarks: readonly EntryOf<RemarkKind>[];
  /** The journal's end, and how many entries there are. */
  readonly head: { readonly seq: number; readonly hash: string };
}

/** The checks of one entry. */
export interface Measured {
  readonly entry: number;
  /** Who measured: a suite's name, or the edit that came with its checks. */
  readonly suite: string;
  /** Whether it was this very version that was measured. */
  readonly ofVersion: boolean;
  readonly checks: readonly CheckResult[];
}

/**
 * What the bytes of a journal say about a version.
 * @param version its id, a name, "current" or "base"
 * @throws EmendError 'bad-file' for a damaged journal, 'not-found' when there is no such version
 */
export function versionRecord(journal: Uint8Array, version: string): VersionRecord {
  const { entries, damage, torn, history } = examine(journal);
  const first =
    damage[0]?.message ?? (torn && `After entry ${torn.seq - 1} there are ${torn.bytes} bytes of an entry that was not finished.`);
  if (first !== undefined)
    throw new EmendError('bad-file', `The journal is damaged. ${first}`, 'Verify the ledger, and bring its journal back from a backup.');
  const found = history.find(version);
  const parts = partsOf(found)
    .flatMap(({ entry }) => entries[entry - 1] ?? [])
    .filter(addsPart);
  const inForce = new Set(parts.map((part) => part.seq));
  const last = entries.at(-1)!;
  return {
    version: found,
    tags: [...history.tags].filter(([, id]) => id === found.id).map(([name]) => name),
    imported: entries[0] as EntryOf<'import'>,
    parts,
    tensors: changedTensors(entries, found.id),
    layout: entries.flatMap(layoutsIn).at(-1),
    isSteered: parts.some((part) => partOf(part).steering !== undefined),
    measured: entries.flatMap((entry) => measuredBy(entry, found.id, inForce) ?? []),
    remarks: entries.filter(isRemark).filter((entry) => entry.body.version === found.id),
    head: { seq: last.seq, hash: last.hash },
  };
}

function changedTensors(entries: readonly Entry[], version: string): ReadonlyMap<string, string> {
  const { base, versions } = tensorHashes(entries);
  return new Map([...(versions.get(version) ?? [])].filter(([tensor, hash]) => hash !== base.get(tensor)));
}

/** An import tells the parts of its files; so does a person who lets an older record be anchored. */
export function layoutsIn(entry: Entry): BlobRef[] {
  const told = entry.kind === 'import' ? entry.body.anatomy['layout'] : entry.kind === 'anchor' ? entry.body.details['layout'] : undefined;
  return v.is(BlobRefSchema, told) ? [told] : [];
}

function measuredBy(entry: Entry, version: string, inForce: ReadonlySet<number>): Measured | undefined {
  if (!('checks' in entry.body) || entry.body.checks.length === 0) return undefined;
  const ofVersion = entry.body.version === version;
  if (!ofVersion && !inForce.has(entry.seq)) return undefined;
  return { entry: entry.seq, suite: 'suite' in entry.body ? entry.body.suite : entry.kind, ofVersion, checks: entry.body.checks };
}
