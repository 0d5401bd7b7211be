import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { parseDocument } from 'yaml';
import { EmendError } from '../../../../shared/errors.ts';
import { fieldNames, schemas } from './schema.ts';
import type { EditMethod, Hyperparameters } from './types.ts';

/** Hyperparameters read from a file, and the fields of the file that Emend makes no use of. */
export interface ReadHyperparameters<M extends EditMethod> {
  readonly value: Hyperparameters[M];
  readonly ignored: readonly string[];
}

/**
 * Reads a published hyperparameter file: JSON as in kmeng01/rome and kmeng01/memit, or YAML as in EasyEdit.
 * @throws EmendError 'not-found' for a path that cannot be read, otherwise as {@link parseHyperparameters}
 */
export async function readHyperparameters<M extends EditMethod>(path: string, method: M): Promise<ReadHyperparameters<M>> {
  const text = await readFile(path, 'utf8').catch(() => {
    throw new EmendError('not-found', `The hyperparameter file ${path} cannot be read.`, 'Check the path.');
  });
  return parseHyperparameters(text, method, path);
}

/**
 * The same from text (JSON is YAML as well, so one reader serves both).
 * @param source what errors call the text
 * @throws EmendError 'bad-file' for text that is no mapping; 'bad-input' naming every field that is missing or wrong
 */
export function parseHyperparameters<M extends EditMethod>(
  text: string,
  method: M,
  source = 'The hyperparameters',
): ReadHyperparameters<M> {
  const document = parseDocument(text, { uniqueKeys: true });
  const problem = document.errors[0];
  if (problem)
    throw new EmendError('bad-file', `${source}: neither JSON nor YAML: ${problem.message.split('\n')[0]}`, 'Check the file in an editor.');
  const fields = document.toJS({ maxAliasCount: 100 }) as unknown;
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) {
    throw new EmendError(
      'bad-file',
      `${source}: expected fields with values, such as "layers: [5]".`,
      'Use a file such as those in hparams/ROME or hparams/MEMIT of the published repositories.',
    );
  }
  return {
    value: hyperparametersFrom(fields, method, source),
    ignored: Object.keys(fields).filter((key) => !fieldNames[method].includes(key)),
  };
}

/**
 * The same from an object with the published field names.
 * @throws EmendError 'bad-input'
 */
export function hyperparametersFrom<M extends EditMethod>(fields: object, method: M, source = 'The hyperparameters'): Hyperparameters[M] {
  const algorithm: unknown = 'alg_name' in fields ? fields.alg_name : method;
  if (typeof algorithm === 'string' && algorithm.toUpperCase() !== method) {
    throw new EmendError(
      'bad-input',
      `${source}: alg_name: expected ${method}, found ${algorithm}.`,
      `Choose a file for ${method}, or edit with ${algorithm}.`,
      { field: 'alg_name' },
    );
  }
  const parsed = v.safeParse(schemas[method], fields);
  if (parsed.success) return parsed.output as Hyperparameters[M];
  const problems = parsed.issues.map(describe);
  throw new EmendError(
    'bad-input',
    `${source}: ${problems.map(({ field, text }) => `${field}: ${text}`).join('; ')}.`,
    'Correct these fields; the published sets are a good start.',
    { fields: problems.map(({ field }) => field) },
  );
}

function describe(issue: v.BaseIssue<unknown>): { field: string; text: string } {
  const field = v.getDotPath(issue) ?? '(all)';
  const missing = issue.input === undefined;
  return { field, text: missing ? 'missing' : `expected ${issue.message}, found ${JSON.stringify(issue.input) ?? String(issue.input)}` };
}
