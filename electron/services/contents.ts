import { join } from 'node:path';
import type { ExportFormat } from '../../shared/contract/exports.ts';
import { EmendError } from '../../shared/errors.ts';
import { adapterProblem, constantRanges, exportedTensors, readSafetensors } from '../engine/records.ts';
import type { FileRecord } from '../ledger/bodies.ts';
import { disk } from '../storage/files.ts';
import { hashRanges } from '../storage/ranges.ts';
import type { VersionRecord } from './attest/version-record.ts';
import type { Layout } from './layout.ts';

/** An exported folder, and what the record says that it should hold. */
export interface Contents {
  readonly folder: string;
  /** The exported files as they were found, without the attestations. */
  readonly files: readonly FileRecord[];
  readonly record: VersionRecord;
  /** The parts of the imported files; undefined where the record does not tell them. */
  readonly layout: Layout | undefined;
  /** Files of the deltas in force, the first applied first; undefined where they are not to be had. */
  readonly deltas: readonly string[] | undefined;
  readonly check: () => void;
}

/** What holding an export against the record of it found. */
export interface ContentFindings {
  readonly problems: readonly { readonly path: string; readonly message: string }[];
  /** What could not be compared, as sentences. */
  readonly unchecked: readonly string[];
}

/** How each format is held against the record: what leaves is what the record says. */
const CONTENTS: Readonly<Record<ExportFormat, (contents: Contents) => Promise<ContentFindings>>> = { folder, tensors, lora };

/**
 * Holds an export's files against the record in it: files and bytes that no edit touched against the import entry, edited tensors against
 * what their entries recorded.
 */
export async function compareContents(format: ExportFormat, contents: Contents): Promise<ContentFindings> {
  try {
    return await CONTENTS[format](contents);
  } catch (error) {
    if (!(error instanceof EmendError) || error.code === 'cancelled') throw error;
    return { problems: [{ path: '', message: error.message }], unchecked: [] };
  }
}

/** A copy of the import in which only the bytes of edited tensors differ. */
async function folder({ folder: root, files, record, layout, check }: Contents): Promise<ContentFindings> {
  const found = new Map(files.map((file) => [file.path, file]));
  const imported = record.imported.body.model.files;
  const known = new Set(imported.map((file) => file.path));
  const problems = files
    .filter((file) => !known.has(file.path))
    .map(({ path }) => ({ path, message: `${path} is no file of the import, and no edit made it.` }));
  const unchecked: string[] = [];
  const parts = layout?.files ?? (record.tensors.size > 0 ? constantRanges(root).map((file) => ({ ...file, rest: undefined })) : []);
  const seen = new Set<string>();
  for (const { path, bytes, sha256 } of imported) {
    check();
    const there = found.get(path);
    const part = parts.find((one) => one.path === path);
    const edited = part?.tensors.filter(({ tensor }) => record.tensors.has(tensor)) ?? [];
    for (const { tensor } of edited) seen.add(tensor);
    if (!there) problems.push({ path, message: `${path} is missing: the import has it.` });
    else if (there.sha256 === sha256 && edited.length === 0) continue;
    else if (edited.length === 0)
      problems.push({
        path,
        message: `${path} differs from the import, and no edit in force changes it: its SHA-256 is ${there.sha256}, not ${sha256}.`,
      });
    else if (there.bytes !== bytes) problems.push({ path, message: `${path} has ${there.bytes} bytes; the import has ${bytes}.` });
    else problems.push(...(await partProblems(root, part!, record.tensors, check)).map((message) => ({ path, message })));
    if (there && edited.length > 0 && part!.rest === undefined)
      unchecked.push(
        `The record does not tell the parts of ${path} as imported, so what lies between its edited tensors was not compared.`,
      );
  }
  for (const tensor of record.tensors.keys())
    if (!seen.has(tensor)) problems.push({ path: '', message: `The edited tensor ${tensor} lies in no exported file.` });
  return { problems, unchecked };
}

type Part = Omit<Layout['files'][number], 'rest' | 'tensors' | 'bytes'> & {
  readonly rest: string | undefined;
  readonly tensors: readonly { readonly tensor: string; readonly offset: number; readonly length: number; readonly sha256?: string }[];
};

/** Holds a file with edited tensors against the import, tensor by tensor. */
async function partProblems(root: string, part: Part, edited: ReadonlyMap<string, string>, check: () => void): Promise<string[]> {
  const { path, tensors } = part;
  const found = await hashRanges(disk, join(root, path), tensors, check);
  // Tensors that share their bytes are changed together, by one name.
  const changed = new Map(tensors.flatMap((one) => (edited.has(one.tensor) ? [[place(one), edited.get(one.tensor)!] as const] : [])));
  const wrong = tensors.flatMap((one, at) => {
    const expected = changed.get(place(one)) ?? one.sha256;
    const says = changed.has(place(one)) ? 'the record of its edits says' : 'the import recorded';
    return expected === undefined || found.ranges[at] === expected
      ? []
      : [`${path}: the tensor ${one.tensor} hashes to ${found.ranges[at] ?? 'nothing'}; ${says} ${expected}.`];
  });
  const between = part.rest === undefined || found.rest === part.rest ? [] : [`${path} differs from the import outside its tensors.`];
  return [...wrong, ...between];
}

function place({ offset, length }: { readonly offset: number; readonly length: number }): string {
  return `${offset} ${length}`;
}

/** The edited tensors alone. */
async function tensors({ folder: root, files, record }: Contents): Promise<ContentFindings> {
  const path = 'changed.safetensors';
  const problems = unexpected(files, [path]);
  const { tensors: held, metadata } = exportedTensors(join(root, path));
  problems.push(...originProblems(path, metadata, record));
  const names = new Set(held.map(({ tensor }) => tensor));
  for (const { tensor, hashes } of held) {
    const expected = record.tensors.get(tensor);
    if (expected === undefined) problems.push({ path, message: `${path} holds ${tensor}, which the record does not say was changed.` });
    else if (!hashes.includes(expected))
      problems.push({ path, message: `${path}: the tensor ${tensor} hashes to ${hashes[0]}; the record of its edits says ${expected}.` });
  }
  for (const tensor of record.tensors.keys())
    if (!names.has(tensor)) problems.push({ path, message: `${path} lacks the edited tensor ${tensor}.` });
  return { problems, unchecked: [] };
}

/** The deltas as an adapter. */
async function lora({ folder: root, files, record, deltas }: Contents): Promise<ContentFindings> {
  const path = 'adapter_model.safetensors';
  const problems = unexpected(files, ['adapter_config.json', path]);
  if (!deltas) return { problems, unchecked: [`The deltas of the edits are not in the export, so ${path} was not compared with them.`] };
  const problem = adapterProblem(root, deltas);
  if (problem !== undefined) problems.push({ path, message: `${path} is not the sum of the recorded edits: ${problem}.` });
  problems.push(...originProblems(path, readSafetensors(join(root, path)).metadata, record));
  return { problems, unchecked: [] };
}

function unexpected(files: readonly FileRecord[], expected: readonly string[]): { path: string; message: string }[] {
  const there = files.map((file) => file.path);
  return [
    ...there.filter((path) => !expected.includes(path)).map((path) => ({ path, message: `${path} belongs to no export of this form.` })),
    ...expected.filter((path) => !there.includes(path)).map((path) => ({ path, message: `${path} is missing.` })),
  ];
}

/** A file's own words on which model and version it is of. */
function originProblems(
  path: string,
  metadata: Readonly<Record<string, string>>,
  record: VersionRecord,
): { path: string; message: string }[] {
  const said = { emend_model: record.imported.body.model.id, emend_version: record.version.id };
  return Object.entries(said).flatMap(([name, value]) =>
    metadata[name] === value
      ? []
      : [{ path, message: `${path} says that its ${name} is ${metadata[name] ?? 'unknown'}; the record says ${value}.` }],
  );
}
