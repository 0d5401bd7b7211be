import * as v from 'valibot';
import { Sha256Schema } from '../../storage/hash.ts';
import { Fields, Sequence, Text } from '../bodies.ts';
import type { KindDefinition } from './definition.ts';

/** The record was verified up to an entry. */
const schema = v.strictObject({
  upTo: Sequence,
  head: Sha256Schema,
  ok: v.boolean(),
  problems: v.array(v.strictObject({ entry: v.exactOptional(Sequence), what: Text, message: Text })),
  details: Fields,
});

export const verifyKind = {
  schema,
  input: schema,
  needsReason: false,
  told: () => ({}),
  names: ({ upTo }) => [upTo],
} satisfies KindDefinition<v.InferOutput<typeof schema>>;
