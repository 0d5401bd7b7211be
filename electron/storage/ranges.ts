import { createHash, type Hash } from 'node:crypto';
import type { Files } from './files.ts';

/** A part of a file, in bytes. */
export interface Range {
  readonly offset: number;
  readonly length: number;
}

/** A file hashed part by part. */
export interface HashedRanges {
  readonly bytes: number;
  /** SHA-256 of each range, in the order given; undefined for one that reaches beyond the file. */
  readonly ranges: readonly (string | undefined)[];
  /** SHA-256 of all bytes that lie in no range, one after the other. */
  readonly rest: string;
}

/**
 * Reads a file once and hashes ranges of it, and what lies between them.
 * @param ranges may be the same, and may not overlap otherwise
 * @param check throws to stop
 */
export async function hashRanges(
  files: Files,
  path: string,
  ranges: readonly Range[],
  check: () => void = () => undefined,
): Promise<HashedRanges> {
  const hashes = ranges.map(() => createHash('sha256'));
  const rest = createHash('sha256');
  const spans = spansOf(ranges, hashes);
  let at = 0;
  let next = 0;
  for await (const piece of files.pieces(path)) {
    check();
    for (let done = 0; done < piece.length;) {
      const span = spans[next];
      if (span && at + done >= span.end) next++;
      else {
        const inside = span !== undefined && at + done >= span.start;
        const until = Math.min(piece.length, (span === undefined ? Infinity : inside ? span.end : span.start) - at);
        const part = piece.subarray(done, until);
        for (const hash of inside ? span.hashes : [rest]) hash.update(part);
        done = until;
      }
    }
    at += piece.length;
  }
  const isWhole = ({ offset, length }: Range) => offset + length <= at;
  return {
    bytes: at,
    ranges: hashes.map((hash, one) => (isWhole(ranges[one]!) ? hash.digest('hex') : undefined)),
    rest: rest.digest('hex'),
  };
}

/** The ranges in the order of the file, those that are the same together. */
function spansOf(ranges: readonly Range[], hashes: readonly Hash[]): { start: number; end: number; hashes: Hash[] }[] {
  const spans = new Map<string, { start: number; end: number; hashes: Hash[] }>();
  for (const [at, { offset, length }] of ranges.entries()) {
    if (length === 0) continue;
    const key = `${offset} ${length}`;
    const span = spans.get(key) ?? { start: offset, end: offset + length, hashes: [] };
    span.hashes.push(hashes[at]!);
    spans.set(key, span);
  }
  return [...spans.values()].sort((a, b) => a.start - b.start);
}
