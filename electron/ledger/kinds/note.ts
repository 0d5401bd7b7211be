import { remarkKind } from './remark.ts';

/** A remark that judges nothing. */
export const noteKind = remarkKind(true);
