import type { FileRecord } from '../../ledger/bodies.ts';
import type { VersionRecord } from '../attest/version-record.ts';
import type { Layout } from '../layout.ts';

/** An exported folder, and what the record says that it should hold. */
export interface Contents {
  readonly folder: string;
  /** The exported files as they were found, without the attestations. */
  readonly files: readonly FileRecord[];
  readonly record: VersionRecord;
  /** The parts of the imported files; undefined where the record does not tell them. */
  readonly layout: () => Promise<Layout | undefined>;
  /** Files of the deltas in force, the first applied first; undefined where they are not to be had. */
  readonly deltas: readonly string[] | undefined;
  /** What the files were when they left, as whoever exported them signed: for graphs that Emend wrote. Undefined where nobody says. */
  readonly written: ReadonlyMap<string, string> | undefined;
  /** Files of the import that were left out by choice, as was recorded. */
  readonly leftOut: readonly string[];
  readonly check: () => void;
}

/** A file that is not what the record says. */
export interface ContentProblem {
  /** Relative to the exported folder; empty where it is about the whole. */
  readonly path: string;
  readonly message: string;
}

/** What holding an export against the record of it found. */
export interface ContentFindings {
  readonly problems: readonly ContentProblem[];
  /** What could not be compared, as sentences. */
  readonly unchecked: readonly string[];
  /** What was found, where that is not that every file is what the import and the edits say. */
  readonly told?: string;
}

/** Files that do not belong to a form of export, and those that are missing. */
export function unexpected(files: readonly FileRecord[], expected: readonly string[]): ContentProblem[] {
  const there = files.map((file) => file.path);
  return [
    ...there.filter((path) => !expected.includes(path)).map((path) => ({ path, message: `${path} belongs to no export of this form.` })),
    ...expected.filter((path) => !there.includes(path)).map((path) => ({ path, message: `${path} is missing.` })),
  ];
}

/** A file's own words on which model and version it is of. */
export function originProblems(path: string, metadata: Readonly<Record<string, string>>, record: VersionRecord): ContentProblem[] {
  return Object.entries(originOf(record)).flatMap(([name, value]) =>
    metadata[name] === value
      ? []
      : [{ path, message: `${path} says that its ${name} is ${metadata[name] ?? 'unknown'}; the record says ${value}.` }],
  );
}

/** What changes that go out alone say about themselves: the model and the version that they are of. */
export function originOf({ imported, version }: VersionRecord): { readonly emend_model: string; readonly emend_version: string } {
  return { emend_model: imported.body.model.id, emend_version: version.id };
}
