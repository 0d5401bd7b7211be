import { mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseCheckpoint } from '../../../electron/ledger/checkpoints.ts';
import { generateKey } from '../../../electron/ledger/keys.ts';
import type { Ledger } from '../../../electron/ledger/ledger.ts';
import { MemoryFiles } from '../storage/memory-files.ts';
import { forged } from './forge.ts';
import { anchorIn, BY, commit, importBody, open } from './samples.ts';

const FOLDER = '/models/m/ledger';
const JOURNAL = `${FOLDER}/journal.jsonl`;
const ANCHOR = anchorIn('/keys/anchors').file;
const key = generateKey();

class Scene {
  readonly files = new MemoryFiles();

  open(more: Parameters<typeof open>[1] = {}): Promise<Ledger> {
    return open(FOLDER, { files: this.files, key, create: true, anchor: anchorIn('/keys/anchors'), ...more });
  }

  /** A record of so many edits, made and closed. */
  static async of(edits: number, more: Parameters<typeof open>[1] = {}): Promise<Scene> {
    const scene = new Scene();
    const ledger = await scene.open(more);
    await ledger.append('import', importBody(), BY);
    for (let n = 1; n <= edits; n++) await commit(ledger, n);
    await ledger.close();
    return scene;
  }

  get checkpoints(): string[] {
    return this.files.paths().filter((path) => path.startsWith(`${FOLDER}/checkpoints/`));
  }

  async removeCheckpoints(): Promise<void> {
    for (const path of this.checkpoints) await this.files.remove(path);
  }

  forge(change: Parameters<typeof forged>[1]): void {
    this.files.poke(JOURNAL, forged(this.files.peek(JOURNAL), change));
  }

  /** Everything that the key signed. */
  get signed(): Map<string, string> {
    const paths = [...this.checkpoints, ...this.files.paths().filter((path) => path === ANCHOR)];
    return new Map(paths.map((path) => [path, this.files.peek(path).toString()]));
  }

  /** What must hold of a record that somebody made to lie: it is told, takes no entry, and nothing more is signed. */
  async isDamaged(): Promise<void> {
    const { signed } = this;
    const ledger = await this.open({ create: false });
    expect(ledger.damage).not.toEqual([]);
    expect((await ledger.verify()).ok).toBe(false);
    await expect(ledger.append('note', { version: importBody().model.id }, BY)).rejects.toMatchObject({ code: 'bad-file' });
    await expect(ledger.anchor(BY)).rejects.toMatchObject({ code: 'bad-file' });
    await expect(ledger.checkpoint()).rejects.toMatchObject({ code: 'bad-file' });
    await ledger.close();
    expect(this.signed).toEqual(signed);
  }
}

describe('a record with an anchor', () => {
  it('is proven up to its end, from entry 1 on, while it is open and when it opens again', async () => {
    const scene = await Scene.of(3);
    const ledger = await scene.open();
    expect(ledger.anchored).toEqual({ since: 1, upTo: 4 });
    expect((await ledger.verify()).proof).toMatchObject({ upTo: 4, end: true, since: 1, by: { what: 'anchor', key: key.id } });
    await commit(ledger, 4);
    expect((await ledger.verify()).proof).toMatchObject({ upTo: 5, end: true });
    await ledger.close();
    expect((await scene.open({ readOnly: true })).anchored).toEqual({ since: 1, upTo: 5 });
  });

  it('has a checkpoint of entry 1, and each names the one before', async () => {
    const scene = await Scene.of(2);
    const [first, second] = scene.checkpoints.map((path) => parseCheckpoint(scene.files.peek(path).toString(), path));
    expect(first).toMatchObject({ format: 2, seq: 1, since: 1, previous: null });
    expect(second).toMatchObject({ format: 2, seq: 3, since: 1, previous: expect.stringMatching(/^[0-9a-f]{64}$/) as string });
  });

  it.each<[string, (scene: Scene) => Promise<void> | void]>([
    [
      'rewritten and hashed anew, its checkpoints removed',
      (s) => (s.forge((all) => all.map((e) => (e.seq === 2 ? { ...e, author: 'Mallory' } : e))), s.removeCheckpoints()),
    ],
    ['rewritten and hashed anew', (s) => s.forge((all) => all.map((e) => (e.seq === 3 ? { ...e, reason: 'Approved by legal' } : e)))],
    [
      'cut short, its later checkpoints removed',
      async (s) => (s.forge((all) => all.slice(0, 2)), await s.files.remove(s.checkpoints.at(-1)!)),
    ],
    ['cut short by one entry, all checkpoints removed', (s) => (s.forge((all) => all.slice(0, -1)), s.removeCheckpoints())],
    ['emptied, all checkpoints removed', (s) => (s.files.poke(JOURNAL, Buffer.alloc(0)), s.removeCheckpoints())],
    [
      'with its last entry replaced',
      (s) => (s.forge((all) => [...all.slice(0, -1), { ...all.at(-1)!, time: '2020-01-01T00:00:00.000Z' }]), s.removeCheckpoints()),
    ],
  ])('that is %s is damaged, and nothing more of it is signed', async (_, attack) => {
    const scene = await Scene.of(3);
    await attack(scene);
    await scene.isDamaged();
  });

  it('that is longer than its anchor knows is whole in itself, its end not proven, and not signed', async () => {
    const scene = await Scene.of(2);
    scene.forge((all) => [
      ...all,
      { ...all.at(-1)!, seq: 4, kind: 'note', body: { version: String(all.at(-1)!.body['version']) }, author: 'Mallory' },
    ]);
    const ledger = await scene.open();
    expect(ledger.damage).toEqual([]);
    expect(ledger.anchored).toEqual({ since: 1, upTo: 3 });
    const { ok, proof } = await ledger.verify();
    expect({ ok, proof }).toMatchObject({ ok: true, proof: { upTo: 3, end: false, why: expect.stringContaining('after 3') as string } });
    await expect(ledger.checkpoint()).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('does not know') as string,
    });
    const before = scene.signed;
    await commit(ledger, 7);
    await ledger.close();
    expect(scene.signed).toEqual(before);
    expect((await scene.open()).notices).toMatchObject([{ what: 'anchor', hint: expect.stringContaining('emend anchor') as string }]);
  });

  it('misses a checkpoint that was taken away, wherever in the chain', async () => {
    const scene = await Scene.of(0);
    for (let n = 1; n <= 3; n++) {
      const ledger = await scene.open();
      await commit(ledger, n);
      await ledger.close();
    }
    expect(scene.checkpoints).toHaveLength(4);
    for (const path of scene.checkpoints) {
      const bytes = scene.files.peek(path);
      await scene.files.remove(path);
      const ledger = await scene.open({ readOnly: true });
      const found = await ledger.verify();
      expect(
        found.entries.flatMap((entry) => entry.problems),
        path,
      ).toMatchObject([{ what: 'checkpoint', message: expect.stringContaining('missing') as string }]);
      scene.files.poke(path, bytes);
    }
    expect((await (await scene.open({ readOnly: true })).verify()).ok).toBe(true);
  });

  it('is not signed over a newest checkpoint that was taken away', async () => {
    const scene = await Scene.of(2);
    await scene.removeCheckpoints();
    const ledger = await scene.open();
    await expect(ledger.checkpoint()).rejects.toMatchObject({ message: expect.stringContaining('newest checkpoint is missing') as string });
  });

  it('whose anchor was taken away says so, and is not signed until it is anchored again', async () => {
    const scene = await Scene.of(2);
    await scene.files.remove(ANCHOR);
    const ledger = await scene.open();
    expect((await ledger.verify()).proof).toMatchObject({ end: false, why: 'its anchor is missing' });
    await expect(ledger.checkpoint()).rejects.toMatchObject({ code: 'bad-input' });
    await commit(ledger, 3);
    expect(ledger.notices).toMatchObject([{ what: 'anchor' }]);
    const { seq, body } = await ledger.anchor(BY);
    expect([seq, body.why]).toEqual([5, 'its anchor is missing']);
    expect(ledger.notices).toEqual([]); // nothing is said any more that is not so
    expect((await ledger.verify()).proof).toMatchObject({ upTo: 5, end: true, since: 5 });
    await ledger.close();
    const again = await scene.open();
    expect((await again.verify()).proof).toMatchObject({ upTo: 5, end: true, since: 5 });
    await commit(again, 4);
    await again.close();
    expect((await (await scene.open()).verify()).proof).toMatchObject({ upTo: 6, end: true, since: 5 });
  });

  it('whose anchoring was ended before its entry was recorded is as it was before, and can be anchored again', async () => {
    const scene = await Scene.of(2);
    await scene.files.remove(ANCHOR);
    const ledger = await scene.open();
    let isDead = false;
    scene.files.fault = ({ what, path }) => {
      isDead ||= what === 'write' && path.endsWith('journal.jsonl');
      return isDead ? { code: 'EIO', part: 0 } : undefined;
    };
    await expect(ledger.anchor(BY)).rejects.toMatchObject({ code: 'failed' });
    scene.files.fault = () => undefined;
    await ledger.close();
    const again = await scene.open();
    expect([again.damage, again.anchored, scene.files.paths().includes(ANCHOR)]).toEqual([[], undefined, false]);
    expect((await again.anchor(BY)).seq).toBe(4);
    expect((await again.verify()).proof).toMatchObject({ upTo: 4, end: true, since: 4 });
  });

  it.each([
    ['changed', (text: string) => text.replace(/"time":"2026/, '"time":"2027'), 'signature'],
    ['cut', (text: string) => text.slice(0, 50), 'cannot be read'],
  ])('whose anchor was %s has a problem, and is not signed', async (_, change, message) => {
    const scene = await Scene.of(2);
    scene.files.poke(ANCHOR, Buffer.from(change(scene.files.peek(ANCHOR).toString())));
    const ledger = await scene.open();
    expect((await ledger.verify()).first).toMatchObject({ what: 'anchor', message: expect.stringContaining(message) as string });
    await expect(ledger.checkpoint()).rejects.toMatchObject({ code: 'bad-input' });
  });

  it('is damaged in the place of another model', async () => {
    const scene = await Scene.of(1);
    const ledger = await scene.open({ anchor: { file: '/keys/anchors/other.json', id: '0123456789abcdef' } });
    expect(ledger.damage).toMatchObject([{ seq: 1, what: 'version', message: expect.stringContaining('0123456789abcdef') as string }]);
  });

  it('is held against a digest that somebody kept', async () => {
    const scene = await Scene.of(2);
    const ledger = await scene.open();
    const kept = { from: 'a note', end: ledger.entry(2) && { seq: 2, head: ledger.entry(2).hash } };
    expect((await ledger.verify({ given: [kept] })).ok).toBe(true);
    expect((await ledger.verify({ given: [{ ...kept, end: { ...kept.end, seq: 3 } }] })).first).toMatchObject({ seq: 3, what: 'chain' });
  });
});

describe('a record of the first release', () => {
  /** As the first release left it: single checkpoints, no anchor. */
  async function old(edits: number): Promise<Scene> {
    const scene = new Scene();
    const ledger = await open(FOLDER, { files: scene.files, key, create: true });
    await ledger.append('import', importBody(), BY);
    for (let n = 1; n <= edits; n++) await commit(ledger, n);
    await ledger.close();
    expect(scene.files.peek(scene.checkpoints[0]!).toString()).not.toContain('"format"');
    return scene;
  }

  it('opens, goes on being signed as it was, and says that its end is not proven', async () => {
    const scene = await old(2);
    const ledger = await scene.open();
    expect(ledger.notices).toMatchObject([{ what: 'anchor' }]);
    const { ok, proof } = await ledger.verify();
    expect({ ok, proof }).toMatchObject({ ok: true, proof: { upTo: 3, by: { what: 'checkpoint' }, end: false } });
    await commit(ledger, 3);
    await ledger.close();
    expect(scene.checkpoints).toHaveLength(2);
    expect(scene.files.paths()).not.toContain(ANCHOR);
  });

  it('is not signed over what no checkpoint knows', async () => {
    const scene = await old(2);
    scene.forge((all) => all.map((entry) => (entry.seq === 2 ? { ...entry, author: 'Mallory' } : entry)));
    await scene.removeCheckpoints();
    const ledger = await scene.open();
    expect(await ledger.verify()).toMatchObject({ ok: true, proof: { upTo: 0, end: false } });
    await commit(ledger, 3);
    await expect(ledger.checkpoint()).rejects.toMatchObject({ message: expect.stringContaining('no checkpoint') as string });
    await ledger.close();
    expect(scene.checkpoints).toEqual([]);
  });

  it('gets its anchor when a person asks for it, and says from which entry on', async () => {
    const scene = await old(2);
    const ledger = await scene.open();
    await ledger.anchor({ author: 'Ada', reason: 'Compared with the printed log' });
    expect((await ledger.verify()).proof).toMatchObject({ upTo: 4, end: true, since: 4 });
    await expect(ledger.anchor(BY)).rejects.toMatchObject({ message: expect.stringContaining('anchored already') as string });
    await ledger.close();
    scene.forge((all) => all.slice(0, 3));
    for (const path of scene.checkpoints.slice(1)) await scene.files.remove(path);
    await scene.isDamaged();
  });
});

describe('a record that a newer release went on with', () => {
  it('is not damaged: what came before can be read, nothing is added or signed, and what is not understood is said', async () => {
    const scene = await Scene.of(2);
    const version = (await scene.open({ readOnly: true })).history.current.id;
    scene.forge((all) => [
      ...all,
      { ...all.at(-1)!, seq: 4, kind: 'graft', body: { version }, app: 'Emend 9.0.0' },
      { ...all.at(-1)!, seq: 5, kind: 'note', body: { version }, app: 'Emend 9.0.0' },
    ]);
    const { signed } = scene;
    const ledger = await scene.open();
    expect(ledger.damage).toEqual([]);
    expect(ledger.notices).toEqual([]);
    expect(ledger.entries).toHaveLength(3);
    expect(ledger.newer.map(({ seq, kind, app }) => [seq, kind, app])).toEqual([
      [4, 'graft', 'Emend 9.0.0'],
      [5, 'note', 'Emend 9.0.0'],
    ]);
    expect(ledger.history.current.id).toBe(version);
    await expect(ledger.append('note', { version }, BY)).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('Emend 9.0.0, which is newer') as string,
      hint: expect.stringContaining('Update') as string,
    });
    const found = await ledger.verify();
    expect(found).toMatchObject({ ok: true, head: { seq: 5 }, proof: { upTo: 3, end: false } });
    expect(found.entries.map((entry) => entry.problems.length)).toEqual([0, 0, 0, 0, 0]);
    await ledger.close();
    expect(scene.signed).toEqual(signed);
  });
});

it('a record whose folder went away while it was open is signed nowhere, and no other folder is made in its place', async () => {
  const home = mkdtempSync(join(tmpdir(), 'emend-away-'));
  try {
    const folder = join(home, 'models', 'm', 'ledger');
    const ledger = await open(folder, { key, create: true });
    await ledger.append('import', importBody(), BY);
    renameSync(join(home, 'models'), join(home, 'elsewhere'));
    await expect(ledger.blobs.put(Buffer.from('x'), 'text/plain')).rejects.toMatchObject({ code: 'not-found' });
    await ledger.close();
    expect(readdirSync(home)).toEqual(['elsewhere']);
    expect(ledger.notices.map(({ message }) => message).join()).toContain(`There is no ${folder} any more`);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});
