import * as v from 'valibot';

/** One method of the contract: what it takes and what it answers. */
export interface Method<P extends v.GenericSchema = v.GenericSchema, R extends v.GenericSchema = v.GenericSchema> {
  readonly params: P;
  /** Of a job: what the job ends with; the call itself answers `{ job }` at once. */
  readonly result: R;
  /** Long work: it has phases, progress and cancel, and goes on whatever the screen does. */
  readonly isJob: boolean;
}

/** A method that answers at once. */
export function method<P extends v.GenericSchema, R extends v.GenericSchema>(
  params: P,
  result: R,
): Method<P, R> & { readonly isJob: false } {
  return { params, result, isJob: false };
}

/** A method that starts long work. */
export function job<P extends v.GenericSchema, R extends v.GenericSchema>(params: P, result: R): Method<P, R> & { readonly isJob: true } {
  return { params, result, isJob: true };
}

/** No parameters, or nothing to answer. */
export const Nothing = v.strictObject({});

/** Longest text that crosses the contract in one field (UTF-16 units). Larger things come as files. */
export const TEXT_LIMIT = 1_000_000;
/** Longest list of facts, prompts or rows in one call. */
export const LIST_LIMIT = 20_000;

export const Text = v.pipe(
  v.string(),
  v.maxLength(TEXT_LIMIT, ({ received }) => `expected at most ${TEXT_LIMIT} characters, found ${received}`),
);
export const Named = v.pipe(Text, v.trim(), v.nonEmpty('expected some text'));
/** A name or reason that people read in lists. */
export const Line = v.pipe(v.string(), v.maxLength(2000, 'expected at most 2000 characters'));
/** Never empty: who has none gives none. */
export const Passphrase = v.pipe(Line, v.nonEmpty('expected a passphrase'));
export const Count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
export const Finite = v.pipe(v.number(), v.finite());
export const Fields = v.record(v.string(), v.unknown());
export function list<S extends v.GenericSchema>(item: S) {
  return v.pipe(v.array(item), v.maxLength(LIST_LIMIT, `expected at most ${LIST_LIMIT} items`));
}

/** A model of the library: its id, the beginning of its id (6 digits or more), or its name. */
export const ModelName = v.pipe(Line, v.nonEmpty('expected the name or id of a model'));
/** A version: "current", "base", a tag, its id or the beginning of its id (6 digits or more). */
export const VersionName = v.pipe(Line, v.nonEmpty('expected the name or id of a version'));
export const Seq = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
/** Stands for a file or folder that the person chose in this host; screens never name paths. */
export const Handle = v.pipe(Line, v.nonEmpty('expected a file or folder that was chosen'));
