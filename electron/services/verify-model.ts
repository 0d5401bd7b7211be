import { join } from 'node:path';
import type { Verification } from '../../shared/contract/audit.ts';
import { EmendError } from '../../shared/errors.ts';
import { given as known } from '../../shared/given.ts';
import { shortId } from '../../shared/ids.ts';
import type { Steps } from '../../shared/progress.ts';
import type { BodyInput } from '../ledger/kinds/index.ts';
import type { Given } from '../ledger/proof.ts';
import type { Version } from '../ledger/versions.ts';
import { disk } from '../storage/files.ts';
import { listFolder } from '../storage/folders.ts';
import { hashPieces } from '../storage/hash.ts';
import { Estimator } from './eta.ts';
import { misstated } from './findings.ts';
import type { JobControl } from './job-list.ts';
import type { LibraryModel } from './library-model.ts';

type Problems = Verification['problems'];

/**
 * Reads everything anew: the ledger by itself and against what lies outside its folder, then the imported files, then every version's
 * tensors, rebuilt from the import.
 * @param given what a person brought from elsewhere to hold it against
 */
export async function verifyModel(model: LibraryModel, control: JobControl, given: readonly Given[]): Promise<Verification> {
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
  const files = await verifyFiles(model, problems, follow('imported files'));
  const tensors = problems.length > 0 ? 0 : await verifyVersions(model, problems, control);
  problems.sort((a, b) => (a.entry ?? 0) - (b.entry ?? 0));
  const [held] = given;
  return {
    ok: problems.length === 0,
    verdict: { ...ledger.proof, entries: ledger.head?.seq ?? 0, problems: problems.length, unchecked: [] },
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
    checkpoints: ledger.checkpoints,
    blobs: ledger.blobs.named,
    files,
    tensors,
  };
}

/** What the record keeps of a verification. */
export function recordOf(found: Verification, given: readonly Given[]): BodyInput<'verify'> {
  const { head, ok, verdict, problems, checkpoints, blobs, files, tensors } = found;
  const [held] = given;
  return {
    upTo: head!.seq,
    head: head!.hash,
    ok,
    problems: problems.map(({ entry, what, message }) => ({ ...known({ entry }), what, message })),
    details: {
      checkpoints,
      blobs,
      files,
      tensors,
      proven: { upTo: verdict.upTo, end: verdict.end, ...(verdict.by ? { by: { ...verdict.by } } : {}) },
      ...(verdict.unchecked.length > 0 ? { unchecked: [...verdict.unchecked] } : {}),
      ...(held ? { against: { seq: held.end.seq, head: held.end.head } } : {}),
    },
  };
}

/** Holds the imported files against the import entry. @returns how many there should be */
async function verifyFiles(model: LibraryModel, problems: Problems, progress: Steps): Promise<number> {
  const [first] = model.ledger.entries;
  const files = first?.kind === 'import' ? first.body.model.files : [];
  for (const [done, file] of files.entries()) {
    progress.check();
    progress.progress(done, files.length);
    const path = join(model.places.files, file.path);
    const found = (await disk.stat(path)) === undefined ? undefined : await hashPieces(disk.pieces(path));
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
  // then every file is missing, which was told
  const { files: there, others } = await listFolder(model.places.files, { links: 'apart' }).catch(() => ({ files: [], others: [] }));
  for (const path of [...there, ...others])
    if (first?.kind === 'import' && !recorded.has(path))
      problems.push({ entry: 1, what: 'file', message: `The file ${path} lies among the imported ones and was not imported.` });
  progress.progress(files.length, files.length);
  return files.length;
}

/** Rebuilds every version there was, each once. @returns how many tensors were hashed */
async function verifyVersions(model: LibraryModel, problems: Problems, control: JobControl): Promise<number> {
  const versions = new Map<string, { version: Version; entry: number }>();
  for (const { version, entry } of model.ledger.history.moments)
    if (!versions.has(version.id)) versions.set(version.id, { version, entry });
  let tensors = 0;
  for (const [done, { version, entry }] of [...versions.values()].entries()) {
    control.check();
    control.onProgress({ phase: 'rebuilt versions', done, total: versions.size, secondsLeft: undefined });
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
      if (!(error instanceof EmendError) || error.code === 'cancelled' || error.code === 'crashed') throw error;
      problems.push({ entry, what: 'tensors', message: error.message });
    }
  }
  control.onProgress({ phase: 'rebuilt versions', done: versions.size, total: versions.size, secondsLeft: undefined });
  return tensors;
}
