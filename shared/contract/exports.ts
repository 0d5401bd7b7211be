import * as v from 'valibot';
import { VerdictSchema } from '../verdict.ts';
import { Handle, job, list, method, ModelName, Seq, Text, VersionName } from './define.ts';
import { ReviewSchema } from './versions.ts';

export const ExportFormatSchema = v.picklist(['folder', 'tensors', 'lora', 'onnx', 'gguf']);
export type ExportFormat = v.InferOutput<typeof ExportFormatSchema>;

/** Forms that hold a change alone, of which an import has none. */
export const CHANGES_ALONE: readonly ExportFormat[] = ['tensors', 'lora', 'gguf'];

/** What an export says that it is. */
export const ExportedSchema = v.object({
  model: v.string(),
  modelId: v.string(),
  version: v.string(),
  tags: v.array(v.string()),
  /** How many edits are in force. */
  edits: v.number(),
  /** How many steerings are in force. */
  steerings: v.number(),
  format: v.exactOptional(v.string()),
  /** When and by whom it was exported; absent in exports of earlier releases. */
  time: v.exactOptional(v.string()),
  author: v.exactOptional(v.string()),
  entries: v.number(),
});
export type Exported = v.InferOutput<typeof ExportedSchema>;

export const ExportCheckSchema = v.object({
  ok: v.boolean(),
  verdict: VerdictSchema,
  /** Absent where the record in it cannot be read. */
  about: v.exactOptional(ExportedSchema),
  problems: v.array(v.object({ item: v.string(), message: v.string() })),
  /** What was looked at, each with whether it held; `unsure`: nothing from elsewhere proves it. */
  items: v.array(v.object({ item: v.string(), ok: v.boolean(), state: v.picklist(['ok', 'unsure', 'problem']), message: v.string() })),
});

/** Bytes of a file that an export replaced. */
export const RangeSchema = v.object({
  file: v.string(),
  weight: v.string(),
  offset: v.number(),
  length: v.number(),
  sha256Before: v.string(),
  sha256After: v.string(),
});

/** How a steering went into an exported model, and how far that was found from the model that is steered while it runs. */
export const ExportedSteeringSchema = v.object({
  changes: v.pipe(v.array(v.object({ place: v.string(), way: v.string(), said: v.string() })), v.readonly()),
  prompts: v.number(),
  /** Largest difference of a logit. */
  largest: v.number(),
});

export const exportMethods = {
  /** Whether the policy lets a version out, and what it still asks for; and who rejected it, whatever the policy says. */
  'exports.allowed': method(
    v.strictObject({ model: ModelName, version: v.optional(VersionName, 'current') }),
    v.object({
      allowed: v.boolean(),
      reasons: v.array(v.string()),
      rejections: v.array(ReviewSchema),
      /** Other graphs beside the model's own: they hold no change, and go along with a whole folder unless they are left out. */
      others: v.array(v.string()),
    }),
  ),
  /**
   * Writes a version to a new folder; where there is a record, with its attestations beside it, and as an entry of it. A version that was
   * rejected goes out only where `despite` names the entry of every rejection that stands: a person was told of it, and asked again.
   */
  'exports.start': job(
    v.strictObject({
      model: ModelName,
      version: v.optional(VersionName, 'current'),
      format: v.optional(ExportFormatSchema, 'folder'),
      destination: Handle,
      despite: v.optional(list(Seq), []),
      /** A whole folder without the other graphs of the model, and without the weights that those alone have. */
      leavesOutOthers: v.optional(v.boolean(), false),
    }),
    v.object({
      /** Absent where there is no record. */
      entry: v.exactOptional(Seq),
      path: v.string(),
      handle: v.string(),
      files: v.number(),
      bytes: v.number(),
      /** Tensors that differ from the import. */
      changed: v.array(v.string()),
      /** Of a whole folder: which bytes are new. */
      ranges: v.exactOptional(v.array(RangeSchema)),
      /** Of a steered version. */
      steering: v.exactOptional(ExportedSteeringSchema),
      /** Other graphs of the model that went along and do not hold the change: variants in other precisions. */
      others: v.exactOptional(v.array(v.string())),
      /** Files of the import that were left out by choice. */
      leftOut: v.exactOptional(v.array(v.string())),
    }),
  ),
  /** Checks a folder that was exported, here or elsewhere. */
  'exports.verify': job(v.strictObject({ source: Handle, publicKey: v.optional(Text) }), ExportCheckSchema),
};
