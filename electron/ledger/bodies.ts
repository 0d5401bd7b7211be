import * as v from 'valibot';
import { Sha256Schema } from '../storage/hash.ts';

/** What the bodies of entries are made of. Parts that only the engine understands are plain JSON under their names. */

export const Text = v.pipe(v.string(), v.nonEmpty('expected some text'));
const Count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
export const Sequence = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
export const Fields = v.record(v.string(), v.unknown());
export const VersionId = Sha256Schema;

/** Content kept beside the journal, named by its hash. */
export const BlobRefSchema = v.strictObject({ blob: Sha256Schema, bytes: Count, type: Text });
export type BlobRef = v.InferOutput<typeof BlobRefSchema>;

export const FileRecordSchema = v.strictObject({
  /** Relative to the model's folder, with forward slashes. */
  path: Text,
  bytes: Count,
  sha256: Sha256Schema,
});
export type FileRecord = v.InferOutput<typeof FileRecordSchema>;

/** A fact in short, as lists and searches show it; all of it is in the fact set. */
export const FactBriefSchema = v.strictObject({
  subject: Text,
  prompt: Text,
  target: Text,
  previousTarget: v.exactOptional(v.string()),
  relation: v.exactOptional(v.string()),
});
export type FactBrief = v.InferOutput<typeof FactBriefSchema>;

/** One measure of a check. */
export const CheckResultSchema = v.strictObject({
  /** One of shared/measures.ts, or of an earlier release's. */
  name: Text,
  value: v.pipe(v.number(), v.finite()),
  /** The same before the edit. */
  before: v.exactOptional(v.pipe(v.number(), v.finite())),
  /** How many cases were measured. */
  count: v.exactOptional(Count),
  threshold: v.exactOptional(v.pipe(v.number(), v.finite())),
  /** Left out where nothing was demanded. */
  passed: v.exactOptional(v.boolean()),
});
export type CheckResult = v.InferOutput<typeof CheckResultSchema>;

/** A tensor whose bytes differ between the version before an act and the one after. */
export const ChangedTensorSchema = v.strictObject({
  tensor: Text,
  before: Sha256Schema,
  after: Sha256Schema,
  /** Such as the rank of the change and its norm. */
  measures: v.exactOptional(v.record(v.string(), v.pipe(v.number(), v.finite()))),
});
export type ChangedTensor = v.InferOutput<typeof ChangedTensorSchema>;

export const Evidence = v.record(v.string(), BlobRefSchema);
export const Seeds = v.record(v.string(), v.pipe(v.number(), v.safeInteger()));
export const Changed = v.array(ChangedTensorSchema);
export const Checks = v.array(CheckResultSchema);

export const ModelRecordSchema = v.strictObject({
  /** {@link modelId} of the files. */
  id: Sha256Schema,
  name: Text,
  files: v.pipe(v.array(FileRecordSchema), v.minLength(1)),
});

/** Every blob that a body names, wherever it stands; each once. */
export function blobsIn(body: unknown): BlobRef[] {
  const found = new Map<string, BlobRef>();
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if ('blob' in value && v.is(BlobRefSchema, value)) found.set(value.blob, value);
    else for (const part of Object.values(value)) walk(part);
  };
  walk(body);
  return [...found.values()];
}
