import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';

const README = join(import.meta.dirname, '../README.md');
const END = '<!-- end -->';

/**
 * Holds what README.md says between a mark and the next end against what a test found. EMEND_WRITE_README=1 writes it anew.
 * @param mark such as "<!-- families: made by … -->"
 */
export function expectInReadme(mark: string, lines: readonly string[]): void {
  const readme = readFileSync(README, 'utf8');
  const [before, rest = ''] = readme.split(mark);
  const after = rest.split(END).slice(1).join(END);
  const wanted = `${before}${mark}\n\n${lines.join('\n')}\n\n${END}${after}`;
  if (process.env['EMEND_WRITE_README'] === '1') writeFileSync(README, wanted);
  else expect(readme).toBe(wanted);
}
