import { createHash } from 'node:crypto';
import { constants as fsConstants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { chmod, copyFile, mkdir, open, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { EmendError } from '../../../shared/errors.ts';
import { type Report, silent } from '../../../shared/progress.ts';
import { disk } from '../../storage/files.ts';
import { filesBelow, isReallyWithin, isWithin, slashes, syncTree } from '../../storage/folders.ts';
import { sha256 } from '../../storage/hash.ts';
import type { Model, Tensor } from './graph.ts';
import { readModelAndRanges } from './read.ts';
import type { StoredRange } from './read-tensor.ts';

/** What {@link patchModel} needs. */
export interface PatchRequest {
  readonly model: Model;
  /** Reads the model anew with the byte ranges of its tensors; as an .onnx file where not given. */
  readonly read?: (file: string) => ReturnType<typeof readModelAndRanges>;
  /** Folder to make, in one that is there. */
  readonly target: string;
  /** Constant name → its new little-endian bytes, as long as the old ones. */
  readonly changes: ReadonlyMap<string, Uint8Array>;
  /**
   * A folder that holds the model's folder (or is it). When given, everything in it is copied, so that the target is a whole
   * model folder with tokenizer and configuration; otherwise only the .onnx file and its data files are.
   */
  readonly root?: string;
  /** Files of the root that are left out, relative to it, with forward slashes. */
  readonly without?: readonly string[];
}

/** One overwritten range. */
export interface PatchedRange {
  readonly tensor: string;
  /** Path relative to the target, with forward slashes. */
  readonly file: string;
  readonly offset: number;
  readonly length: number;
  /** SHA-256, hexadecimal, of the range before and after. */
  readonly before: string;
  readonly after: string;
}

/** What {@link patchModel} did. */
export interface PatchReport {
  /** The new file that says what the graph is. */
  readonly model: string;
  /** Every file in the target, relative to it, with forward slashes. */
  readonly files: readonly string[];
  readonly ranges: readonly PatchedRange[];
}

/** What the Finder writes into every folder that is looked at; no import has it. */
const FINDER: ReadonlySet<string> = new Set(['.DS_Store']);

/**
 * Writes a copy of a model in which the bytes of the given constants differ and nothing else does.
 * The copy grows in `target`, is synced to disk, and removed where that fails; who wants `target` never to be there unfinished
 * gives a place to stage it. The model's own files are only read.
 *
 * @param report told of the bytes that are copied
 * @throws EmendError
 *   `bad-input`: unknown constant, wrong byte length, a target that is there already;
 *   `unsupported`: a constant stored element by element, or one that shares its bytes with another that should not change;
 *   `cancelled`: the report's check threw it (nothing stays behind); `failed`: the disk refused
 */
export async function patchModel(request: PatchRequest, report: Report = silent): Promise<PatchReport> {
  const { changes } = request;
  // read anew: the caller's graph may have been rewritten, and small constants carry no offset in it
  const { model, ranges: stored } = (request.read ?? readModelAndRanges)(join(request.model.folder, request.model.file));
  const target = resolve(request.target);
  const root = resolve(request.root ?? model.folder);
  const inside = slashes(relative(root, model.folder));
  if (!isWithin(root, model.folder))
    throw new EmendError('bad-input', `${model.folder} does not lie in ${root}`, 'Give a folder that holds the model.');
  if (isReallyWithin(root, target)) {
    throw new EmendError(
      'bad-input',
      `${target} lies inside the model's folder ${root}`,
      'Choose a folder elsewhere; an imported model is never changed.',
    );
  }
  const ranges = rangesToWrite(model, stored, changes);
  const there = await (request.root === undefined ? filesOf(model, stored) : filesBelow(root, FINDER)).catch((error: unknown) => {
    throw asEmendError(error, target);
  });
  const files = there.filter((file) => !request.without?.includes(file));
  await makeFolder(target);
  try {
    const copy = new Copy(report);
    await copy.all(files.map((file) => [join(root, file), join(target, file)]));
    const written = [];
    for (const range of ranges) {
      report.check();
      const file = inside === '' ? range.file : `${inside}/${range.file}`;
      written.push({ ...range, file, ...(await overwrite(join(target, file), range, changes.get(range.tensor)!)) });
    }
    report.check();
    await syncTree(disk, target);
    return { model: join(target, inside, model.file), files: [...files].sort(), ranges: written };
  } catch (error) {
    await rm(target, { recursive: true, force: true }).catch(() => undefined); // what failed first is what counts
    throw asEmendError(error, target);
  }
}

/** The file that says what the graph is, and those that its weights lie in. */
async function filesOf(model: Model, stored: ReadonlyMap<Tensor, StoredRange>): Promise<string[]> {
  return [...new Set([model.file, ...[...stored.values()].map((range) => range.file)])];
}

async function makeFolder(target: string): Promise<void> {
  await mkdir(target).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST')
      throw new EmendError('bad-input', `${target} is there already; expected a folder to make.`, 'Choose a new folder.');
    throw asEmendError(error, target);
  });
}

/** Where the changed constants lie. */
function rangesToWrite(model: Model, stored: ReadonlyMap<Tensor, StoredRange>, changes: ReadonlyMap<string, Uint8Array>): StoredRange[] {
  return [...changes].map(([name, bytes]) => {
    const tensor = model.graph.constants.get(name);
    if (tensor === undefined)
      throw new EmendError('bad-input', `${model.file} has no constant "${name}"`, 'Give the name of a weight of this model.');
    const range = stored.get(tensor);
    if (range === undefined) {
      throw new EmendError(
        'unsupported',
        `The constant "${name}" is stored element by element, not as raw bytes`,
        'Save the model again with raw data (the onnx package does so by default).',
      );
    }
    if (range.length !== bytes.length) {
      throw new EmendError(
        'bad-input',
        `The constant "${name}" has ${range.length} bytes; ${bytes.length} were given`,
        'Give values of the same shape and type.',
      );
    }
    for (const other of stored.values()) {
      if (other === range || other.length === 0 || other.file !== range.file || other.offset !== range.offset) continue;
      const same = changes.get(other.tensor);
      if (same !== undefined && Buffer.compare(same, bytes) === 0) continue;
      throw new EmendError(
        'unsupported',
        `The constants "${name}" and "${other.tensor}" share the same bytes; changing one would change the other`,
        'Change both alike, or export the model with separate weights.',
      );
    }
    return range;
  });
}

/** Copies files, as clones that share their blocks where the file system can, in chunks where it cannot. */
class Copy {
  private done = 0;
  private total = 0;
  private readonly report: Report;

  constructor(report: Report) {
    this.report = report;
  }

  async all(pairs: readonly (readonly [from: string, to: string])[]): Promise<void> {
    for (const [from] of pairs) this.total += (await stat(from)).size;
    this.advance(0);
    for (const [from, to] of pairs) {
      this.report.check();
      await mkdir(dirname(to), { recursive: true });
      if (await clone(from, to)) this.advance((await stat(to)).size);
      else await this.chunks(from, to);
    }
  }

  private async chunks(from: string, to: string): Promise<void> {
    const source = await open(from, 'r');
    try {
      const sink = await open(to, 'w', 0o644);
      try {
        const chunk = Buffer.allocUnsafe(4 * 2 ** 20);
        for (;;) {
          this.report.check();
          const { bytesRead } = await source.read(chunk, 0, chunk.length);
          if (bytesRead === 0) break;
          await writeFully(sink, chunk.subarray(0, bytesRead), null);
          this.advance(bytesRead);
        }
        await sink.sync();
      } finally {
        await sink.close();
      }
    } finally {
      await source.close();
    }
  }

  private advance(bytes: number): void {
    this.done += bytes;
    this.report.progress('copying', this.done, this.total);
  }
}

/** Copies without copying blocks; false where the file system cannot. */
async function clone(from: string, to: string): Promise<boolean> {
  try {
    await copyFile(from, to, fsConstants.COPYFILE_FICLONE_FORCE);
  } catch {
    return false; // what is really wrong, the copy in chunks will say
  }
  await chmod(to, 0o644); // the original may be read-only
  const handle = await open(to, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
  return true;
}

/** Replaces a range of a file, reads it back, and returns the hashes of what was there and of what is there now. */
async function overwrite(file: string, range: StoredRange, bytes: Uint8Array): Promise<{ before: string; after: string }> {
  const handle = await open(file, 'r+');
  try {
    const before = await hashRange(handle, range);
    await writeFully(handle, bytes, range.offset);
    await handle.sync();
    const after = await hashRange(handle, range);
    if (after !== sha256(bytes)) {
      throw new EmendError(
        'failed',
        `"${range.tensor}" does not read back from ${file} as it was written`,
        'Check the disk, then export again.',
      );
    }
    return { before, after };
  } finally {
    await handle.close();
  }
}

async function hashRange(handle: FileHandle, range: StoredRange): Promise<string> {
  const hash = createHash('sha256');
  const chunk = Buffer.allocUnsafe(Math.min(range.length, 2 ** 20));
  for (let at = 0; at < range.length;) {
    const { bytesRead } = await handle.read(chunk, 0, Math.min(chunk.length, range.length - at), range.offset + at);
    if (bytesRead === 0)
      throw new EmendError('bad-file', `"${range.file}" ends inside the constant "${range.tensor}"`, 'Download the model again.');
    hash.update(chunk.subarray(0, bytesRead));
    at += bytesRead;
  }
  return hash.digest('hex');
}

async function writeFully(handle: FileHandle, bytes: Uint8Array, position: number | null): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, at, Math.min(bytes.length - at, 2 ** 30), position === null ? null : position + at);
    at += bytesWritten;
  }
}

function asEmendError(error: unknown, target: string): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (error instanceof EmendError || code === undefined) return error;
  const hint =
    code === 'ENOSPC' ? 'Free some space on the disk, then try again.' : 'Check that the folder can be written to, then try again.';
  return new EmendError('failed', `Writing ${basename(target)} failed: ${(error as Error).message}`, hint);
}
