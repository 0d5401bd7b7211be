/** Every edit method's implementation, one line each, under the names of shared/methods. */
export { memit } from './memit.ts';
export { rome } from './rome.ts';
export { alphaedit } from './alphaedit.ts';
export { emmet } from './emmet.ts';
export { locft } from './locft.ts';
export { crispedit } from './crispedit.ts';
