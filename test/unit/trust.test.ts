import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const tests = join(import.meta.dirname, '..');
const lines = readFileSync(join(tests, '../docs/TRUST.md'), 'utf8').split('\n');
const claims = lines.filter((line) => line.startsWith('- '));

describe('what docs/TRUST.md says', () => {
  it('is more than a few sentences', () => expect(claims.length).toBeGreaterThan(10));

  it.each(claims)('has its test: %s', (claim) => {
    const named = [...claim.matchAll(/\[([\w./-]+\.test\.ts): ([^\]]+)\]/g)];
    expect(named.length, 'it names a test').toBeGreaterThan(0);
    for (const [, file, words] of named) {
      const path = join(tests, file!);
      expect(existsSync(path), file).toBe(true);
      expect(readFileSync(path, 'utf8'), file).toContain(words);
    }
  });
});
