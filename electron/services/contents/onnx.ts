import { join } from 'node:path';
import { constantRanges } from '../../engine/records.ts';
import { disk } from '../../storage/files.ts';
import { hashRanges } from '../../storage/ranges.ts';
import type { ContentFindings, ContentProblem, Contents } from './contents.ts';

/** What Emend writes itself; everything else is a file of the import. */
const GRAPH = ['model.onnx', 'model.onnx_data'];

const TOLD =
  `Every constant is what the import and the edits say. The operators of ${GRAPH[0]} are as its maker signed them when it was exported; ` +
  'every other file is what the import says.';

/** The model as an ONNX folder: each constant of its graph is the import's or an edit's, and what lies beside it is the import's. */
export async function onnx({ folder: root, files, record, layout, written, check }: Contents): Promise<ContentFindings> {
  const imported = new Map(record.imported.body.model.files.map(({ path, sha256 }) => [path, sha256]));
  const problems: ContentProblem[] = files
    .filter(({ path, sha256 }) => !GRAPH.includes(path) && imported.get(path) !== sha256)
    .map(({ path }) => ({
      path,
      message: imported.has(path) ? `${path} differs from the import.` : `${path} is no file of the import, and no edit made it.`,
    }));
  const parts = await layout();
  const recorded = new Map(parts?.files.flatMap(({ tensors }) => tensors.map(({ tensor, sha256 }) => [tensor, sha256] as const)));
  const found = await constantHashes(root, check);
  for (const [tensor, { path, sha256 }] of found) {
    const expected = record.tensors.get(tensor) ?? recorded.get(tensor);
    const says = record.tensors.has(tensor) ? 'the record of its edits says' : 'the import recorded';
    if (expected !== undefined && sha256 !== expected)
      problems.push({ path, message: `${path}: the tensor ${tensor} hashes to ${sha256}; ${says} ${expected}.` });
  }
  for (const tensor of [...recorded.keys(), ...record.tensors.keys()])
    if (!found.has(tensor)) problems.push({ path: '', message: `The tensor ${tensor} of the import lies in no exported file.` });
  const unchecked = parts ? [] : ['The record does not tell the tensors of the import, so those that no edit touched were not compared.'];
  const graph = files.find(({ path }) => path === GRAPH[0]);
  if (graph && written?.get(graph.path) === graph.sha256) return { problems, unchecked, told: TOLD };
  return { problems, unchecked: [...unchecked, 'The graph that Emend wrote is not in the record, so its operators were not compared.'] };
}

async function constantHashes(root: string, check: () => void): Promise<Map<string, { path: string; sha256: string }>> {
  const found = new Map<string, { path: string; sha256: string }>();
  for (const { path, tensors } of constantRanges(root)) {
    const { ranges } = await hashRanges(disk, join(root, path), tensors, check);
    for (const [at, { tensor }] of tensors.entries()) found.set(tensor, { path, sha256: ranges[at] ?? 'nothing' });
  }
  return found;
}
