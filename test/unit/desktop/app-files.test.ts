import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fileFor, isOurs } from '../../../electron/main/app-files.ts';

const root = resolve('/srv/page');

it('finds the files of the page, and the page itself', () => {
  expect(fileFor(root, 'app://emend/')).toEqual({ path: join(root, 'index.html'), type: 'text/html; charset=utf-8' });
  expect(fileFor(root, 'app://emend/assets/a%20b.js?x#y')?.path).toBe(join(root, 'assets', 'a b.js'));
  expect(fileFor(root, 'app://emend/icon.SVG')?.type).toBe('image/svg+xml');
});

it('finds nothing outside, on other hosts, or of unknown kinds', () => {
  for (const url of [
    'app://emend/..%2fsecret.json',
    'app://emend/%2e%2e%2f%2e%2e%2fetc/x.json',
    'app://emend/a%00.js',
    'app://emend/%zz.js',
    'app://other/index.html',
    'https://emend/index.html',
    'file:///srv/page/index.html',
    'app://emend/notes.txt',
    'app://emend/page.js.map',
    'app://emend/assets',
    'no address',
  ]) {
    expect(fileFor(root, url), url).toBeUndefined();
  }
});

it('never leaves its folder, whatever is asked for', () => {
  const part = fc.oneof(fc.constantFrom('..', '.', '%2e%2e', '%2f', '%5c', '..%2f', '\\', 'a', 'C:', '//', '%00'), fc.string());
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
      const found = fileFor(root, `app://emend/${parts.join('/')}.js`);
      expect(found === undefined || found.path.startsWith(join(root, '/'))).toBe(true);
    }),
    { numRuns: 2000 },
  );
});

it('knows its own addresses', () => {
  expect(isOurs('app://emend/x')).toBe(true);
  for (const url of ['app://emend.evil/x', 'app://evil/emend', 'https://emend/', 'about:blank', '']) expect(isOurs(url), url).toBe(false);
});
