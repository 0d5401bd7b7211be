import * as v from 'valibot';
import { EmendError } from '../../../shared/errors.ts';
import { BlobRefSchema, Changed, Checks, Evidence, Fields, Seeds, Sequence, Text, VersionId } from '../bodies.ts';
import type { PartDefinition } from './definition.ts';

/** A model is steered: while it runs, by an intervention, or by a direction that was taken out of its weights. */
const schema = v.strictObject({
  /** The version that it was fitted on and that it changes. */
  parent: VersionId,
  version: VersionId,
  method: Text,
  /** What it does, in a line. */
  title: Text,
  hyperparameters: Fields,
  seeds: Seeds,
  /** The intervention with its vectors; in force while the model runs. */
  steering: v.exactOptional(BlobRefSchema),
  /** What is added to the weights, in its place. */
  delta: v.exactOptional(BlobRefSchema),
  /** What it was fitted on. */
  data: v.exactOptional(BlobRefSchema),
  /** Tensors that change; none where it acts only while the model runs. */
  changed: Changed,
  checks: Checks,
  /** Further blobs by role: report, control, … */
  evidence: Evidence,
  details: Fields,
  /** The act goes on with further entries, up to this one: without it nothing of the act counts. */
  until: v.exactOptional(Sequence),
});
const input = v.omit(schema, ['version']);

export const steerKind = {
  schema,
  input,
  needsReason: true,
  told: ({ method, title, checks }) => ({ method, checks, about: [title] }),
  part({ steering, delta }) {
    if (steering && !delta) return { hash: steering.blob, steering };
    if (delta && !steering) return { hash: delta.blob, delta };
    throw new EmendError(
      'bad-input',
      `The steer entry names ${steering ? 'both an intervention and a delta' : 'neither an intervention nor a delta'}; expected one.`,
      'Record what the version is steered by.',
    );
  },
} satisfies PartDefinition<v.InferOutput<typeof schema>, v.InferOutput<typeof input>>;
