import * as v from 'valibot';
import { ErrorDataSchema } from '../errors.ts';
import { Count, Line, method, Nothing } from './define.ts';

/** Long work as screens show it. */
export const JobSchema = v.object({
  id: v.string(),
  /** The method that started it. */
  kind: v.string(),
  /** What it does, for people: "Import gpt2-onnx". */
  title: v.string(),
  model: v.optional(v.string()),
  state: v.picklist(['running', 'done', 'failed', 'cancelled']),
  /** What it is at: "copying", "covariance", … */
  phase: v.string(),
  done: v.number(),
  total: v.number(),
  /** What `done` and `total` count; nothing to say when left out. 'share': how much of the whole job is done, of 1. */
  unit: v.optional(v.picklist(['bytes', 'share'])),
  /** How full the bar of the whole job is, 0 to 1; it never becomes less. Left out while nothing tells. */
  share: v.optional(v.number()),
  /** Of the whole job where `unit` is 'share', else of the phase. */
  secondsLeft: v.optional(v.number()),
  /** UTC, ISO 8601. */
  started: v.string(),
  ended: v.optional(v.string()),
  /** As the method's result says, once it is done. */
  result: v.optional(v.unknown()),
  error: v.optional(ErrorDataSchema),
});
export type Job = v.InferOutput<typeof JobSchema>;

export const JobId = v.pipe(Line, v.nonEmpty());

export const jobMethods = {
  /** Running jobs, and those that ended and were not cleared; the newest first. */
  'jobs.list': method(Nothing, v.object({ jobs: v.array(JobSchema) })),
  'jobs.get': method(v.strictObject({ id: JobId }), JobSchema),
  /** Asks a job to stop; it then ends as 'cancelled' and nothing was changed. */
  'jobs.cancel': method(v.strictObject({ id: JobId }), Nothing),
  /** Takes ended jobs off the list: one, or all. */
  'jobs.clear': method(v.strictObject({ id: v.optional(JobId) }), v.object({ cleared: Count })),
};
