import * as v from 'valibot';
import { isRemark, kindNames, type Kind } from '../kinds.ts';
import { Count, Fields, Handle, job, Line, method, ModelName, Seq, VersionName } from './define.ts';

export const KindSchema = v.picklist(kindNames());
export type { Kind };

/** Which entries to list; everything given must hold. */
export const FilterSchema = v.strictObject({
  /** ISO 8601; `from` is included, `to` is not. */
  from: v.optional(Line),
  to: v.optional(Line),
  author: v.optional(Line),
  kinds: v.optional(v.array(KindSchema)),
  subject: v.optional(Line),
  relation: v.optional(Line),
  method: v.optional(Line),
  verdict: v.optional(v.picklist(['passed', 'failed', 'none'])),
  /** Words that must all occur, in any case. */
  text: v.optional(Line),
  order: v.optional(v.picklist(['newest', 'oldest'])),
});
export type Filter = v.InferOutput<typeof FilterSchema>;

export const RowSchema = v.object({
  seq: v.number(),
  hash: v.string(),
  time: v.string(),
  author: v.string(),
  kind: KindSchema,
  reason: v.string(),
  version: v.optional(v.string()),
  method: v.optional(v.string()),
  subjects: v.array(v.string()),
  relations: v.array(v.string()),
  /** What an entry without facts is about: the tag, what was exported, the model imported. */
  about: v.optional(v.string()),
  verdict: v.picklist(['passed', 'failed', 'none']),
});
export type Row = v.InferOutput<typeof RowSchema>;

/** One entry in full. */
export const EntrySchema = v.object({
  seq: v.number(),
  prev: v.string(),
  hash: v.string(),
  kind: KindSchema,
  time: v.string(),
  author: v.string(),
  reason: v.string(),
  app: v.string(),
  engine: v.string(),
  /** What the kind holds, as recorded. */
  body: Fields,
  /** Files that the entry names, by role. */
  evidence: v.array(v.object({ role: v.string(), blob: v.string(), bytes: v.number(), type: v.string(), present: v.boolean() })),
  /** Approvals and rejections of the version it is about, and notes on it. */
  remarks: v.array(
    v.object({
      entry: v.number(),
      kind: v.picklist(kindNames().filter(isRemark)),
      time: v.string(),
      author: v.string(),
      comment: v.string(),
    }),
  ),
});
export type EntryView = v.InferOutput<typeof EntrySchema>;

const DamageSchema = v.object({ entry: v.optional(v.number()), what: v.string(), message: v.string() });

export const VerificationSchema = v.object({
  ok: v.boolean(),
  time: v.string(),
  head: v.optional(v.object({ seq: v.number(), hash: v.string() })),
  entries: v.array(
    v.object({ seq: v.number(), kind: v.optional(KindSchema), hash: v.optional(v.string()), problems: v.array(v.string()) }),
  ),
  /** Where the first damage is. */
  first: v.optional(DamageSchema),
  problems: v.array(DamageSchema),
  /** The export it was held against besides: its folder, and the entry that its record ends with. */
  against: v.optional(v.object({ path: v.string(), seq: v.number(), time: v.string() })),
  checkpoints: v.number(),
  blobs: v.number(),
  /** Library files and rebuilt tensors that were hashed. */
  files: v.number(),
  tensors: v.number(),
});
export type Verification = v.InferOutput<typeof VerificationSchema>;

const Remark = v.strictObject({ model: ModelName, version: v.optional(VersionName, 'current'), entry: v.optional(Seq), comment: Line });
const Recorded = v.object({ entry: Seq });

export const auditMethods = {
  'audit.list': method(
    v.strictObject({
      model: ModelName,
      filter: v.optional(FilterSchema, {}),
      offset: v.optional(Count, 0),
      limit: v.optional(v.pipe(Count, v.maxValue(1000)), 200),
    }),
    v.object({ total: v.number(), rows: v.array(RowSchema) }),
  ),
  /** The values that occur, for filters. */
  'audit.facets': method(
    v.strictObject({ model: ModelName }),
    v.object({ authors: v.array(v.string()), methods: v.array(v.string()), relations: v.array(v.string()), kinds: v.array(KindSchema) }),
  ),
  'audit.entry': method(v.strictObject({ model: ModelName, seq: Seq }), EntrySchema),
  /** A file that an entry names: its JSON or text where it has any. */
  'audit.evidence': method(
    v.strictObject({ model: ModelName, seq: Seq, role: Line }),
    v.object({ type: v.string(), bytes: v.number(), text: v.optional(v.string()) }),
  ),
  'audit.note': method(Remark, Recorded),
  'audit.approve': method(v.strictObject({ ...Remark.entries, comment: v.optional(Line, '') }), Recorded),
  'audit.reject': method(Remark, Recorded),
  /**
   * Chain, blobs, checkpoints, rebuilt tensors, library files. `record` appends the result. `against` is the folder of an export of the
   * model: its record must be how this one begins.
   */
  'audit.verify': job(
    v.strictObject({ model: ModelName, record: v.optional(v.boolean(), true), against: v.optional(Handle) }),
    VerificationSchema,
  ),
  /** Writes every row that fits. PDF only where the host can print. */
  'audit.export': job(
    v.strictObject({
      model: ModelName,
      format: v.picklist(['csv', 'json', 'html', 'pdf']),
      filter: v.optional(FilterSchema, {}),
      destination: Handle,
    }),
    v.object({ path: v.string(), handle: v.string(), rows: v.number(), bytes: v.number() }),
  ),
};
