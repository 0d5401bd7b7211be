import * as v from 'valibot';
import { InterventionSchema } from './intervention.ts';
import { ReaderSchema } from './reader.ts';

/** A setting as it was used, in words. */
const UsedSchema = v.object({ key: v.string(), name: v.string(), value: v.string(), source: v.string() });

/** What a steering file says about itself. Its tensors are the vectors. */
export const SteeringAboutSchema = v.object({
  format: v.literal('emend-steering-1'),
  /** As records have it; of a file of another kind what that is called. */
  method: v.string(),
  /** SHA-256 of the model that it was fitted on; empty where nobody knows. */
  model: v.string(),
  settings: v.array(UsedSchema),
  intervention: InterventionSchema,
  readers: v.array(ReaderSchema),
});
export type SteeringAbout = v.InferOutput<typeof SteeringAboutSchema>;
