import { mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Door } from '../../../electron/cli/serve/door.ts';
import { Sessions } from '../../../electron/cli/serve/sessions.ts';
import { checkSender } from '../../../electron/cli/serve/sender.ts';

test('the token lets in once, and the cookie from then on', () => {
  const door = new Door(4000);
  expect(door.exchange(`${door.token}x`)).toBeUndefined();
  expect(door.isUsed).toBe(false);
  const cookie = door.exchange(door.token)!;
  expect(cookie).toMatch(/; HttpOnly; SameSite=Strict$/);
  expect(door.exchange(door.token)).toBeUndefined();
  const pair = cookie.split(';')[0]!;
  expect(door.knows(`theme=dark; ${pair}`)).toBe(true);
  for (const header of [undefined, '', pair.replace('4000', '4001'), pair.slice(0, -1), `emend-4000=${door.token}`, 'emend-4000='])
    expect(door.knows(header)).toBe(false);
});

test('a browser that was in before the server was started again is in, until another is let in', () => {
  const before = new Door(4000);
  const [old] = before.exchange(before.token)!.split(';') as [string];
  const door = new Door(4000, before.pass);
  expect(door.knows(old)).toBe(true);
  expect(door.isUsed).toBe(false);
  const [pair] = door.exchange(door.token)!.split(';') as [string];
  expect(door.knows(pair)).toBe(true);
  expect(door.knows(old)).toBe(false);
  expect(new Door(4001, before.pass).knows(old)).toBe(false);
  expect(new Door(4000).knows('emend-4000=')).toBe(false);
});

test('who was let in is remembered for a day, by a hash that lets nobody in; a damaged file remembers nobody', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'emend-sessions-')), 'sessions.json');
  const pass = 'a'.repeat(64);
  const sessions = await Sessions.open(path, 0);
  expect(sessions.port).toBeUndefined();
  await sessions.keep(4000, 'b'.repeat(64), 1000);
  await sessions.keep(4001, pass, 2000);
  const again = await Sessions.open(path, 3000);
  expect([again.port, again.passOf(4001), again.passOf(4000), again.passOf(1)]).toEqual([4001, pass, 'b'.repeat(64), undefined]);
  expect((await Sessions.open(path, 25 * 3600_000)).port).toBeUndefined();
  if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).toBe(0o600);
  writeFileSync(path, '[{"port": 4001}]');
  expect((await Sessions.open(path, 3000)).port).toBeUndefined();
});

const ours = { host: '127.0.0.1:4000' };

test.each([
  ['GET', ours, false],
  ['GET', { ...ours, 'sec-fetch-site': 'same-origin' }, false],
  ['GET', { ...ours, 'sec-fetch-site': 'none' }, false],
  ['GET', { ...ours, 'sec-fetch-site': 'cross-site' }, true],
  ['GET', { host: 'localhost:8765' }, false],
  ['POST', { ...ours, origin: 'http://127.0.0.1:4000' }, false],
  ['POST', { host: 'localhost:9', origin: 'http://localhost:9', 'sec-fetch-site': 'same-origin' }, false],
] as const)('%s with %j passes (with the token: %j)', (method, headers, isEntry) => {
  expect(() => checkSender(method, headers, isEntry)).not.toThrow();
});

test.each([
  ['GET', {}, 421],
  ['GET', { host: 'evil.example:4000' }, 421],
  ['GET', { host: '127.0.0.1.evil.example' }, 421],
  ['GET', { host: 'localhost:4000@evil.example' }, 421],
  ['GET', { host: '0.0.0.0:4000' }, 421],
  ['GET', { ...ours, 'sec-fetch-site': 'cross-site' }, 403],
  ['GET', { ...ours, 'sec-fetch-site': 'same-site' }, 403],
  ['GET', { ...ours, origin: 'http://127.0.0.1:4001' }, 403],
  ['POST', ours, 403],
  ['POST', { ...ours, origin: 'null' }, 403],
  ['POST', { ...ours, origin: 'https://127.0.0.1:4000' }, 403],
  ['POST', { ...ours, origin: 'http://localhost:4000' }, 403],
] as const)('%s with %j is refused with %i', (method, headers, status) => {
  expect(() => checkSender(method, headers, false)).toThrow(expect.objectContaining({ status }));
});
