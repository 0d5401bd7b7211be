import * as v from 'valibot';
import { lookedAt, lookNames } from '../../../shared/looks.ts';
import { BlobRefSchema, Fields, Sequence, VersionId } from '../bodies.ts';
import type { KindDefinition } from './definition.ts';

/** Somebody looked into a version, and keeps what was found. The words are the entry's reason. */
const schema = v.strictObject({
  version: VersionId,
  /** The entry that it is attached to. */
  entry: v.exactOptional(Sequence),
  look: v.picklist(lookNames()),
  /** What was asked for: the text, and how it was looked at. */
  settings: Fields,
  /** Canonical JSON: look, version and settings as above, and what was found. */
  result: BlobRefSchema,
});

export const findingKind = {
  schema,
  input: schema,
  needsReason: true,
  told: ({ look, settings }) => ({ about: [lookedAt(look, settings)] }),
  names: ({ entry }) => (entry === undefined ? [] : [entry]),
} satisfies KindDefinition<v.InferOutput<typeof schema>>;
