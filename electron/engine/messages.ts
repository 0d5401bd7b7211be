import * as v from 'valibot';
import { EmendError, ErrorDataSchema } from '../../shared/errors.ts';

/** What any list of jobs looks like; `Jobs` is the engine's own. Every job works on one `model`, but for quick ones. */
export type JobTable<J> = { readonly [N in keyof J]: { readonly params: object; readonly result: unknown } };

const id = v.pipe(v.number(), v.integer(), v.minValue(1));

/** What the application asks of the engine process. */
export const RequestSchema = v.variant('type', [
  v.object({ type: v.literal('run'), id, job: v.string(), params: v.unknown() }),
  v.object({ type: v.literal('cancel'), id }),
  /** Ends the thread of a folder, which is about to be moved or removed. */
  v.object({ type: v.literal('release'), id, folder: v.string() }),
  /** How much memory (bytes) the process may hold from now on; as much as there is where nothing is said. */
  v.object({ type: v.literal('limit'), bytes: v.number() }),
  v.object({ type: v.literal('close') }),
]);
export type Request = v.InferOutput<typeof RequestSchema>;

/** What the engine process, or a thread of it, answers. `done` or `failed` is the last word on a job. */
export const ReplySchema = v.variant('type', [
  v.object({ type: v.literal('progress'), id, phase: v.string(), done: v.number(), total: v.number() }),
  v.object({ type: v.literal('text'), id, piece: v.string() }),
  v.object({ type: v.literal('done'), id, result: v.unknown() }),
  v.object({ type: v.literal('failed'), id, error: ErrorDataSchema }),
  /** The process holds more memory than it may, and is about to end because of that. */
  v.object({ type: v.literal('full'), bytes: v.number() }),
]);
export type Reply = v.InferOutput<typeof ReplySchema>;

/** A job as its thread gets it. The application's cancel reaches a busy thread only through shared memory. */
export interface Task {
  readonly id: number;
  readonly job: string;
  readonly params: unknown;
  /** One number: 1 once the job should stop. */
  readonly stop: Int32Array<SharedArrayBuffer>;
}

const ParamsSchema = v.looseObject({
  model: v.looseObject({
    folder: v.pipe(v.string('Expected the path of a model folder'), v.nonEmpty('Expected the path of a model folder, found ""')),
  }),
});

/**
 * The model folder that a job is about. The rest of the parameters is for the job itself to judge.
 * @throws EmendError 'bad-input' naming the field
 */
export function modelFolder(job: string, params: unknown): string {
  const parsed = v.safeParse(ParamsSchema, params);
  if (parsed.success) return parsed.output.model.folder;
  const issue = parsed.issues[0];
  const field = ['params', v.getDotPath(issue)].filter(Boolean).join('.');
  throw new EmendError(
    'bad-input',
    `The job "${job}" cannot start: ${field}: ${issue.message}.`,
    'Name the model folder that the job should work on.',
    { field },
  );
}
