import { expect, it } from 'vitest';
import { ensureFolder, writeDurably } from '../../../electron/storage/durable.ts';
import { explained } from '../../../electron/storage/file-errors.ts';
import { MemoryFiles } from './memory-files.ts';

it('a write that the disk refuses names the file that was to be written, and leaves the old content', async () => {
  const files = new MemoryFiles();
  await files.makeFolder('/data');
  await writeDurably(explained(files), '/data/delta', Buffer.from('old'));
  files.fault = ({ what }) => (what === 'write' ? { code: 'ENOSPC', part: 0.5 } : undefined);
  await expect(writeDurably(explained(files), '/data/delta', Buffer.from('new'))).rejects.toMatchObject({
    code: 'failed',
    message: 'Could not write /data/delta: the disk is full.',
    details: { path: '/data/delta', errno: 'ENOSPC' },
  });
  files.fault = () => undefined;
  expect(Buffer.from(await files.read('/data/delta')).toString()).toBe('old');
  expect(await files.list('/data')).toEqual(['delta']);
});

it('a folder that two make at the same time is there for both', async () => {
  const files = new MemoryFiles();
  await Promise.all([ensureFolder(explained(files), '/data/models'), ensureFolder(explained(files), '/data/models')]);
  expect(await files.list('/data')).toEqual(['models']);
});

it('a write whose unfinished copy another program clears away is done once more', async () => {
  const files = new MemoryFiles();
  await files.makeFolder('/data');
  await writeDurably(explained(files), '/data/settings', Buffer.from('old'));
  let cleared = 0;
  files.fault = ({ what }) => {
    if (what !== 'rename' || cleared++ > 1) return undefined;
    return { code: 'ENOENT' };
  };
  await writeDurably(explained(files), '/data/settings', Buffer.from('new'), { backup: '/data/settings.bak' });
  expect(cleared).toBeGreaterThan(2);
  expect(Buffer.from(await files.read('/data/settings')).toString()).toBe('new');
});
