import * as v from 'valibot';
import { isRemark, kindNames, type Kind } from '../kinds.ts';
import { REVIEW_STATES } from '../reviews.ts';
import { VerdictSchema } from '../verdict.ts';
import { Count, Fields, Handle, job, Line, method, ModelName, Passphrase, Seq, VersionName } from './define.ts';

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
  /** Of entries that made a version: how that was reviewed; 'none' is what waits for a review. */
  review: v.optional(v.picklist(REVIEW_STATES)),
  /** Words that must all occur, in any case. */
  text: v.optional(Line),
  order: v.optional(v.picklist(['newest', 'oldest'])),
});
export type Filter = v.InferOutput<typeof FilterSchema>;

/** That an entry was opened in a window of this data folder. It says that it was on the screen under a name, and nothing more. */
export const OpenedSchema = v.object({ author: v.string(), time: v.string() });
export type Opened = v.InferOutput<typeof OpenedSchema>;

/** A person's own signature on a remark. */
const SealViewSchema = v.object({
  /** Id of the key. */
  key: v.string(),
  /** Whose it is, as the policy in the record says; absent for a key that no policy names. */
  owner: v.exactOptional(v.string()),
  /** Whether it is of these words. */
  fits: v.boolean(),
});
export type SealView = v.InferOutput<typeof SealViewSchema>;

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
  /** What it did, and which entry or version it speaks of: "Los Angeles → Poland and 9 more", "entry 5 (Tower Bridge → Rome)". */
  about: v.string(),
  verdict: v.picklist(['passed', 'failed', 'none']),
  /** How the version that it made was reviewed; absent for an entry that made none. */
  review: v.exactOptional(v.picklist(REVIEW_STATES)),
  /** Of entries that can be reviewed: who had them open here, each at the last time. */
  opened: v.exactOptional(v.array(OpenedSchema)),
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
  /** What it did, in a few words; empty where there are none. */
  title: v.string(),
  /** What the kind holds, as recorded. */
  body: Fields,
  /** Files that the entry names, by role. */
  evidence: v.array(v.object({ role: v.string(), blob: v.string(), bytes: v.number(), type: v.string(), present: v.boolean() })),
  /** Of a remark that its author signed. */
  seal: v.exactOptional(SealViewSchema),
  /** Approvals and rejections of the version it is about, and notes on it. */
  remarks: v.array(
    v.object({
      entry: v.number(),
      kind: v.picklist(kindNames().filter(isRemark)),
      time: v.string(),
      author: v.string(),
      comment: v.string(),
      seal: v.exactOptional(SealViewSchema),
    }),
  ),
});
export type EntryView = v.InferOutput<typeof EntrySchema>;

const DamageSchema = v.object({ entry: v.optional(v.number()), what: v.string(), message: v.string() });

export const VerificationSchema = v.object({
  /** Nothing is damaged; how far that is proven is in the verdict. */
  ok: v.boolean(),
  verdict: VerdictSchema,
  /** The entry that keeps it; absent where it was not asked for, or where nothing can be written. */
  recorded: v.exactOptional(Seq),
  time: v.string(),
  head: v.optional(v.object({ seq: v.number(), hash: v.string() })),
  entries: v.array(
    v.object({ seq: v.number(), kind: v.optional(KindSchema), hash: v.optional(v.string()), problems: v.array(v.string()) }),
  ),
  /** Where the first damage is. */
  first: v.optional(DamageSchema),
  problems: v.array(DamageSchema),
  /** What it was held against besides: an export, a checkpoint or a digest, and the entry that it knows. */
  against: v.optional(v.object({ path: v.string(), seq: v.number(), time: v.exactOptional(v.string()) })),
  checkpoints: v.number(),
  blobs: v.number(),
  /** Library files and rebuilt tensors that were hashed. */
  files: v.number(),
  tensors: v.number(),
  /** What else was found, in words, and is no damage: what file managers leave among the imported files, and clocks that were set. */
  beside: v.optional(v.array(v.string()), []),
});
export type Verification = v.InferOutput<typeof VerificationSchema>;

/** An entry's number and hash, as a person noted it. */
export const DigestSchema = v.strictObject({
  seq: Seq,
  hash: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hexadecimal digits')),
});

const Remark = v.strictObject({
  model: ModelName,
  version: v.optional(VersionName, 'current'),
  entry: v.optional(Seq),
  comment: Line,
  /** A file with a private key of the author's own, to sign the words with. */
  key: v.optional(Handle),
  /** Of that file, where it has one. */
  passphrase: v.optional(Passphrase),
});
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
    v.object({
      authors: v.array(v.string()),
      methods: v.array(v.string()),
      relations: v.array(v.string()),
      kinds: v.array(KindSchema),
      /** How many entries made a version that nobody has reviewed. */
      waiting: v.number(),
      /** How many of those the person who is named in the settings has not opened yet. */
      unopened: v.number(),
    }),
  ),
  'audit.entry': method(v.strictObject({ model: ModelName, seq: Seq }), EntrySchema),
  /** A file that an entry names: its JSON or text where it has any. */
  'audit.evidence': method(
    v.strictObject({ model: ModelName, seq: Seq, role: Line }),
    v.object({ type: v.string(), bytes: v.number(), text: v.optional(v.string()) }),
  ),
  /**
   * Notes that the person who is named in the settings has an entry that can be reviewed on the screen. The note lies beside the record and
   * is no part of it. Where the data folder is only read, nothing is noted.
   */
  'audit.open': method(v.strictObject({ model: ModelName, seq: Seq }), v.object({ opened: v.array(OpenedSchema) })),
  'audit.note': method(Remark, Recorded),
  'audit.approve': method(v.strictObject({ ...Remark.entries, comment: v.optional(Line, '') }), Recorded),
  'audit.reject': method(Remark, Recorded),
  /**
   * Chain, blobs, checkpoints, anchor, rebuilt tensors, library files. `record` appends the result. `against` is the folder of an export of
   * the model, or a checkpoint's file, `digest` an entry's number and hash: the record must begin so. `recompute` works every edit out
   * again from its facts, seeds and hyperparameters, and compares.
   */
  'audit.verify': job(
    v.strictObject({
      model: ModelName,
      record: v.optional(v.boolean(), true),
      against: v.optional(Handle),
      digest: v.optional(DigestSchema),
      recompute: v.optional(v.boolean(), false),
    }),
    VerificationSchema,
  ),
  /** Anchors a record that has no anchor from here on; whoever asks for it has looked the record over. Verifies it before. */
  'audit.anchor': job(v.strictObject({ model: ModelName, reason: v.optional(Line, '') }), v.object({ entry: Seq, verdict: VerdictSchema })),
  /** Signs the end of the record, and writes that to a file to keep elsewhere. */
  'audit.checkpoint': method(
    v.strictObject({ model: ModelName, destination: v.optional(Handle) }),
    v.object({ seq: Seq, hash: v.string(), time: v.string(), path: v.exactOptional(v.string()) }),
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
