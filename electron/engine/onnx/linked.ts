import { realpathSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { isWithin, slashes } from '../../storage/folders.ts';
import type { Graph, Tensor } from './graph.ts';

/**
 * A graph and the folder of its data files, with links followed where they lead out of it: ONNX Runtime reads no data from outside of the
 * folder that it is told, and the Hugging Face cache links every file of a model elsewhere.
 */
export function withoutLinks(folder: string, graph: Graph): { readonly folder: string; readonly graph: Graph } {
  const files = new Set([...graph.constants.values()].flatMap(({ data }) => (data.kind === 'file' ? [data.file] : [])));
  const real = new Map([...files].map((file) => [file, realpathSync(join(folder, file))]));
  const home = realpathSync(folder);
  if ([...real.values()].every((path) => isWithin(home, path))) return { folder, graph };
  const common = [...real.values()].map(dirname).reduce(commonFolder);
  const moved = (tensor: Tensor): Tensor => {
    if (tensor.data.kind !== 'file') return tensor;
    return { ...tensor, data: { ...tensor.data, file: slashes(relative(common, real.get(tensor.data.file)!)) } };
  };
  const constants = new Map([...graph.constants].map(([name, tensor]) => [name, moved(tensor)]));
  return { folder: common, graph: { ...graph, constants } };
}

function commonFolder(a: string, b: string): string {
  const [one, other] = [a.split(sep), b.split(sep)];
  const end = one.findIndex((part, i) => part !== other[i]);
  const shared = end === -1 ? one : one.slice(0, end);
  return shared.join(sep) || sep;
}
