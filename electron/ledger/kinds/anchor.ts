import * as v from 'valibot';
import { Fields, Text } from '../bodies.ts';
import type { KindDefinition } from './definition.ts';

/** Somebody looked the record over and let it be anchored from this entry on; `why` is why it was not. */
const schema = v.strictObject({ why: Text, details: Fields });

export const anchorKind = { schema, input: schema, needsReason: false, told: ({ why }) => ({ words: [why] }) } satisfies KindDefinition<
  v.InferOutput<typeof schema>
>;
