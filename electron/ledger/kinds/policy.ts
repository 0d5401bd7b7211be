import * as v from 'valibot';
import { AskedSchema, askedWords } from '../../../shared/policy.ts';
import { Fields } from '../bodies.ts';
import type { KindDefinition } from './definition.ts';

/** What is asked of versions before they leave was changed; `asks` holds from here on. */
const schema = v.strictObject({ asks: AskedSchema, details: Fields });

export const policyKind = {
  schema,
  input: schema,
  needsReason: false,
  told: ({ asks }) => ({ about: [`exports need ${askedWords(asks).join(', ')}`] }),
} satisfies KindDefinition<v.InferOutput<typeof schema>>;
