import { describe, expect, it } from 'vitest';
import { generateKey } from '../../../electron/ledger/keys.ts';
import { examine } from '../../../electron/ledger/examine.ts';
import type { Act, Ledger } from '../../../electron/ledger/ledger.ts';
import { withoutPart, withPart } from '../../../electron/ledger/versions.ts';
import { LOCK } from '../../../electron/storage/lock.ts';
import { MemoryFiles } from '../storage/memory-files.ts';
import { anchorIn, BY, commit, edit, importBody, open } from './samples.ts';

const FOLDER = '/models/m/ledger';
const JOURNAL = `${FOLDER}/journal.jsonl`;
const key = generateKey();

const opened = (files: MemoryFiles, anchored: boolean) =>
  open(FOLDER, { files, key, create: true, ...(anchored ? { anchor: anchorIn('/keys/anchors') } : {}) });

/** What a journal holds that ends after so many lines. */
function cutAfter(files: MemoryFiles, lines: number) {
  const journal = files.peek(JOURNAL).toString().split('\n').slice(0, lines);
  return examine(Buffer.from(`${journal.join('\n')}\n`));
}

/** Entry 3 is taken out from below entry 4, which comes in again: three entries, and versions in between that nobody wants. */
async function series(ledger: Ledger): Promise<Act[]> {
  const { history, head } = ledger;
  const without4 = withoutPart(history.current, 4).version;
  const without3 = withoutPart(without4, 3).version;
  const measured = { changed: [], checks: [], evidence: {} };
  return [
    { kind: 'revert', input: { parent: history.current.id, entry: 4, until: head.seq + 3, ...measured }, by: BY },
    { kind: 'revert', input: { parent: without4.id, entry: 3, ...measured }, by: BY },
    { kind: 'edit', input: await edit(ledger.blobs, without3.id, 9), by: BY },
  ];
}

describe.each([
  ['anchored', true],
  ['of an earlier release', false],
])('an act of several entries, in a record %s,', (_, anchored) => {
  const begun = async (files: MemoryFiles) => {
    const ledger = await opened(files, anchored);
    await ledger.append('import', importBody(), BY);
    for (const n of [1, 2, 3]) await commit(ledger, n);
    return ledger;
  };

  it('is recorded whole', async () => {
    const ledger = await begun(new MemoryFiles());
    const made = await ledger.appendAll(await series(ledger));
    expect(made.map(({ seq, kind }) => [seq, kind])).toEqual([
      [5, 'revert'],
      [6, 'revert'],
      [7, 'edit'],
    ]);
    expect(ledger.history.current.parts).toBe(2);
    expect((await ledger.verify()).ok).toBe(true);
  });

  it('is there whole or not at all, wherever a kill strikes', async () => {
    const whole = new MemoryFiles();
    const first = await begun(whole);
    const before = whole.peek(JOURNAL).length;
    await first.appendAll(await series(first));
    const act = whole.peek(JOURNAL).subarray(before);
    const ends = [...act.entries()].flatMap(([at, byte]) => (byte === 0x0a ? [at, at + 1, at + 2] : []));
    for (const bytes of [0, 1, ...ends.filter((end) => end <= act.length)]) {
      const files = new MemoryFiles();
      const ledger = await begun(files);
      const acts = await series(ledger);
      let isDead = false;
      files.fault = ({ what, path }) => {
        isDead ||= what === 'write' && path === JOURNAL;
        return isDead ? { code: 'EIO', part: bytes / act.length } : undefined;
      };
      await expect(ledger.appendAll(acts)).rejects.toMatchObject({ code: 'failed' });
      files.fault = () => undefined;
      await files.remove(`${FOLDER}/${LOCK}`);

      const again = await opened(files, anchored);
      const isThere = files.peek(JOURNAL).length > before;
      expect(again.entries.length, `${bytes} of ${act.length} bytes`).toBe(isThere ? 7 : 4);
      expect(isThere).toBe(bytes >= act.length);
      expect(again.damage).toEqual([]);
      const torn = bytes > 0 && !isThere ? ['torn'] : [];
      expect(again.notices.map(({ what }) => what).filter((what) => what !== 'anchor' && what !== 'lock')).toEqual(torn);
      const found = await again.verify();
      expect(found.ok).toBe(true);
      if (anchored) expect(found.proof).toMatchObject({ upTo: again.entries.length, end: true });
      if (!isThere) expect(await again.appendAll(await series(again))).toHaveLength(3);
      expect(again.head.seq).toBe(7);
      await again.close();
    }
  });

  it('that is an edit and a name for it is not there without the name', async () => {
    const files = new MemoryFiles();
    const ledger = await begun(files);
    const { history, head } = ledger;
    const input = await edit(ledger.blobs, history.current.id, 9);
    const { id: version } = withPart(history.current, { entry: head.seq + 1, hash: input.delta.blob });
    await ledger.appendAll([
      { kind: 'edit', input: { ...input, until: head.seq + 2 }, by: BY },
      { kind: 'tag', input: { name: 'release', version }, by: BY },
    ]);
    expect(ledger.history.find('release').id).toBe(ledger.history.current.id);
    expect(cutAfter(files, 6).entries).toHaveLength(6);
    expect(cutAfter(files, 5).entries).toHaveLength(4); // as a kill leaves it
  });

  it('of which one cannot follow is not recorded at all', async () => {
    const ledger = await begun(new MemoryFiles());
    const acts = await series(ledger);
    await expect(ledger.appendAll([acts[0]!, acts[2]!])).rejects.toMatchObject({ code: 'bad-input' });
    expect(ledger.head.seq).toBe(4);
    expect((await ledger.verify()).ok).toBe(true);
    await commit(ledger, 4);
  });
});
