import { remarkKind } from './remark.ts';

/** A review that speaks for a version; it needs no words. */
export const approveKind = remarkKind(false);
