import { describe, expect, it } from 'vitest';
import { generateKey } from '../../electron/ledger/keys.ts';
import type { Ledger } from '../../electron/ledger/ledger.ts';
import { blobsIn } from '../../electron/ledger/bodies.ts';
import { MemoryFiles } from '../unit/storage/memory-files.ts';
import { open, random } from '../unit/ledger/samples.ts';
import { begin, edit, note, revert, tag, type Act } from './acts.ts';

const PLACES = 1000;
const JOURNAL = '/l/journal.jsonl';

async function made(): Promise<{ files: MemoryFiles; ledger: Ledger }> {
  const files = new MemoryFiles();
  const ledger = await open('/l', { files, create: true, key: generateKey() });
  const acts: Act[] = [begin, ...Array.from({ length: 24 }, (_, n) => edit(n)), tag, note, revert, note];
  for (const act of acts) await act(ledger);
  return { files, ledger };
}

/** Which entry every byte of the journal belongs to; a line end also marks where the next begins. */
function lineOwners(journal: Buffer): number[] {
  const owners: number[] = [];
  let seq = 1;
  for (const byte of journal) {
    owners.push(seq);
    if (byte === 0x0a) seq++;
  }
  return owners;
}

describe('a single byte that changes', () => {
  it(`at any of ${PLACES} places in journal and blobs is found, and told at its entry`, async () => {
    const { files, ledger } = await made();
    const owners = lineOwners(files.peek(JOURNAL));
    const namedBy = new Map<string, number[]>();
    for (const entry of ledger.entries)
      for (const { blob } of blobsIn(entry.body))
        namedBy.set(ledger.blobs.path(blob), [...(namedBy.get(ledger.blobs.path(blob)) ?? []), entry.seq]);
    const targets = [JOURNAL, ...namedBy.keys()];
    const lengths = targets.map((path) => files.peek(path).length);
    const roll = random(2026);

    for (let place = 0; place < PLACES; place++) {
      // Half of them in the journal, the others spread over the blobs by their length.
      let at = Math.floor(roll() * (place % 2 === 0 ? lengths[0]! : lengths.slice(1).reduce((a, b) => a + b)));
      let target = place % 2 === 0 ? 0 : 1;
      while (at >= lengths[target]!) at -= lengths[target++]!;
      const path = targets[target]!;
      const data = files.peek(path);
      const before = data[at]!;
      data[at] = before ^ (1 + Math.floor(roll() * 255));
      const where = `byte ${at} of ${path}: ${before} became ${data[at]}`;

      const result = await ledger.verify();
      expect(result.ok, where).toBe(false);
      const blamed = result.entries.filter((entry) => entry.problems.length > 0).map((entry) => entry.seq);
      if (target > 0) {
        expect(blamed, where).toEqual(namedBy.get(path));
        expect(result.first?.message, where).toContain(path.replace('/l/', ''));
      } else {
        expect(blamed[0], where).toBe(owners[at]);
        // A line end that is gone joins the entry with the next; anything else touches one entry alone.
        expect(blamed.length, where).toBe(before === 0x0a && at < data.length - 1 ? 2 : 1);
      }
      data[at] = before;
    }
    expect((await ledger.verify()).ok).toBe(true);
  });
});

describe('a journal that is cut anywhere', () => {
  it('is told from a whole one by the checkpoint that was made at its end', async () => {
    const { files, ledger } = await made();
    await ledger.checkpoint();
    const whole = Buffer.from(files.peek(JOURNAL));
    const roll = random(7);
    const ends = lineOwners(whole).flatMap((_, at) => (whole[at] === 0x0a && at < whole.length - 1 ? [at + 1] : []));
    for (const cut of [0, ...ends, ...Array.from({ length: 50 }, () => Math.floor(roll() * whole.length))]) {
      files.poke(JOURNAL, whole.subarray(0, cut));
      const result = await ledger.verify();
      const left = whole.subarray(0, cut).filter((byte) => byte === 0x0a).length;
      expect(result.first, `cut to ${cut} bytes`).toMatchObject({ seq: left + 1 });
      expect(
        result.entries.flatMap((entry) => entry.problems).some((problem) => problem.what === 'missing'),
        `cut to ${cut} bytes`,
      ).toBe(true);
    }
  });
});
