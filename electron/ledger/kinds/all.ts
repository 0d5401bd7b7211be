/** Every kind of entry, one line each, under the names of shared/kinds.ts. */
export { anchorKind as anchor } from './anchor.ts';
export { approveKind as approve } from './approve.ts';
export { checkKind as check } from './check.ts';
export { editKind as edit } from './edit.ts';
export { exportKind as export } from './export.ts';
export { findingKind as finding } from './finding.ts';
export { importKind as import } from './import.ts';
export { noteKind as note } from './note.ts';
export { policyKind as policy } from './policy.ts';
export { rejectKind as reject } from './reject.ts';
export { revertKind as revert } from './revert.ts';
export { rollbackKind as rollback } from './rollback.ts';
export { steerKind as steer } from './steer.ts';
export { tagKind as tag } from './tag.ts';
export { verifyKind as verify } from './verify.ts';
