import * as v from 'valibot';

/** A fact that is in force and was found not to hold: its prompt is not answered with its target. */
export const FallenSchema = v.object({
  /** The edit that wrote it, where that is told. */
  entry: v.exactOptional(v.number()),
  subject: v.string(),
  /** With the subject in its place. */
  prompt: v.string(),
  target: v.string(),
  /** What the model writes instead. */
  says: v.exactOptional(v.string()),
});
export type Fallen = v.InferOutput<typeof FallenSchema>;
