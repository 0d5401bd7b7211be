import { EmendError } from '../../shared/errors.ts';
import { shortId } from '../../shared/ids.ts';
import { hashOf } from '../storage/hash.ts';
import type { FileRecord } from './bodies.ts';

/** What one entry did to the model, and is in force. */
export interface Part {
  /** The entry that brought it. */
  readonly entry: number;
  /** What it does to the model, as a hash; an edit's is that of its delta. */
  readonly hash: string;
}

/**
 * A version: the base model, or a version with one more part on it, so that versions share what they have in common.
 * Its id is a hash over the whole list, made link by link, and depends on nothing else: the same edits on the same model give the same id
 * at any time.
 */
export interface Version {
  readonly id: string;
  readonly model: string;
  /** The part applied last, and the version without it; undefined for the base. */
  readonly top: { readonly part: Part; readonly below: Version } | undefined;
  /** Number of parts. */
  readonly parts: number;
}

/** Identity of a model: a hash over its files' names and contents, in the order of their names. */
export function modelId(files: readonly FileRecord[]): string {
  const sorted = files.map(({ path, sha256 }) => ({ path, sha256 })).sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  return hashOf({ model: sorted });
}

/** The version with no part. */
export function baseVersion(model: string): Version {
  return { id: hashOf({ base: model }), model, top: undefined, parts: 0 };
}

/** A version with one more part. */
export function withPart(below: Version, part: Part): Version {
  return { id: hashOf({ below: below.id, part: part.hash }), model: below.model, top: { part, below }, parts: below.parts + 1 };
}

/** What is in force in a version, the first applied first. */
export function partsOf(version: Version): Part[] {
  const parts: Part[] = [];
  for (let at = version.top; at !== undefined; at = at.below.top) parts.push(at.part);
  return parts.reverse();
}

/**
 * A version with the part of one entry taken out, and the parts after it, which were computed on top of it and stay.
 * @throws EmendError 'not-found' when that entry's part is not in the version
 */
export function withoutPart(version: Version, entry: number): { version: Version; later: Part[] } {
  const later: Part[] = [];
  for (let at: Version = version; at.top !== undefined; at = at.top.below) {
    if (at.top.part.entry === entry) {
      later.reverse();
      return { version: later.reduce(withPart, at.top.below), later };
    }
    later.push(at.top.part);
  }
  const there = partsOf(version).map((part) => part.entry);
  throw new EmendError(
    'not-found',
    `Entry ${entry} is no edit that is in force in version ${shortId(version.id)}; in force there ` +
      `${there.length === 0 ? 'is none' : `are those of entries ${there.join(', ')}`}.`,
    there.length === 0 ? 'There is nothing to revert.' : 'Choose one of these, or roll back to a version that has it.',
    { entry, inForce: there },
  );
}

/** What may be the beginning of a version's id, or all of it. */
export const ABBREVIATION = /^[0-9a-f]{6,64}$/;
