import { SHOTS as edit } from './shots/edit.mjs';
import { SHOTS as records } from './shots/records.mjs';
import { SHOTS as shell } from './shots/shell.mjs';

/** What to take pictures of: a name, where to go (`query` for the sample data, `hash` for the place), and what to do there first. */
export const SHOTS = [...shell, ...edit, ...records];
