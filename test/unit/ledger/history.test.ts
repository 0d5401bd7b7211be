import { describe, expect, it } from 'vitest';
import { baseVersion, modelId, partsOf, withPart, withoutPart, type Part } from '../../../electron/ledger/versions.ts';
import { sha256 } from '../../../electron/storage/hash.ts';
import { MemoryFiles } from '../storage/memory-files.ts';
import { BY, commit, edit, importBody, open } from './samples.ts';

const part = (entry: number, what: string = String(entry)): Part => ({ entry, hash: sha256(what) });

async function ledger() {
  const made = await open('/library/atlas', { files: new MemoryFiles(), create: true });
  await made.append('import', importBody(), BY);
  return made;
}

describe('a version', () => {
  const base = baseVersion(sha256('model'));
  const three = [part(2), part(3), part(4)].reduce(withPart, base);

  it('has an id that its parts and their order alone decide', () => {
    expect([part(20, '2'), part(30, '3'), part(40, '4')].reduce(withPart, base).id).toBe(three.id);
    expect([part(3), part(2), part(4)].reduce(withPart, base).id).not.toBe(three.id);
    expect([part(2), part(3)].reduce(withPart, base).id).not.toBe(three.id);
    expect([part(2), part(3), part(4)].reduce(withPart, baseVersion(sha256('other'))).id).not.toBe(three.id);
  });

  it('loses one part out of the middle and tells which were computed on top', () => {
    const { version, later } = withoutPart(three, 3);
    expect(partsOf(version)).toEqual([part(2), part(4)]);
    expect(later).toEqual([part(4)]);
    expect(partsOf(three)).toEqual([part(2), part(3), part(4)]);
    expect(version.id).toBe([part(2), part(4)].reduce(withPart, base).id);
  });

  it('says what is in force when the part to take out is not', () => {
    expect(() => withoutPart(three, 9)).toThrow('2, 3, 4');
  });

  it("is for the model that its files' names and contents make, in any order", () => {
    const a = { path: 'a', bytes: 1, sha256: sha256('a') };
    const b = { path: 'b', bytes: 1, sha256: sha256('b') };
    expect(modelId([a, b])).toBe(modelId([b, a]));
    expect(modelId([a, { ...b, path: 'c' }])).not.toBe(modelId([a, b]));
    expect(modelId([a, { ...b, sha256: a.sha256 }])).not.toBe(modelId([a, b]));
  });
});

describe('the history of a ledger', () => {
  it('goes back to the version before when edits are rolled back, and to the same version when they are done again', async () => {
    const l = await ledger();
    const ids = [l.history.current.id];
    for (const n of [1, 2, 3]) ids.push((await commit(l, n)).body.version);
    expect(new Set(ids).size).toBe(4);
    await l.append('revert', { parent: ids[3]!, entry: 3, changed: [], checks: [], evidence: {} }, BY);
    await l.append('rollback', { parent: l.history.current.id, version: ids[0]!, changed: [] }, BY);
    expect(l.history.current.parts).toBe(0);
    for (const n of [1, 2, 3]) await commit(l, n);
    expect(l.history.current.id).toBe(ids[3]);
    expect(partsOf(l.history.current).map((one) => one.entry)).toEqual([7, 8, 9]);
  });

  it('says in a revert which later edits stay', async () => {
    const l = await ledger();
    for (const n of [1, 2, 3, 4]) await commit(l, n);
    const revert = await l.append('revert', { parent: l.history.current.id, entry: 3, changed: [], checks: [], evidence: {} }, BY);
    expect(revert.body.later).toEqual([4, 5]);
    expect(partsOf(l.history.current).map((one) => one.entry)).toEqual([2, 4, 5]);
    await expect(
      l.append('revert', { parent: l.history.current.id, entry: 3, changed: [], checks: [], evidence: {} }, BY),
    ).rejects.toMatchObject({ code: 'not-found', message: expect.stringContaining('2, 4, 5') as string });
  });

  it('refuses an edit that was made for another version', async () => {
    const l = await ledger();
    const base = l.history.current.id;
    await commit(l, 1);
    await expect(l.append('edit', await edit(l.blobs, base, 2), BY)).rejects.toMatchObject({
      code: 'bad-input',
      hint: expect.stringContaining('again on the current version') as string,
    });
    expect(l.entries).toHaveLength(2);
  });

  it('finds versions by name, by id and by its beginning, and lists what there is otherwise', async () => {
    const l = await ledger();
    const { version } = (await commit(l, 1)).body;
    await l.append('tag', { name: 'release 1', version }, BY);
    for (const name of ['release 1', version, version.slice(0, 8), 'current']) expect(l.history.find(name).id).toBe(version);
    expect(l.history.find('base').parts).toBe(0);
    expect(() => l.history.find('release 2')).toThrow('release 1');
    expect(() => l.history.find(version.slice(0, 3))).toThrow('There is no version');
  });

  it('refuses names that are taken or cannot be told from an id', async () => {
    const l = await ledger();
    const version = l.history.current.id;
    await l.append('tag', { name: 'v1', version }, BY);
    await expect(l.append('tag', { name: 'v1', version }, BY)).rejects.toMatchObject({
      message: expect.stringContaining('is taken') as string,
    });
    for (const name of ['abcdef', 'current', 'base', ' x', 'a\nb', '-x'])
      await expect(l.append('tag', { name, version }, BY), name).rejects.toMatchObject({ code: 'bad-input' });
    for (const name of ['é', 'Überarbeitet 2', 'a', 'release/1.0']) await l.append('tag', { name, version }, BY);
  });

  it('keeps approvals and rejections with a version', async () => {
    const l = await ledger();
    const version = l.history.current.id;
    await l.append('reject', { version }, { author: 'Bo', reason: 'Two neighbours changed.' });
    await l.append('approve', { version }, { author: 'Cy', reason: '' });
    expect(l.history.reviews(version).map((one) => [one.author, one.verdict, one.comment])).toEqual([
      ['Bo', 'reject', 'Two neighbours changed.'],
      ['Cy', 'approve', ''],
    ]);
  });

  it('refuses anything before the import, a second import, and a model id that its files do not give', async () => {
    const empty = await open('/l', { files: new MemoryFiles(), create: true });
    await expect(empty.append('note', { version: sha256('x') }, BY)).rejects.toThrow('no entry yet');
    const wrong = importBody();
    await expect(empty.append('import', { ...wrong, model: { ...wrong.model, id: sha256('x') } }, BY)).rejects.toThrow('its files give');
    await empty.append('import', importBody(), BY);
    await expect(empty.append('import', importBody(), BY)).rejects.toThrow('already that of model');
  });

  it('refuses to roll back to where it is, and references to entries that are not there', async () => {
    const l = await ledger();
    const version = l.history.current.id;
    await expect(l.append('rollback', { parent: version, version, changed: [] }, BY)).rejects.toThrow('the current one already');
    await expect(l.append('note', { version, entry: 7 }, BY)).rejects.toMatchObject({ code: 'not-found' });
    await expect(l.append('note', { version: sha256('none') }, BY)).rejects.toMatchObject({ code: 'not-found' });
  });
});
