import { copyFile, mkdir, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Report, silent } from '../../../shared/progress.ts';
import { CHECKPOINT } from './checkpoint-files.ts';
import type { Model, Tensor } from './graph.ts';
import { INLINE_LIMIT } from './index-file.ts';
import { tensorBytes } from './tensors.ts';
import { encodeModel } from './write.ts';

/** Names of the two files that the model becomes. */
const GRAPH = 'model.onnx';
const DATA = 'model.onnx_data';

/** Where each tensor begins: a multiple of this, so that whoever maps the file finds it aligned. */
const ALIGNMENT = 64;

/** What goes along: tokenizer, configuration, templates, and what people wrote about the model. */
const BESIDE = /\.(json|txt|model|jinja|md)$|^LICENSE/i;

/**
 * Writes a model as an ONNX folder: its graph, the weights in one data file in the type that they have, and the tokenizer's and
 * configuration's files beside it. Nothing of it needs the model's own folder.
 * @param target an existing folder
 * @param changes constants that differ from the model's files
 * @returns names of the files, and which of them has the graph
 * @throws EmendError 'bad-file' when the model's files are gone, 'cancelled' by the report
 */
export async function writeOnnxFolder(
  model: Model,
  changes: ReadonlyMap<string, Tensor>,
  target: string,
  report: Report = silent,
): Promise<{ readonly graph: string; readonly files: readonly string[] }> {
  await mkdir(target, { recursive: true });
  const constants = await writeData(model, changes, join(target, DATA), report);
  const graph = encodeModel({ ...model, folder: target, graph: { ...model.graph, constants } });
  const file = await open(join(target, GRAPH), 'wx', 0o644);
  try {
    await file.writeFile(graph);
    await file.sync();
  } finally {
    await file.close();
  }
  const beside = (await readdir(model.folder)).filter(
    (name) => BESIDE.test(name) && name !== CHECKPOINT.index && !name.startsWith('adapter_'),
  );
  for (const name of beside) await copyFile(join(model.folder, name), join(target, name));
  return { graph: GRAPH, files: [GRAPH, DATA, ...beside] };
}

/** Writes the larger constants behind one another. @returns all of them, pointing at that file or held in memory */
async function writeData(model: Model, changes: ReadonlyMap<string, Tensor>, path: string, report: Report): Promise<Map<string, Tensor>> {
  const now = new Map([...model.graph.constants].map(([name, tensor]) => [name, changes.get(name) ?? tensor]));
  const total = [...now.values()].reduce((sum, tensor) => sum + sizeOf(tensor), 0);
  const constants = new Map<string, Tensor>();
  const data = await open(path, 'wx', 0o644);
  try {
    let offset = 0;
    let done = 0;
    for (const [name, tensor] of now) {
      report.check();
      const bytes = tensorBytes(model, tensor);
      done += bytes.length;
      if (bytes.length <= INLINE_LIMIT) constants.set(name, { ...tensor, data: { kind: 'bytes', bytes } });
      else {
        offset = Math.ceil(offset / ALIGNMENT) * ALIGNMENT;
        for (let at = 0; at < bytes.length;)
          at += (await data.write(bytes, at, Math.min(bytes.length - at, 2 ** 30), offset + at)).bytesWritten;
        constants.set(name, { ...tensor, data: { kind: 'file', file: DATA, offset, length: bytes.length } });
        offset += bytes.length;
      }
      report.progress('writing', done, total);
    }
    await data.sync();
  } finally {
    await data.close();
  }
  return constants;
}

function sizeOf({ data }: Tensor): number {
  return data.kind === 'file' ? data.length : data.bytes.length;
}
