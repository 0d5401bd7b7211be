import { EmendError, type ErrorCode } from '../../../shared/errors.ts';

/** Why a request is not answered as asked, with the status that says so in HTTP. */
export class Refusal extends EmendError {
  readonly status: number;

  constructor(status: number, code: ErrorCode, message: string, hint: string, details: Record<string, unknown> = {}) {
    super(code, message, hint, details);
    this.status = status;
  }
}
