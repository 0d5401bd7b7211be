import type { ContentFindings, Contents } from './contents.ts';

/** Whether a file holds a graph or weights. */
export function isOfTheModel(path: string): boolean {
  return /\.(onnx|onnx_data|data|safetensors)$/.test(path);
}

/**
 * A model that is steered while it runs: the steering lies in its graph, or in weights that no entry tells. What is the import's is known
 * by its hash; other graphs and weights are held against what was signed when they were written, and where nothing was, are told, file by
 * file, as not compared; nothing else may differ from the import.
 */
export function steered({ files, record, written }: Contents): ContentFindings {
  const imported = new Map(record.imported.body.model.files.map(({ path, sha256 }) => [path, sha256]));
  const others = files.filter(({ path, sha256 }) => imported.get(path) !== sha256).map(({ path }) => path);
  const problems = others
    .filter((path) => !isOfTheModel(path))
    .map((path) => ({
      path,
      message: imported.has(path)
        ? `${path} differs from the import, which no steering makes it do.`
        : `${path} is no file of the import, and no steering made it.`,
    }));
  const carrying = files.filter(({ path }) => others.includes(path) && isOfTheModel(path));
  const models = carrying.filter(({ path, sha256 }) => written?.get(path) !== sha256).map(({ path }) => path);
  const known = carrying.map(({ path }) => path).filter((path) => !models.includes(path));
  const said = 'The version is steered while it runs; how that was written is not in the record, so these were not compared';
  return {
    problems,
    unchecked: models.length === 0 ? [] : [`${said}: ${models.join(', ')}.`],
    ...(known.length > 0
      ? {
          told:
            `What carries the steering is as its maker signed it when it was exported: ${known.join(', ')}. ` +
            'Every other file is what the import says.',
        }
      : {}),
  };
}
