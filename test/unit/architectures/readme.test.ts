import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FAMILIES } from '../../../electron/engine/architectures/families/index.ts';
import { hasGgufGraph } from '../../../electron/engine/edit/gguf-adapter.ts';
import { expectInReadme } from '../../readme.ts';

/** What test/parity/checkpoints.test.ts makes and holds against PyTorch, by model_type. */
const CONFIGURATIONS = JSON.parse(readFileSync(join(import.meta.dirname, '../../parity/families/configurations.json'), 'utf8')) as Readonly<
  Record<string, readonly { readonly says: string }[]>
>;

test('every family is made and held against PyTorch, and README.md says with which options', () => {
  const types = FAMILIES.flatMap((family) => family.types);
  expect(Object.keys(CONFIGURATIONS).sort()).toEqual([...types].sort());
  expectInReadme('<!-- families: made by test/unit/architectures/readme.test.ts -->', [
    '| `model_type` | options that are held against PyTorch | adapter for llama.cpp |',
    '|---|---|---|',
    ...Object.entries(CONFIGURATIONS).map(
      ([type, cases]) => `| ${type} | ${cases.map(({ says }) => says).join('; ')} | ${hasGgufGraph(type) ? 'yes' : 'no'} |`,
    ),
  ]);
});
