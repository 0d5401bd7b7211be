import { resolve } from 'node:path';

/** The folder of the built double; `ELECTRON_OVERRIDE_DIST_PATH` for whoever asks npm's electron package. */
export const doubleFolder = resolve(import.meta.dirname, '../../dist/double');
