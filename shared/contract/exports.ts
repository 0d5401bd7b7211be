import * as v from 'valibot';
import { Handle, job, method, ModelName, Seq, Text, VersionName } from './define.ts';

export const ExportFormatSchema = v.picklist(['folder', 'tensors', 'lora']);
export type ExportFormat = v.InferOutput<typeof ExportFormatSchema>;

export const ExportCheckSchema = v.object({
  ok: v.boolean(),
  problems: v.array(v.object({ item: v.string(), message: v.string() })),
  /** What was looked at, each with whether it held. */
  items: v.array(v.object({ item: v.string(), ok: v.boolean(), message: v.string() })),
});

export const exportMethods = {
  /** Whether the policy lets a version out, and what it still asks for. */
  'exports.allowed': method(
    v.strictObject({ model: ModelName, version: v.optional(VersionName, 'current') }),
    v.object({ allowed: v.boolean(), reasons: v.array(v.string()) }),
  ),
  /** Writes a version to a new folder, with its attestations beside it. */
  'exports.start': job(
    v.strictObject({
      model: ModelName,
      version: v.optional(VersionName, 'current'),
      format: v.optional(ExportFormatSchema, 'folder'),
      destination: Handle,
    }),
    v.object({ entry: Seq, path: v.string(), handle: v.string(), files: v.number(), bytes: v.number(), changed: v.array(v.string()) }),
  ),
  /** Checks a folder that was exported, here or elsewhere. */
  'exports.verify': job(v.strictObject({ source: Handle, publicKey: v.optional(Text) }), ExportCheckSchema),
};
