import { remarkKind } from './remark.ts';

/** A review that speaks against a version, and says why. */
export const rejectKind = remarkKind(true);
