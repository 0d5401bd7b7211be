#!/usr/bin/env node
// The `emend` command.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const program = join(import.meta.dirname, '../dist/node/emend.mjs');
if (existsSync(program)) {
  await import(pathToFileURL(program).href);
} else {
  console.error('emend is not built yet. Run in its folder: npm run build');
  process.exitCode = 1;
}
