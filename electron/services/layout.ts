import { join } from 'node:path';
import * as v from 'valibot';
import { parseJson } from './attest/dsse.ts';
import type { ConstantRanges } from '../engine/jobs.ts';
import { disk } from '../storage/files.ts';
import { hashRanges } from '../storage/ranges.ts';
import { Sha256Schema } from '../storage/hash.ts';

const Count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/**
 * What the import records of the parts of its files: every constant's place and hash, and a hash over all other bytes. With it an exported
 * file tells by itself which constants differ from the import, and that nothing else does.
 */
export const LayoutSchema = v.strictObject({
  format: v.literal(1),
  files: v.array(
    v.strictObject({
      /** Relative to the model's folder, with forward slashes. */
      path: v.string(),
      bytes: Count,
      tensors: v.array(v.strictObject({ tensor: v.string(), offset: Count, length: Count, sha256: Sha256Schema })),
      /** Of the bytes that lie in no tensor. */
      rest: Sha256Schema,
    }),
  ),
});
export type Layout = v.InferOutput<typeof LayoutSchema>;

/** The layout that a blob holds. @throws EmendError 'bad-file' */
export function readLayout(bytes: Uint8Array): Layout {
  return parseJson(LayoutSchema, Buffer.from(bytes).toString('utf8'), 'The record of the parts of the imported files');
}

/**
 * Hashes the files of a model folder part by part.
 * @param ranges where its constants lie
 * @param check throws to stop
 * @throws Node's error when a file cannot be read
 */
export async function layoutOf(folder: string, ranges: readonly ConstantRanges[], check: () => void): Promise<Layout> {
  const files: Layout['files'] = [];
  for (const { path, tensors } of ranges) {
    const found = await hashRanges(disk, join(folder, path), tensors, check);
    files.push({
      path,
      bytes: found.bytes,
      // Reading the graph made sure that every range lies in its file.
      tensors: tensors.map(({ tensor, offset, length }, at) => ({ tensor, offset, length, sha256: found.ranges[at] ?? '' })),
      rest: found.rest,
    });
  }
  return { format: 1, files };
}
