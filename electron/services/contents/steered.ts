import type { ContentFindings, Contents } from './contents.ts';

/**
 * A model that is steered while it runs: the steering lies in its graph, or in weights that no entry tells. What is the import's is known
 * by its hash; the rest is told, file by file, as not compared.
 */
export function steered({ files, record }: Contents): ContentFindings {
  const imported = new Map(record.imported.body.model.files.map(({ path, sha256 }) => [path, sha256]));
  const others = files.filter(({ path, sha256 }) => imported.get(path) !== sha256).map(({ path }) => path);
  const said = 'The version is steered while it runs; how that was written is not in the record, so these were not compared';
  return { problems: [], unchecked: others.length === 0 ? [] : [`${said}: ${others.join(', ')}.`] };
}
