import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The folder of this run: Chromium's profile, an unpacked archive, user data when none were named. Removed when the double has ended, however it ended. */
export const temporaryFolder = mkdtempSync(join(tmpdir(), 'electron-double-'));
