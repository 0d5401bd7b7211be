import { describe, expect, it } from 'vitest';
import { generateKey } from '../../../electron/ledger/keys.ts';
import { MemoryFiles } from '../storage/memory-files.ts';
import { BY, fact, importBody, open } from './samples.ts';

async function ledger(files = new MemoryFiles(), more: Parameters<typeof open>[1] = {}) {
  const made = await open('/l', { files, create: true, ...more });
  await made.append('import', importBody(), BY);
  const delta = await made.blobs.put(Buffer.from('delta'), 'application/octet-stream');
  const content = {
    kind: 'edit' as const,
    parent: made.history.current.id,
    facts: [fact(1)],
    blobs: { delta },
    content: { method: 'rome' },
  };
  return { files, made, content };
}

describe('drafts', () => {
  it('are kept, changed and thrown away beside the ledger', async () => {
    const { files, made, content } = await ledger();
    const entries = made.entries.length;
    const first = await made.drafts.save(content, new Date(1000));
    const second = await made.drafts.save({ ...content, facts: [fact(2)] }, new Date(2000));
    await made.drafts.save({ ...content, facts: [fact(3)] }, new Date(3000), first.id);
    files.powerCut();
    const { drafts } = await made.drafts.list();
    expect(drafts.map((draft) => [draft.id, draft.facts[0]?.subject])).toEqual([
      [first.id, 'Person 3'],
      [second.id, 'Person 2'],
    ]);
    await made.drafts.remove(first.id);
    expect((await made.drafts.list()).drafts).toHaveLength(1);
    expect(made.entries).toHaveLength(entries);
    await expect(made.drafts.remove(first.id)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('count as using their blobs', async () => {
    const { made, content } = await ledger();
    const { blob } = content.blobs.delta;
    expect((await made.verify()).blobs.unreferenced).toEqual([blob]);
    await made.drafts.save(content, new Date());
    expect((await made.verify()).blobs.unreferenced).toEqual([]);
  });

  it('that are damaged are told and left, and ids cannot lead elsewhere', async () => {
    const { files, made, content } = await ledger();
    const draft = await made.drafts.save(content, new Date());
    files.poke(`/l/drafts/${draft.id}.json`, Buffer.from('{'));
    expect(await made.drafts.list()).toMatchObject({ drafts: [], notices: [{ what: 'draft' }] });
    await expect(made.drafts.remove('../journal')).rejects.toMatchObject({ code: 'bad-input' });
    await expect(made.drafts.save({ ...content, parent: 'x' }, new Date())).rejects.toThrow('parent');
  });

  it('are sealed with the key: one that somebody else changed, or moved to another name, is told and not shown', async () => {
    const files = new MemoryFiles();
    const key = generateKey();
    const { made, content } = await ledger(files, { key });
    const draft = await made.drafts.save(content, new Date());
    const path = `/l/drafts/${draft.id}.json`;
    const whole = files.peek(path).toString();
    expect((await made.drafts.list()).drafts).toEqual([draft]);
    expect(draft.isSealed).toBe(true);
    for (const [from, to] of [
      ['rome', 'memit'],
      ['Person 1', 'Person 9'],
      [content.blobs.delta.blob, '0'.repeat(64)],
    ] as const) {
      files.poke(path, Buffer.from(whole.replace(from, to)));
      expect(await made.drafts.list()).toMatchObject({
        drafts: [],
        notices: [{ what: 'draft', message: expect.stringContaining('was changed after Emend kept it') as string }],
      });
    }
    await files.remove(path);
    files.poke('/l/drafts/00000000-0000-4000-8000-000000000000.json', Buffer.from(whole));
    expect((await made.drafts.list()).notices).toMatchObject([{ message: expect.stringContaining('was moved') as string }]);
  });

  it('without a seal, or with that of another key, are shown as not sealed', async () => {
    const files = new MemoryFiles();
    const { made, content } = await ledger(files);
    await made.drafts.save(content, new Date());
    expect((await made.drafts.list()).drafts).toMatchObject([{ isSealed: false }]);
    await made.close();
    const other = await open('/l', { files, key: generateKey() });
    await other.drafts.save(content, new Date());
    await other.close();
    const again = await open('/l', { files, key: generateKey() });
    expect((await again.drafts.list()).drafts.map((draft) => draft.isSealed)).toEqual([false, false]);
  });
});
