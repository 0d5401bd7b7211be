import { canonical } from '../../../electron/storage/canonical.ts';
import { describe, expect, it } from 'vitest';
import { parseLine, seal, type Entry, type Unsealed } from '../../../electron/ledger/entries.ts';
import { explained } from '../../../electron/storage/file-errors.ts';
import { NO_HASH } from '../../../electron/storage/hash.ts';
import { Journal } from '../../../electron/ledger/journal.ts';
import { scan } from '../../../electron/ledger/scan.ts';
import { baseVersion, modelId } from '../../../electron/ledger/versions.ts';
import { MemoryFiles } from '../storage/memory-files.ts';
import { importBody } from './samples.ts';

const input = importBody();
const version = baseVersion(modelId(input.model.files)).id;

/** A journal of an import and notes, one line an element. */
function lines(count: number): { lines: string[]; entries: Entry[] } {
  const made: { lines: string[]; entries: Entry[] } = { lines: [], entries: [] };
  let prev = NO_HASH;
  for (let seq = 1; seq <= count; seq++) {
    const common = { seq, prev, time: '2026-11-22T08:30:00.000Z', author: 'Ada', app: 'emend', engine: 'ort' };
    const { entry, line } =
      seq === 1
        ? seal({ ...common, kind: 'import', reason: '', body: { ledger: 1, version, ...input } })
        : seal({ ...common, kind: 'note', reason: `Remark ${seq}, with "hash":"x","kind":"y" in it`, body: { version } });
    made.lines.push(line);
    made.entries.push(entry);
    prev = entry.hash;
  }
  return made;
}

function unsealed(entry: Entry): Unsealed {
  return Object.fromEntries(Object.entries(entry).filter(([key]) => key !== 'hash')) as unknown as Unsealed;
}

/** A line with its hash in its canonical place, whatever fields stand around it. */
const canonicalWithHash = (line: string) => canonical(JSON.parse(line));

const bytes = (all: readonly string[]) => Buffer.from(all.map((line) => `${line}\n`).join(''));

describe("an entry's line", () => {
  it('reads back as the entry, whatever its texts say', () => {
    const made = lines(3);
    expect(made.lines.map(parseLine)).toEqual(made.entries.map((entry) => ({ entry })));
  });

  it('has its members in canonical order, the hash among them', () => {
    expect(Object.keys(JSON.parse(lines(2).lines[1]!) as object)).toEqual([
      'app',
      'author',
      'body',
      'engine',
      'hash',
      'kind',
      'prev',
      'reason',
      'seq',
      'time',
    ]);
  });

  it('is refused when it says the same in another text', () => {
    const line = lines(2).lines[1]!;
    expect(() => parseLine(line.replace('"seq":2', '"seq": 2'))).toThrow('not canonical');
    expect(() => parseLine(line.replace('"Ada"', '"\\u0041da"'))).toThrow('not canonical');
  });

  it('is refused when a field does not fit, by name', () => {
    const entry = unsealed(lines(2).entries[1]!);
    expect(() => parseLine(seal({ ...entry, time: 'yesterday' }).line)).toThrow('time');
    expect(() => parseLine(seal({ ...entry, body: { version: 'none', surplus: 1 } as never }).line)).toThrow('version');
  });

  it.each([
    ['a kind', { kind: 'graft' }],
    ['a field of a kind', { body: { version, mood: 'good' } }],
    ['a field of every entry', { zone: 'UTC+1' }],
    ['a field beside its hash', { hatch: 'x' }],
  ])('that is rightly hashed and has %s more than this release knows is of a newer one', (_, more) => {
    const entry = unsealed(lines(2).entries[1]!);
    const { line } = seal({ ...entry, app: 'Emend 9.0.0', ...more } as never);
    expect(parseLine(canonicalWithHash(line))).toMatchObject({ newer: { seq: 2, app: 'Emend 9.0.0', author: 'Ada' } });
    expect(() => parseLine(canonicalWithHash(line).replace('Ada', 'Eve'))).toThrow('hashes to');
  });
});

describe('reading a journal', () => {
  it('finds nothing wrong with a whole one', () => {
    const made = lines(5);
    expect(scan(bytes(made.lines))).toEqual({
      entries: made.entries,
      newer: [],
      torn: undefined,
      damage: [],
      length: bytes(made.lines).length,
    });
  });

  it('tells an unfinished last line apart, cut anywhere', () => {
    const made = lines(3);
    const whole = bytes(made.lines);
    const start = bytes(made.lines.slice(0, 2)).length;
    for (let cut = start + 1; cut < whole.length; cut += 7) {
      const found = scan(whole.subarray(0, cut));
      expect(found.entries).toHaveLength(2);
      expect(found.damage).toEqual([]);
      expect(found.torn).toEqual({ seq: 3, offset: start, bytes: cut - start });
      expect(found.length).toBe(start);
    }
  });

  it('takes blocks that were never written for an unfinished line, also when its end is there', () => {
    const made = lines(3);
    const whole = bytes(made.lines);
    const start = bytes(made.lines.slice(0, 2)).length;
    whole.fill(0, start, start + 40);
    expect(scan(whole)).toMatchObject({ torn: { seq: 3, offset: start }, damage: [], length: start });
    expect(scan(Buffer.concat([whole.subarray(0, start), Buffer.alloc(100)]))).toMatchObject({ torn: { seq: 3, bytes: 100 }, damage: [] });
  });

  it('reports a changed byte at its entry alone and goes on', () => {
    const made = lines(5);
    const whole = bytes(made.lines);
    const offset = bytes(made.lines.slice(0, 2)).length;
    whole[offset + 200]! ^= 1;
    const found = scan(whole);
    expect(found.damage).toHaveLength(1);
    expect(found.damage[0]).toMatchObject({ seq: 3, offset });
    expect(found.entries.map((entry) => entry.seq)).toEqual([1, 2, 4, 5]);
  });

  it('reports every entry of two lines that became one', () => {
    const made = lines(5);
    const whole = bytes(made.lines);
    whole[bytes(made.lines.slice(0, 2)).length - 1] = 0x20;
    expect(scan(whole).damage.map((one) => one.seq)).toEqual([2, 3]);
  });

  it('reports a line that became two once', () => {
    const made = lines(5);
    const whole = bytes(made.lines);
    whole[bytes(made.lines.slice(0, 2)).length + 50] = 0x0a;
    expect(scan(whole).damage.map((one) => one.seq)).toEqual([3]);
  });

  it('reports lines that were removed, repeated or moved', () => {
    const { lines: all } = lines(5);
    const seqs = (order: number[]) => scan(bytes(order.map((n) => all[n - 1]!))).damage.map((one) => [one.seq, one.what]);
    expect(seqs([1, 2, 4, 5])).toEqual([[3, 'missing']]);
    expect(seqs([2, 3])).toEqual([[1, 'missing']]);
    expect(seqs([1, 2, 2, 3])[0]).toEqual([2, 'missing']);
    expect(seqs([1, 3, 2, 4])[0]).toEqual([2, 'missing']);
  });

  it('reports an entry that was written anew, with a right hash of its own, at the next one', () => {
    const made = lines(4);
    const forged = seal({ ...unsealed(made.entries[1]!), author: 'Mallory' }).line;
    const found = scan(bytes([made.lines[0]!, forged, ...made.lines.slice(2)]));
    expect(found.damage).toMatchObject([{ seq: 3, what: 'chain' }]);
  });

  it('reports text that is not UTF-8', () => {
    const whole = bytes(lines(3).lines);
    whole[whole.indexOf('Ada', bytes(lines(1).lines).length)] = 0xff;
    expect(scan(whole).damage).toMatchObject([{ seq: 2, message: expect.stringContaining('UTF-8') as string }]);
  });
});

describe('appending', () => {
  const open = async (memory: MemoryFiles) => {
    await memory.makeFolder('/l');
    return Journal.open(explained(memory), '/l', 0);
  };

  it('lasts when it returns', async () => {
    const memory = new MemoryFiles();
    const journal = await open(memory);
    await memory.syncFolder('/');
    await journal.append('one');
    await journal.append('two');
    memory.powerCut();
    expect(memory.peek('/l/journal.jsonl').toString()).toBe('one\ntwo\n');
  });

  it('takes back what a full disk let through of a line, and goes on when there is space', async () => {
    const memory = new MemoryFiles();
    const journal = await open(memory);
    await journal.append('one');
    memory.fault = ({ what }) => (what === 'write' ? { code: 'ENOSPC', part: 0.5 } : undefined);
    await expect(journal.append('a longer line')).rejects.toMatchObject({
      code: 'failed',
      message: expect.stringContaining('the disk is full') as string,
    });
    expect(memory.peek('/l/journal.jsonl').toString()).toBe('one\n');
    memory.fault = () => undefined;
    await journal.append('two');
    expect(memory.peek('/l/journal.jsonl').toString()).toBe('one\ntwo\n');
  });

  it('stops after a sync that failed, since nothing can be known of what is on the disk', async () => {
    const memory = new MemoryFiles();
    const journal = await open(memory);
    await journal.append('one');
    memory.fault = ({ what }) => (what === 'sync' ? { code: 'EIO' } : undefined);
    await expect(journal.append('two')).rejects.toMatchObject({ details: { errno: 'EIO' } });
    memory.fault = () => undefined;
    await expect(journal.append('three')).rejects.toThrow('Nothing more can be appended');
  });

  it('refuses to write after someone else wrote or cut', async () => {
    const memory = new MemoryFiles();
    const journal = await open(memory);
    await journal.append('one');
    memory.poke('/l/journal.jsonl', Buffer.from('one\nforeign\n'));
    await expect(journal.append('two')).rejects.toThrow('another program wrote to it');
    expect(memory.peek('/l/journal.jsonl').toString()).toBe('one\nforeign\n');
  });
});
