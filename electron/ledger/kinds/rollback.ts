import { shortId } from '../../../shared/ids.ts';
import * as v from 'valibot';
import { EmendError } from '../../../shared/errors.ts';
import { Changed, VersionId } from '../bodies.ts';
import type { VersionDefinition } from './definition.ts';

/** An earlier version becomes the current one. */
const schema = v.strictObject({ parent: VersionId, version: VersionId, changed: Changed });

export const rollbackKind = {
  schema,
  input: schema,
  needsReason: true,
  told: () => ({}),
  result: ({ version }, past) => past.find(version),
  check({ version }, past, _, made) {
    if (made === past.current)
      throw new EmendError(
        'bad-input',
        `Version ${shortId(version)} is the current one already.`,
        'Choose another version to roll back to.',
      );
  },
} satisfies VersionDefinition<v.InferOutput<typeof schema>>;
