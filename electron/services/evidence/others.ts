import * as v from 'valibot';
import { PolicySchema, ThresholdsSchema } from '../../../shared/contract/settings.ts';
import { askedBy, countedIn, LetOutSchema } from '../../../shared/policy.ts';
import { addsPart, type Entry, type EntryOf, isRemark } from '../../ledger/entries.ts';
import { partsOf } from '../../ledger/versions.ts';
import { isOfTheModel } from '../contents/steered.ts';
import { partOf } from '../../ledger/kinds/index.ts';
import type { Blobs } from '../../ledger/blobs.ts';
import { changedBetween, type TensorHashes } from '../tensor-hashes.ts';
import { factsOfVersion } from '../library-record.ts';
import { FACTS_IN_FORCE } from '../checks-in-force.ts';
import { briefOf } from '../model.ts';
import { canonical } from '../../storage/canonical.ts';
import { plain } from '../plain.ts';
import { askedIn, exportHindrances, letOut, reviewed } from '../policy.ts';
import { readCheckReport } from './blobs.ts';
import { checkReportPairs, promptPairs } from './checks.ts';
import type { Pair } from './pairs.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { sealerOf } from '../../ledger/seals.ts';

/** What an entry is held against besides itself. */
export interface Surroundings {
  readonly ledger: Ledger;
  readonly blobs: Blobs;
  readonly hashes: TensorHashes;
  /** What the record tells of the imported files' tensors, by their names; undefined where it does not. */
  readonly imported: ReadonlyMap<string, string> | undefined;
}

/** A check: its facts and measures are those of its report; of a check of all facts in force, the facts are those. */
export async function checkPairs({ body }: EntryOf<'check'>, { ledger, blobs }: Surroundings): Promise<Pair[]> {
  const report = await readCheckReport(blobs, body.evidence['report']);
  const inForce = body.suite === FACTS_IN_FORCE ? await factsOfVersion(ledger, ledger.history.find(body.version)) : undefined;
  return [
    { what: 'the facts of the entry and of its report', one: body.facts, other: report.records.map(({ fact }) => briefOf(fact)) },
    ...(inForce ? [{ what: 'the facts that were checked and those in force', one: body.facts, other: inForce.map(briefOf) }] : []),
    ...(inForce ? promptPairs(report, inForce) : []),
    ...checkReportPairs(body.checks, report),
  ];
}

/** A revert: what was measured of what is left. */
export async function revertPairs({ body }: EntryOf<'revert'>, { ledger, blobs }: Surroundings): Promise<Pair[]> {
  if (body.checks.length === 0 && body.evidence['report'] === undefined) return [];
  const report = await readCheckReport(blobs, body.evidence['report']);
  const facts = await factsOfVersion(ledger, ledger.history.find(body.version));
  const left = facts.map((fact) => canonical(plain(briefOf(fact))));
  const measured = report.records.map(({ fact }) => canonical(plain(briefOf(fact))));
  return [
    {
      what: 'the facts that were measured after a revert, and those that are left,',
      one: measured.filter((one) => !left.includes(one)),
      other: [],
    },
    ...promptPairs(report, facts),
    ...checkReportPairs(body.checks, report),
  ];
}

/** What an entry says changed is what lies between the two versions that it names; what it says was there before, was there. */
export function changedPairs(entry: Entry, { hashes, imported }: Surroundings): Pair[] {
  const { body } = entry;
  if (!('changed' in body)) return [];
  const { changed, parent, version } = body;
  const told = changed.map(({ tensor, before, after }) => ({ tensor, before, after })).sort((a, b) => (a.tensor < b.tensor ? -1 : 1));
  const first = hashes.versions.get(parent);
  return [
    {
      what: 'the changed tensors of the entry and those between its two versions',
      one: told,
      other: changedBetween(hashes, parent, version),
    },
    ...(imported
      ? [
          {
            what: 'what tensors were before, in the entry and in the import',
            one: changed.filter(({ tensor }) => first?.has(tensor) !== true).map(({ tensor, before }) => [tensor, before]),
            other: changed.filter(({ tensor }) => first?.has(tensor) !== true).map(({ tensor }) => [tensor, imported.get(tensor)]),
          },
        ]
      : []),
  ];
}

/** An export of a whole folder holds the import's files but those left out by choice; what no edit can have touched is the import's own. */
export function exportPairs(entry: EntryOf<'export'>, { ledger, hashes }: Surroundings, editable: ReadonlySet<string> | undefined): Pair[] {
  const { body } = entry;
  const [first] = ledger.entries;
  const policy = policyPairs(entry, ledger);
  if (first?.kind !== 'import' || body.format !== 'folder') return policy;
  const isEdited = [...(hashes.versions.get(body.version) ?? [])].some(([tensor, hash]) => hash !== hashes.base.get(tensor));
  // How a steering goes into graph and weights the record does not tell.
  const isSteered = partsOf(ledger.history.find(body.version))
    .map((part) => ledger.entry(part.entry))
    .filter(addsPart)
    .some((part) => partOf(part).steering !== undefined);
  const kept = (path: string) => !isEdited || (editable !== undefined && !editable.has(path));
  const listed = (files: readonly { path: string; bytes: number; sha256: string }[]) =>
    files
      .filter(({ path }) => !isSteered || !isOfTheModel(path))
      .map(({ path, bytes, sha256 }) => [path, bytes, kept(path) ? sha256 : ''])
      .sort(([a], [b]) => (a! < b! ? -1 : 1));
  const { leftOut = [] } = v.parse(LeftOutSchema, body.details);
  const imported = first.body.model.files.filter(({ path }) => !leftOut.includes(path));
  return [...policy, { what: 'the files of the export and of the import', one: listed(body.files), other: listed(imported) }];
}

const LeftOutSchema = v.object({ leftOut: v.exactOptional(v.array(v.string())) });

const PolicyOfExportSchema = v.object({ policy: v.object({ ...PolicySchema.entries, thresholds: ThresholdsSchema }) });

/** How exports of this release say that they were let out; earlier ones do not. */
const LetOutOfExportSchema = v.object({ letOut: LetOutSchema, upTo: v.number() });

/**
 * What the policy of an export asked for, was there; and it was the record's policy. Exports of earlier releases do not tell their policy,
 * or not what answered it.
 */
function policyPairs({ seq, body, author }: EntryOf<'export'>, ledger: Ledger): Pair[] {
  const told = v.safeParse(PolicyOfExportSchema, body.details);
  const out = v.safeParse(LetOutOfExportSchema, body.details);
  // Exports tell both since policies are entries.
  const since = ledger.entries.some((entry) => entry.kind === 'policy' && entry.seq < seq);
  const says = (name: string) => since || name in body.details;
  const unread = [...(says('policy') && !told.success ? ['policy'] : []), ...(says('letOut') && !out.success ? ['letOut'] : [])];
  const read = { what: 'what an export says of the policy, and what can be read of that,', one: unread, other: [] };
  if (!told.success) return [read];
  const { thresholds, ...policy } = told.output.policy;
  // What was said while the export was being written came too late for it.
  const before = out.success ? out.output.upTo + 1 : seq;
  const version = reviewed(ledger, ledger.history.find(body.version), before);
  // Earlier releases let a version out by the newest measurement, also before they told what answered the policy.
  const counted = out.success ? countedIn(out.output.letOut) : 'newest';
  const hindrances = exportHindrances(version, { policy, thresholds }, author, counted);
  return [
    read,
    { what: 'the policy that an export was let out by, and what was there', one: hindrances, other: [] },
    ...(out.success
      ? [
          {
            what: 'the policy that an export was let out by, and the policy of the record',
            one: askedBy({ policy, thresholds }),
            other: askedIn(ledger, before),
          },
          {
            what: 'what let an export out, and what was there',
            one: out.output.letOut,
            other: letOut(version, { policy, thresholds }, counted),
          },
          { what: 'the entry that an export was let out after and the one before its own', one: out.output.upTo < seq, other: true },
        ]
      : []),
  ];
}

/** A remark on an entry is about the version that the entry made or is about. */
export function remarkPairs(entry: Entry, { ledger }: Surroundings): Pair[] {
  const sealed = sealPairs(entry, ledger);
  if (!('entry' in entry.body) || entry.kind === 'revert' || entry.body.entry === undefined) return sealed;
  const about = ledger.entry(entry.body.entry).body;
  return [
    ...sealed,
    ...('version' in about ? [{ what: 'the version of the remark and of its entry', one: entry.body.version, other: about.version }] : []),
  ];
}

/** Whoever signed a remark signed these words, and the record as it was before: with a key that is nobody's but theirs. */
function sealPairs(entry: Entry, ledger: Ledger): Pair[] {
  if (!isRemark(entry) || !('seal' in entry.body) || !entry.body.seal) return [];
  const { kind, author, reason } = entry;
  const { seal, version, entry: about } = entry.body;
  const fits = sealerOf({ kind, author, reason, version, entry: about }, seal) !== undefined;
  const { seq, head } = seal.upTo;
  return [
    { what: 'whether the words of the remark are those that its author signed', one: fits, other: true },
    {
      what: 'the end of the record that the author of a remark signed and the entry there',
      one: head,
      other: ledger.entries[seq - 1]?.hash,
    },
    { what: 'whether the author of a remark signed it on entries before it', one: seq < entry.seq, other: true },
  ];
}

/** A verification names the entry before it, and found nothing where it is said to be whole. */
export function verifyPairs({ body, seq }: EntryOf<'verify'>, { ledger }: Surroundings): Pair[] {
  return [
    { what: 'the head that was verified and the entry that it names', one: body.head, other: ledger.entry(body.upTo).hash },
    { what: 'whether the verification found the record whole, and its problems,', one: body.ok, other: body.problems.length === 0 },
    ...provenPairs(body),
    { what: 'the entry that was verified up to and the one before the verification', one: body.upTo <= seq - 1, other: true },
  ];
}

const ProvenSchema = v.object({ proven: v.object({ upTo: v.number(), end: v.boolean() }) });

/** Nothing proves more than there was; who proves nothing is not named. */
function provenPairs({ details, upTo }: EntryOf<'verify'>['body']): Pair[] {
  const told = v.safeParse(ProvenSchema, details);
  if (!told.success) return [];
  const { proven } = told.output;
  return [
    { what: 'how far the record was proven, and how far it was verified,', one: proven.upTo <= upTo, other: true },
    { what: 'whether the end was proven, and how far it was,', one: !proven.end || proven.upTo === upTo, other: true },
  ];
}
