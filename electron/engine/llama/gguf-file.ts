import { closeSync, openSync, readSync } from 'node:fs';
import * as v from 'valibot';
import { EmendError } from '../../../shared/errors.ts';
import type { GgufAdapter } from '../edit/gguf-adapter.ts';
import type { LlamaPackage } from './package.ts';

const Size = v.pipe(v.union([v.number(), v.bigint()]), v.transform(Number));
const InfoSchema = v.object({
  metadata: v.object({ general: v.object({ architecture: v.string(), type: v.optional(v.string()) }) }),
  fullTensorInfo: v.array(v.object({ name: v.string(), dimensions: v.array(Size), ggmlType: v.number() })),
});

/** A model in GGUF, as its header tells. */
export interface GgufFile {
  /** What llama.cpp calls its graph. */
  readonly architecture: string;
  /** The type that most of its weights are stored in: "Q4_0". */
  readonly type: string;
  /** Matrices by name, as [out, in]. */
  readonly matrices: ReadonlyMap<string, readonly [number, number]>;
}

/**
 * Reads the header of a GGUF file.
 * @throws EmendError 'not-found', 'bad-file' when it is no GGUF file of a model
 */
export async function readGgufFile(llama: LlamaPackage, path: string): Promise<GgufFile> {
  mustBeGguf(path);
  const read = await llama.readGgufFileInfo(path, { sourceType: 'filesystem', logWarnings: false }).catch((error: unknown) => {
    throw new EmendError('bad-file', `${path} cannot be read: ${messageOf(error)}.`, 'Get the file again from where it came from.');
  });
  const parsed = v.safeParse(InfoSchema, read);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw new EmendError('bad-file', `${path}: ${v.getDotPath(issue) ?? 'the header'}: ${issue.message}.`, 'Get the file again.');
  }
  const { metadata, fullTensorInfo: tensors } = parsed.output;
  const { architecture, type = 'model' } = metadata.general;
  if (type !== 'model')
    throw new EmendError(
      'bad-file',
      `${path} is a GGUF file of kind "${type}"; expected a model.`,
      'Name the file that the adapter is laid over.',
    );
  const values = new Map<number, number>();
  for (const { ggmlType, dimensions } of tensors) values.set(ggmlType, (values.get(ggmlType) ?? 0) + dimensions.reduce((a, d) => a * d, 1));
  const [most] = [...values].sort(([, a], [, b]) => b - a);
  return {
    architecture,
    type: most === undefined ? 'nothing' : (llama.GgmlType[most[0]] ?? `type ${most[0]}`),
    matrices: new Map(
      tensors.flatMap(({ name, dimensions: [inWidth, outWidth = 1] }) =>
        inWidth === undefined ? [] : [[name, [outWidth, inWidth]] as const],
      ),
    ),
  };
}

/**
 * An adapter of another model may fit by chance where its shapes do; where they do not, nothing can come of it.
 * @throws EmendError 'bad-input' that names what is unlike
 */
export function mustCarry(path: string, file: GgufFile, adapter: GgufAdapter): void {
  const unlike = (found: string, expected: string) =>
    new EmendError(
      'bad-input',
      `${path} is another model: ${found}; the edit is of ${expected}.`,
      'Name the GGUF file that was made from this model.',
    );
  if (file.architecture !== adapter.architecture)
    throw unlike(`llama.cpp calls its graph "${file.architecture}"`, `a graph "${adapter.architecture}"`);
  for (const [name, wanted] of adapter.weights) {
    const found = file.matrices.get(name);
    if (found === undefined) throw unlike(`it has no ${name}`, `one that has it`);
    if (found[0] !== wanted[0] || found[1] !== wanted[1])
      throw unlike(`its ${name} is [${found.join(', ')}]`, `one where it is [${wanted.join(', ')}]`);
  }
}

function mustBeGguf(path: string): void {
  const magic = Buffer.alloc(4);
  try {
    const file = openSync(path, 'r');
    try {
      readSync(file, magic);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw new EmendError('not-found', `${path} cannot be read: ${messageOf(error)}.`, 'Name a GGUF file of the model.');
  }
  if (magic.toString('latin1') !== 'GGUF')
    throw new EmendError('bad-file', `${path} is no GGUF file: it does not begin with "GGUF".`, 'Name a GGUF file of the model.');
}

export function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
}
