import { homedir, tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import * as v from 'valibot';
import type { Verification } from '../../shared/contract/audit.ts';
import { EmendError } from '../../shared/errors.ts';
import { given as known } from '../../shared/given.ts';
import { shortId } from '../../shared/ids.ts';
import { type Proof, ProofSchema } from '../../shared/verdict.ts';
import type { Outcome } from '../../shared/trust.ts';
import type { Steps, TimedProgress } from '../../shared/progress.ts';
import { Bar } from './bar.ts';
import type { BodyInput } from '../ledger/kinds/index.ts';
import { type Ledger, writtenByNewer } from '../ledger/ledger.ts';
import type { Given } from '../ledger/proof.ts';
import type { Version } from '../ledger/versions.ts';
import { canonical } from '../storage/canonical.ts';
import { explained } from '../storage/file-errors.ts';
import { disk } from '../storage/files.ts';
import { listFolder } from '../storage/folders.ts';
import { isLeftBehind, leftBehindWords } from '../storage/system-files.ts';
import { hashPieces } from '../storage/hash.ts';
import { layoutsIn } from './attest/version-record.ts';
import { Estimator } from './eta.ts';
import { evidenceProblems } from './evidence/index.ts';
import { misstated } from './findings.ts';
import type { JobControl } from './job-list.ts';
import type { JobRunner } from './jobs.ts';
import type { LibraryModel } from './library-model.ts';
import { recomputationDoubt, recomputationProblem, recompute, recomputedOf } from './recompute.ts';
import { clockRemarks } from './clock-remarks.ts';
import { couldNotLook } from './unchecked.ts';

type Problems = Verification['problems'];

/** What verifying does besides. */
export interface Verifying {
  /** What a person brought from elsewhere to hold the record against. */
  readonly given?: readonly Given[];
  /** Works every edit out again. */
  readonly recomputeWith?: JobRunner;
}

/**
 * Reads everything anew: the ledger by itself and against what lies outside its folder, then the imported files, then what entries state
 * against their evidence, then every version's tensors, rebuilt from the import.
 */
export async function verifyModel(
  model: LibraryModel,
  control: JobControl,
  { given = [], recomputeWith }: Verifying = {},
): Promise<Verification> {
  const estimator = new Estimator();
  const follow = (phase: string) => ({
    progress: (done: number, total: number) => control.onProgress(estimator.next({ phase, done, total })),
    check: () => control.check(),
  });
  const ledger = await model.ledger.verify({ given }, follow('ledger'));
  const problems: Problems = ledger.entries.flatMap((entry) =>
    entry.problems.map(({ what, message }) => ({ entry: entry.seq, what, message })),
  );
  for (const { entry, message } of await misstated(model.ledger)) problems.push({ entry, what: 'blob', message });
  const found: Found = { problems, unchecked: [...ledger.unchecked], beside: [] };
  const files = await verifyFiles(model, found, follow('imported files'));
  if (problems.length === 0) await verifyEvidence(model, found, follow('evidence'));
  const tensors = problems.length > 0 ? 0 : await verifyVersions(model, found, control);
  if (recomputeWith && problems.length === 0) await recomputeEdits(recomputeWith, model, found, control);
  const [newer] = ledger.newer;
  if (newer) found.unchecked.push(`${writtenByNewer(newer).message} Update Emend to have it verified too.`);
  problems.sort((a, b) => (a.entry ?? 0) - (b.entry ?? 0));
  const [held] = given;
  return {
    ok: problems.length === 0,
    verdict: { ...ledger.proof, entries: ledger.head?.seq ?? 0, problems: problems.length, unchecked: found.unchecked },
    time: new Date().toISOString(),
    ...(ledger.head ? { head: { ...ledger.head } } : {}),
    entries: ledger.entries.map(({ seq, kind, hash }) => ({
      seq,
      ...known({ kind, hash }),
      problems: problems.filter((one) => one.entry === seq).map((one) => one.message),
    })),
    ...(problems[0] ? { first: problems[0] } : {}),
    ...(held ? { against: { path: held.from, seq: held.end.seq, ...('time' in held.end ? { time: held.end.time } : {}) } } : {}),
    problems,
    beside: [...found.beside.map(leftBehindWords), ...clockRemarks(model.ledger.entries)],
    checkpoints: ledger.checkpoints,
    blobs: ledger.blobs.named,
    files,
    tensors,
  };
}

/** What the record keeps of a verification, for ever and in every export: nothing of where the model lies. @param folder of the model */
export function recordOf(found: Verification, given: readonly Given[], folder: string): BodyInput<'verify'> {
  const { head, ok, verdict, problems, checkpoints, blobs, files, tensors } = found;
  const [held] = given;
  const inside = (message: string) => [folder, tmpdir(), homedir()].reduce((said, path) => said.replaceAll(`${path}${sep}`, ''), message);
  return {
    upTo: head!.seq,
    head: head!.hash,
    ok,
    problems: problems.map(({ entry, what, message }) => ({ ...known({ entry }), what, message: inside(message) })),
    details: {
      checkpoints,
      blobs,
      files,
      tensors,
      proven: { upTo: verdict.upTo, end: verdict.end, ...(verdict.by ? { by: { ...verdict.by } } : {}) },
      ...(verdict.unchecked.length > 0 ? { unchecked: verdict.unchecked.map(inside) } : {}),
      ...(held ? { against: { seq: held.end.seq, head: held.end.head } } : {}),
    },
  };
}

const RecordedSchema = v.object({ proven: v.optional(ProofSchema), unchecked: v.optional(v.array(v.string()), []) });
/** Earlier releases recorded nothing of what proved it. */
const UNTOLD: Proof = { upTo: 0, end: false };

/** How the last verification that the record has an entry of ended. */
export function lastVerified({ entries }: Pick<Ledger, 'entries'>): Outcome | undefined {
  const entry = entries.findLast((one) => one.kind === 'verify');
  if (!entry) return undefined;
  const { ok, upTo, problems, details } = entry.body;
  const { proven, unchecked } = v.parse(RecordedSchema, details);
  const [first] = problems;
  return {
    ok,
    verdict: { ...(proven ?? UNTOLD), entries: upTo, problems: problems.length, unchecked },
    covers: entry.seq,
    time: entry.time,
    ...(first ? { first: { ...known({ entry: first.entry }), message: first.message } } : {}),
  };
}

/** What verifying gathers: what is wrong, and what could not be looked at. */
interface Found {
  readonly problems: Problems;
  readonly unchecked: string[];
  /** Files that were left among the imported ones since, and are no part of the model. */
  readonly beside: string[];
}

/** Holds the imported files against the import entry. @returns how many there should be */
async function verifyFiles(model: LibraryModel, { problems, unchecked, beside }: Found, progress: Steps): Promise<number> {
  const io = explained(disk);
  const [first] = model.ledger.entries;
  const files = first?.kind === 'import' ? first.body.model.files : [];
  for (const [done, file] of files.entries()) {
    progress.check();
    progress.progress(done, files.length);
    const path = join(model.places.files, file.path);
    let found: { sha256: string; bytes: number } | undefined;
    try {
      found = (await io.stat(path)) === undefined ? undefined : await hashPieces(io.pieces(path));
    } catch (error) {
      if (!couldNotLook(error)) throw error;
      unchecked.push(`The imported file ${file.path} could not be read: ${error.message}`);
      continue;
    }
    if (!found) problems.push({ entry: 1, what: 'file', message: `The imported file ${file.path} is missing.` });
    else if (found.sha256 !== file.sha256)
      problems.push({
        entry: 1,
        what: 'file',
        message:
          `The imported file ${file.path} changed: it hashes to ${found.sha256} (${found.bytes} bytes); ` +
          `the import recorded ${file.sha256} (${file.bytes} bytes).`,
      });
  }
  const recorded = new Set(files.map((file) => file.path));
  const { files: there, others } = await listFolder(model.places.files, { links: 'apart' }).catch((error: NodeJS.ErrnoException) => {
    // Where the folder is missing, so is every file, which was told.
    if (error.code !== 'ENOENT')
      unchecked.push(`What else lies among the imported files could not be listed (${error.code ?? error.message}).`);
    return { files: [], others: [] };
  });
  for (const path of [...there, ...others])
    if (first?.kind !== 'import' || recorded.has(path)) continue;
    else if (isLeftBehind(path)) beside.push(path);
    else problems.push({ entry: 1, what: 'file', message: `The file ${path} lies among the imported ones and was not imported.` });
  progress.progress(files.length, files.length);
  if (problems.length === 0 && unchecked.length === 0) await verifyLayout(model, problems, progress);
  return files.length;
}

/** Holds what the record tells of the parts of the imported files against the files. */
async function verifyLayout(model: LibraryModel, problems: Problems, progress: Steps): Promise<void> {
  const told = model.ledger.entries.flatMap((entry) => layoutsIn(entry).map((ref) => ({ ref, entry: entry.seq })));
  if (told.length === 0) return;
  const now = canonical(await model.layout(() => progress.check()));
  for (const { ref, entry } of told)
    if (Buffer.from(await model.ledger.blobs.read(ref)).toString('utf8') !== now)
      problems.push({ entry, what: 'file', message: 'What the record tells of the parts of the imported files does not fit them.' });
}

/** Holds every two places that state the same against each other. */
async function verifyEvidence(model: LibraryModel, { problems, unchecked }: Found, { progress, check }: Steps): Promise<void> {
  try {
    const found = await evidenceProblems(model, (done, total) => {
      check();
      progress(done, total);
    });
    problems.push(...found.map(({ entry, message }) => ({ entry, what: 'evidence', message })));
  } catch (error) {
    if (!couldNotLook(error)) throw error;
    unchecked.push(`What entries state was not held against their evidence: ${error.message}`);
  }
}

/** Works every edit of the record out again, and compares. */
async function recomputeEdits(engine: JobRunner, model: LibraryModel, { problems, unchecked }: Found, control: JobControl): Promise<void> {
  const edits = model.ledger.entries.filter((entry) => entry.kind === 'edit');
  for (const [done, entry] of edits.entries()) {
    control.check();
    const bar = new Bar();
    const named = {
      ...control,
      onProgress: (one: TimedProgress) =>
        control.onProgress({
          phase: `working out edit ${done + 1} of ${edits.length} again`,
          done: done + (bar.at(one) ?? 0),
          total: edits.length,
          secondsLeft: undefined,
        }),
    };
    try {
      const again = await recompute(engine, model, recomputedOf(entry), named);
      const doubt = recomputationDoubt(again);
      const message = recomputationProblem(again);
      if (doubt !== undefined) unchecked.push(`Entry ${entry.seq}: ${doubt}`);
      else if (message !== undefined) problems.push({ entry: entry.seq, what: 'recomputed', message });
    } catch (error) {
      if (!(error instanceof EmendError) || error.code !== 'unsupported') throw error;
      unchecked.push(`Entry ${entry.seq} was not worked out again: ${error.message}`);
    }
  }
}

/** Rebuilds every version there was, each once. @returns how many tensors were hashed */
async function verifyVersions(model: LibraryModel, { problems, unchecked }: Found, control: JobControl): Promise<number> {
  const versions = new Map<string, { version: Version; entry: number }>();
  for (const { version, entry } of model.ledger.history.moments)
    if (!versions.has(version.id)) versions.set(version.id, { version, entry });
  let tensors = 0;
  for (const [done, { version, entry }] of [...versions.values()].entries()) {
    control.check();
    control.onProgress({ phase: 'rebuilding versions', done, total: versions.size, secondsLeft: undefined });
    try {
      const proof = await model.proveAnew(version, { signal: control.signal });
      tensors += proof.tensors;
      if (proof.wasDamaged)
        problems.push({
          entry,
          what: 'tensors',
          message:
            `The kept tensors of version ${shortId(version.id)} were damaged; ` +
            'they were rebuilt from the import and its edits, and are right again.',
        });
    } catch (error) {
      if (!(error instanceof EmendError) || error.code === 'cancelled') throw error;
      const { message } = error;
      if (couldNotLook(error)) unchecked.push(`Version ${shortId(version.id)} could not be rebuilt: ${message}`);
      else problems.push({ entry, what: 'tensors', message });
    }
  }
  control.onProgress({ phase: 'rebuilding versions', done: versions.size, total: versions.size, secondsLeft: undefined });
  return tensors;
}
