import * as v from 'valibot';
import { parseDocument } from 'yaml';
import { EmendError } from '../../../../shared/errors.ts';
import type { MethodDescriptor } from '../../../../shared/methods/method.ts';
import type { PublishedField, Setting } from '../../../../shared/methods/setting.ts';
import { OTHER_FIELDS } from './fields.ts';

/** A published hyperparameter file: what it is called and what it says. */
export interface HyperparameterFile {
  readonly name: string;
  readonly text: string;
}

/** Fields of a file that were not used, and why. */
export interface UnusedFields {
  readonly fields: readonly string[];
  readonly why: string;
}

/** What a file says, by the keys of the method's settings. A setting that the file leaves open is undefined. */
export interface ReadHyperparameters {
  readonly values: Readonly<Record<string, unknown>>;
  /** What a file means by leaving fields out. */
  readonly implied: Readonly<Record<string, unknown>>;
  /** @param layers how many the model has */
  unused(layers: number): UnusedFields[];
}

/**
 * Reads a published hyperparameter file: JSON as in kmeng01/rome and kmeng01/memit, or YAML as in EasyEdit (JSON is YAML as well).
 * @throws EmendError 'bad-file' for text that is no mapping; 'bad-input' naming every field that is missing or wrong
 */
export function readHyperparameters(file: HyperparameterFile, method: MethodDescriptor): ReadHyperparameters {
  const document = parseDocument(file.text, { uniqueKeys: true });
  const problem = document.errors[0];
  if (problem) {
    const first = problem.message.split('\n')[0];
    throw new EmendError('bad-file', `${file.name}: neither JSON nor YAML: ${first}`, 'Check the file in an editor.');
  }
  const fields = document.toJS({ maxAliasCount: 100 }) as unknown;
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) {
    throw new EmendError(
      'bad-file',
      `${file.name}: expected fields with values, such as "layers: [5]".`,
      'Use a file such as those in hparams/ROME or hparams/MEMIT of the published repositories.',
    );
  }
  return hyperparametersFrom(fields as Record<string, unknown>, method, file.name);
}

/**
 * The same from an object with the published field names.
 * @param source what errors call it
 * @throws EmendError 'bad-input'
 */
export function hyperparametersFrom(
  fields: Readonly<Record<string, unknown>>,
  method: MethodDescriptor,
  source: string,
): ReadHyperparameters {
  refuseOtherMethod(fields['alg_name'], method, source);
  const problems: { readonly field: string; readonly text: string }[] = [];
  const values: Record<string, unknown> = {};
  const implied: Record<string, unknown> = {};
  for (const setting of method.settings) {
    if (setting.field === undefined) continue;
    const given = read(setting, setting.field, fields);
    if ('problem' in given) problems.push({ field: setting.field.name, text: given.problem });
    else (fields[setting.field.name] === undefined ? implied : values)[setting.key] = given.value;
  }
  const known = new Set(method.settings.map(({ field }) => field?.name));
  const others = OTHER_FIELDS.filter(({ name }) => !known.has(name) && fields[name] !== undefined);
  for (const { name, schema } of others) {
    const parsed = v.safeParse(schema, fields[name]);
    if (!parsed.success) problems.push({ field: name, text: expected(parsed.issues[0].message, fields[name]) });
  }
  if (problems.length > 0) {
    throw new EmendError(
      'bad-input',
      `${source}: ${problems.map(({ field, text }) => `${field}: ${text}`).join('; ')}.`,
      'Correct these fields; the published sets are a good start.',
      { fields: problems.map(({ field }) => field) },
    );
  }
  const strange = Object.keys(fields).filter((name) => !known.has(name) && !OTHER_FIELDS.some((other) => other.name === name));
  return {
    values,
    implied,
    unused(layers) {
      const without = others.filter(({ name, isMet }) => isMet?.(fields[name], layers) !== true);
      const reasons = [...new Set(without.map(({ why }) => why))];
      return [
        ...(strange.length > 0 ? [{ fields: strange, why: 'Emend has no such settings' }] : []),
        ...reasons.map((why) => ({ fields: without.filter((one) => one.why === why).map(({ name }) => name), why })),
      ];
    },
  };
}

function refuseOtherMethod(algorithm: unknown, method: MethodDescriptor, source: string): void {
  if (typeof algorithm !== 'string' || algorithm.toLowerCase() === method.name) return;
  throw new EmendError(
    'bad-input',
    `${source}: alg_name: expected ${method.title}, found ${algorithm}.`,
    `Choose a file for ${method.title}, or edit with ${algorithm}.`,
    { field: 'alg_name' },
  );
}

function read(
  setting: Setting,
  field: PublishedField,
  fields: Readonly<Record<string, unknown>>,
): { value: unknown } | { problem: string } {
  const given = fields[field.name];
  if (given === undefined) return 'missing' in field ? { value: field.missing } : { problem: 'missing' };
  const parsed = v.safeParse(setting.schema, numberFrom(given));
  return parsed.success ? { value: parsed.output } : { problem: expected(setting.expected, given) };
}

/** Files write 5e-1 as a string where their reader is YAML 1.1 or where it is quoted. */
function numberFrom(given: unknown): unknown {
  return typeof given === 'string' && /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/.test(given) ? Number(given) : given;
}

function expected(what: string, found: unknown): string {
  return `expected ${what}, found ${JSON.stringify(found) ?? String(found)}`;
}
