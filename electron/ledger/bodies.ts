import * as v from 'valibot';
import { Sha256Schema } from '../storage/hash.ts';

/** What each kind of entry holds besides who, when and why. Parts that only the engine understands are plain JSON under their names. */

const Text = v.pipe(v.string(), v.nonEmpty('expected some text'));
const Count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const Sequence = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const Fields = v.record(v.string(), v.unknown());
const VersionId = Sha256Schema;

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
  /** Such as efficacy, generalization, specificity, fluency, drift. */
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

const Evidence = v.record(v.string(), BlobRefSchema);
const Seeds = v.record(v.string(), v.pipe(v.number(), v.safeInteger()));
const Changed = v.array(ChangedTensorSchema);
const Checks = v.array(CheckResultSchema);

export const ModelRecordSchema = v.strictObject({
  /** {@link modelId} of the files. */
  id: Sha256Schema,
  name: Text,
  files: v.pipe(v.array(FileRecordSchema), v.minLength(1)),
});
export type ModelRecord = v.InferOutput<typeof ModelRecordSchema>;

/** How the record of one model begins. `ledger` is the format of the journal. */
const ImportSchema = v.strictObject({ ledger: v.literal(1), model: ModelRecordSchema, version: VersionId, anatomy: Fields, trial: Fields });

/** Facts written into weights. */
const EditSchema = v.strictObject({
  /** The version that it was computed on and that it changes. */
  parent: VersionId,
  version: VersionId,
  method: Text,
  hyperparameters: Fields,
  seeds: Seeds,
  facts: v.array(FactBriefSchema),
  factSet: BlobRefSchema,
  delta: BlobRefSchema,
  changed: v.pipe(Changed, v.minLength(1)),
  checks: Checks,
  /** Further blobs by role: report, prefixes, covariance, … */
  evidence: Evidence,
  details: Fields,
  /** The earlier edit that this one computes anew. */
  reapplies: v.exactOptional(Sequence),
});

/** An intervention at run time; when baked it is part of the version, else the version stays as it is. */
const SteerSchema = v.strictObject({
  parent: VersionId,
  version: VersionId,
  baked: v.boolean(),
  method: Text,
  hyperparameters: Fields,
  seeds: Seeds,
  /** Where and at which positions the vector acts. */
  site: Fields,
  strength: v.pipe(v.number(), v.finite()),
  vector: BlobRefSchema,
  changed: Changed,
  checks: Checks,
  evidence: Evidence,
  details: Fields,
});

/** Measurements of a version, made apart from an edit. */
const CheckSchema = v.strictObject({
  version: VersionId,
  /** Which set of checks. */
  suite: Text,
  hyperparameters: Fields,
  seeds: Seeds,
  facts: v.array(FactBriefSchema),
  checks: Checks,
  evidence: Evidence,
  details: Fields,
});

/** A name for a version. */
const TagSchema = v.strictObject({ name: Text, version: VersionId });

/** A remark on an entry or a version, and a review of them; the words are the entry's reason. */
const RemarkSchema = v.strictObject({ version: VersionId, entry: v.exactOptional(Sequence) });

/** An earlier version becomes the current one. */
const RollbackSchema = v.strictObject({ parent: VersionId, version: VersionId, changed: Changed });

/** One edit, or baked steering, is taken out of the list. */
const RevertSchema = v.strictObject({
  parent: VersionId,
  version: VersionId,
  entry: Sequence,
  /** Entries still in force that were computed on top of it. */
  later: v.array(Sequence),
  changed: Changed,
  checks: Checks,
  evidence: Evidence,
});

/** A version was written out for others. */
const ExportSchema = v.strictObject({
  version: VersionId,
  /** Such as folder, tensors, lora. */
  format: Text,
  destination: v.exactOptional(v.string()),
  files: v.array(FileRecordSchema),
  details: Fields,
});

/** The record was verified up to an entry. */
const VerifySchema = v.strictObject({
  upTo: Sequence,
  head: Sha256Schema,
  ok: v.boolean(),
  problems: v.array(v.strictObject({ entry: v.exactOptional(Sequence), what: Text, message: Text })),
  details: Fields,
});

/** Every kind of entry. */
export const BODIES = {
  import: ImportSchema,
  edit: EditSchema,
  steer: SteerSchema,
  check: CheckSchema,
  tag: TagSchema,
  note: RemarkSchema,
  approve: RemarkSchema,
  reject: RemarkSchema,
  rollback: RollbackSchema,
  revert: RevertSchema,
  export: ExportSchema,
  verify: VerifySchema,
} as const;

export type Kind = keyof typeof BODIES;
export const KINDS = Object.keys(BODIES) as readonly Kind[];
export type Body<K extends Kind = Kind> = v.InferOutput<(typeof BODIES)[K]>;

/** What a program gives: a body without what follows from the history, which the ledger adds. */
export const INPUTS = {
  ...BODIES,
  import: v.omit(ImportSchema, ['ledger', 'version']),
  edit: v.omit(EditSchema, ['version']),
  steer: v.omit(SteerSchema, ['version']),
  revert: v.omit(RevertSchema, ['version', 'later']),
} as const;
export type BodyInput<K extends Kind = Kind> = v.InferOutput<(typeof INPUTS)[K]>;

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
