/** Every edit method, one line each; the engine has the other half under the same names (electron/engine/edit/methods). */
export { memit } from './memit.ts';
export { rome } from './rome.ts';
export { alphaedit } from './alphaedit.ts';
export { emmet } from './emmet.ts';
export { locft } from './locft.ts';
export { crispedit } from './crispedit.ts';
