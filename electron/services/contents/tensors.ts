import { join } from 'node:path';
import { exportedTensors } from '../../engine/records.ts';
import { type ContentFindings, type Contents, originProblems, unexpected } from './contents.ts';

/** The edited tensors alone. */
export function tensors({ folder: root, files, record }: Contents): ContentFindings {
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
