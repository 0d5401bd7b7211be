import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { openStore } from '../../../electron/storage/store.ts';
import { MemoryFiles } from './memory-files.ts';
import { random } from '../ledger/samples.ts';

const Settings = v.object({ theme: v.picklist(['light', 'dark']), recents: v.array(v.string()) });
const defaults = () => ({ theme: 'light' as const, recents: [] });
const PATH = '/data/settings.json';
const open = (files: MemoryFiles, readOnly = false) =>
  openStore<v.InferOutput<typeof Settings>>(PATH, Settings, defaults(), { files, readOnly });

describe('a store of settings', () => {
  it('begins with the defaults without a word, and keeps what is set', async () => {
    const files = new MemoryFiles();
    const { db, notices } = await open(files);
    expect([db.data, notices]).toEqual([defaults(), []]);
    await db.update((data) => void data.recents.push('atlas'));
    files.powerCut();
    expect((await open(files)).db.data.recents).toEqual(['atlas']);
    expect(files.peek(PATH).toString()).toBe('{\n  "theme": "light",\n  "recents": [\n    "atlas"\n  ]\n}\n');
  });

  it.each([
    ['empty', ''],
    ['NULs', '\0\0\0'],
    ['cut off', '{"theme": "li'],
    ['null', 'null'],
    ['of another form', '{"theme": "pink", "recents": []}'],
  ])('that is %s is taken from the backup, kept aside, and told', async (_, content) => {
    const files = new MemoryFiles();
    const { db } = await open(files);
    await db.update((data) => void (data.theme = 'dark'));
    await db.update((data) => void data.recents.push('atlas'));
    files.poke(PATH, Buffer.from(content));
    const again = await open(files);
    expect(again.db.data).toEqual({ theme: 'dark', recents: [] });
    expect(again.notices).toMatchObject([{ what: 'store', message: expect.stringContaining('is damaged') as string }]);
    expect(files.peek(`${PATH}.damaged`).toString()).toBe(content);
  });

  it('without any good file says that it begins anew, and keeps the damaged one', async () => {
    const files = new MemoryFiles();
    await files.makeFolder('/data');
    files.poke(PATH, Buffer.from('garbage'));
    const { db, notices } = await open(files);
    expect(db.data).toEqual(defaults());
    expect(notices).toMatchObject([{ message: expect.stringContaining('begins anew') as string }]);
    expect(files.peek(`${PATH}.damaged`).toString()).toBe('garbage');
  });

  it('writes every state in turn though calls come at once', async () => {
    const files = new MemoryFiles();
    const { db } = await open(files);
    await Promise.all(['a', 'b', 'c'].map((name) => db.update((data) => void data.recents.push(name))));
    expect((await open(files)).db.data.recents).toEqual(['a', 'b', 'c']);
    expect(files.paths()).toEqual([PATH, `${PATH}.bak`]);
  });

  it('holds the last state that was acknowledged, or the one after, whenever the power fails', async () => {
    for (let at = 1; ; at++) {
      const files = new MemoryFiles();
      const roll = random(at);
      files.fault = ({ number }) => (number >= at ? { code: 'EIO', part: roll() } : undefined);
      let acknowledged = 0;
      try {
        const { db } = await open(files);
        for (let n = 1; n <= 4; n++) {
          await db.update((data) => void data.recents.push(String(n)));
          acknowledged = n;
        }
      } catch {
        // The power fails here.
      }
      if (acknowledged === 4) break;
      files.powerCut(at % 2 === 0 ? roll : undefined);
      files.fault = () => undefined;
      const left = (await open(files)).db.data.recents.length;
      expect([acknowledged, acknowledged + 1], `power cut at operation ${at}`).toContain(left);
    }
  });

  it('does not write when it was opened for reading', async () => {
    const files = new MemoryFiles();
    const { db } = await open(files, true);
    await expect(db.write()).rejects.toThrow('reading only');
    expect(files.operations).toBe(0);
  });
});
