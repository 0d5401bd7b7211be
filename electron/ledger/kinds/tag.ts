import { shortId } from '../../../shared/ids.ts';
import * as v from 'valibot';
import { EmendError } from '../../../shared/errors.ts';
import { Text, VersionId } from '../bodies.ts';
import { ABBREVIATION } from '../versions.ts';
import type { KindDefinition, Past } from './definition.ts';

/** A name for a version. */
const schema = v.strictObject({ name: Text, version: VersionId });

const RESERVED = new Set(['current', 'base']);
const NAME = /^[\p{L}\p{N}][\p{L}\p{M}\p{N}._/ -]{0,98}[\p{L}\p{M}\p{N}._/-]$|^[\p{L}\p{N}]$/u;

export const tagKind = {
  schema,
  input: schema,
  needsReason: false,
  told: ({ name }) => ({ about: [name] }),
  check: ({ name }, past) => nameIsFree(name, past),
  tag: ({ name }) => name,
} satisfies KindDefinition<v.InferOutput<typeof schema>>;

function nameIsFree(name: string, { tags }: Past): void {
  const taken = tags.get(name);
  if (taken !== undefined)
    throw new EmendError(
      'bad-input',
      `The name ${JSON.stringify(name)} is taken: it stands for version ${shortId(taken)}.`,
      'Choose another name; names are never moved.',
      { name, version: taken },
    );
  if (RESERVED.has(name) || ABBREVIATION.test(name) || !NAME.test(name)) {
    throw new EmendError(
      'bad-input',
      `A version cannot be called ${JSON.stringify(name)}.`,
      'Choose a name of up to 100 letters, digits, spaces and . _ - / that begins with a letter or digit, ' +
        'is not "current" or "base", and does not look like an id.',
      { name },
    );
  }
}
