import * as v from 'valibot';
import { Fields, FileRecordSchema, Text, VersionId } from '../bodies.ts';
import type { KindDefinition } from './definition.ts';

/** A version was written out for others. */
const schema = v.strictObject({
  version: VersionId,
  /** Such as folder, tensors, lora. */
  format: Text,
  destination: v.exactOptional(v.string()),
  files: v.array(FileRecordSchema),
  details: Fields,
});

export const exportKind = {
  schema,
  input: schema,
  needsReason: false,
  told: ({ format, destination }) => ({ about: destination === undefined ? [format] : [format, destination] }),
} satisfies KindDefinition<v.InferOutput<typeof schema>>;
