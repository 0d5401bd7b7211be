import * as v from 'valibot';

/**
 * The one kind of error that Emend shows to people.
 * `message` names the file or field, what was expected and what was found; `hint` says what to do next.
 */
export class EmendError extends Error {
  readonly code: ErrorCode;
  readonly hint: string;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, hint = '', details: Record<string, unknown> = {}) {
    super(message);
    this.name = 'EmendError';
    this.code = code;
    this.hint = hint;
    this.details = details;
  }
}

/** What is said of a job that was stopped in time; a sentence that ends there wants a full stop. */
export const CANCELLED = 'Cancelled, nothing changed';

/** The one error of a job that was stopped in time. */
export function cancelled(): EmendError {
  return new EmendError('cancelled', `${CANCELLED}.`);
}

/** An error as plain data, for crossing a thread, a process or the contract. Programs branch on the code; people read the message. */
export const ErrorDataSchema = v.object({
  code: v.picklist([
    'bad-file', // a file is malformed, truncated or hostile
    'bad-input', // a value that a person or program gave does not fit
    'not-found', // a file, model, layer or version that is not there
    'unsupported', // well-formed, but Emend cannot do it; the hint says what to do instead
    'cancelled', // the person stopped the job; nothing changed
    'crashed', // the engine process ended during a job
    'failed', // the computation itself did not succeed (not finite, not positive definite, …)
  ]),
  message: v.string(),
  hint: v.string(),
  details: v.record(v.string(), v.unknown()),
});
export type ErrorData = v.InferOutput<typeof ErrorDataSchema>;
export type ErrorCode = ErrorData['code'];

/** Turns anything thrown into plain data; what is not an EmendError becomes `failed` with its message. */
export function errorData(error: unknown): ErrorData {
  if (error instanceof EmendError) {
    return { code: error.code, message: error.message, hint: error.hint, details: { ...error.details } };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'failed', message, hint: '', details: {} };
}

/** The reverse of {@link errorData}. */
export function errorFromData(data: ErrorData): EmendError {
  return new EmendError(data.code, data.message, data.hint, data.details);
}
