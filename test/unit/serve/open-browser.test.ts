import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { leadingTo } from '../../../electron/cli/serve/open-browser.ts';

test('what a browser is called with does not hold the link, and only this user reads what does', () => {
  const link = 'http://127.0.0.1:8765/?token=secret';
  const { file, remove } = leadingTo(link);
  expect(file).not.toContain('secret');
  expect(readFileSync(file, 'utf8')).toContain(`url=${link}`);
  if (process.platform !== 'win32') {
    expect(statSync(file).mode & 0o077).toBe(0);
    expect(statSync(dirname(file)).mode & 0o077).toBe(0);
  }
  remove();
  expect(() => statSync(file)).toThrow();
});
