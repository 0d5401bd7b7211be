import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import * as v from 'valibot';

const Versions = v.record(v.string(), v.string());
const { dependencies, devDependencies } = v.parse(
  v.object({ dependencies: Versions, devDependencies: Versions }),
  JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')),
);

/** What must be one version, and why. Whatever else is a range; the lock file holds what was tested. */
const EXACT: Readonly<Record<string, string>> = { electron: 'the double stands for this version, and what is packed is what was tested' };

it('every package is asked for as ^major.minor.patch, but for those with a reason to be exact', () => {
  for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies }))
    expect(version, name).toMatch(name in EXACT ? /^\d+\.\d+\.\d+$/ : /^\^\d+\.\d+\.\d+$/);
});
