import { join } from 'node:path';
import { constantRanges } from '../../engine/records.ts';
import { disk } from '../../storage/files.ts';
import { hashRanges } from '../../storage/ranges.ts';
import type { Layout } from '../layout.ts';
import type { ContentFindings, Contents } from './contents.ts';

const TOLD = 'Every file is what the import and the edits say.';

/** A copy of the import in which only the bytes of edited tensors differ. */
export async function folder({ folder: root, files, record, layout, leftOut, check }: Contents): Promise<ContentFindings> {
  const found = new Map(files.map((file) => [file.path, file]));
  const imported = record.imported.body.model.files;
  const known = new Set(imported.map((file) => file.path));
  const problems = files
    .filter((file) => !known.has(file.path))
    .map(({ path }) => ({ path, message: `${path} is no file of the import, and no edit made it.` }));
  const unchecked: string[] = [];
  const parts =
    (await layout())?.files ?? (record.tensors.size > 0 ? constantRanges(root).map((file) => ({ ...file, rest: undefined })) : []);
  const seen = new Set<string>();
  for (const { path, bytes, sha256 } of imported) {
    check();
    const there = found.get(path);
    const part = parts.find((one) => one.path === path);
    const edited = part?.tensors.filter(({ tensor }) => record.tensors.has(tensor)) ?? [];
    for (const { tensor } of edited) seen.add(tensor);
    if (!there && leftOut.includes(path) && edited.length === 0) continue;
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
  const absent = leftOut.filter((path) => !found.has(path));
  return { problems, unchecked, ...(absent.length > 0 ? { told: `${TOLD} Left out by choice: ${absent.join(', ')}.` } : {}) };
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
