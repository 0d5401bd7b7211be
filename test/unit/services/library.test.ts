import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { modelId } from '../../../electron/ledger/versions.ts';
import { openLedger } from '../../../electron/ledger/open.ts';
import { Engine } from '../../../electron/services/jobs.ts';
import { Library } from '../../../electron/services/library.ts';
import { Places } from '../../../electron/services/places.ts';
import { Preferences } from '../../../electron/services/preferences.ts';
import { LOCK } from '../../../electron/storage/lock.ts';
import { LossyDisk } from '../../fault/services-lossy.ts';
import { BY, importBody } from '../ledger/samples.ts';

let home: string;
let library: Library;
let ids: Record<'one' | 'two', string>;

const ledgerOf = (id: string) => join(home, 'models', id.slice(0, 16), 'ledger');

async function add(name: string, sha256: string): Promise<string> {
  const files = [{ path: 'model.onnx', bytes: 1, sha256 }];
  const id = modelId(files);
  const ledger = await openLedger(ledgerOf(id), { app: 'test', engine: 'test', create: true });
  await ledger.append('import', { ...importBody(), model: { id, name, files } }, BY);
  await ledger.close();
  return id;
}

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'emend-library-'));
  ids = { one: await add('one', '1'.repeat(64)), two: await add('two', '2'.repeat(64)) };
  const places = new Places(home);
  const preferences = await Preferences.open(places, { readOnly: false, author: 'A', threads: 1 });
  library = await Library.open(places, preferences, new Engine(), false);
});
afterEach(async () => {
  await library.close();
  rmSync(home, { recursive: true });
});

describe('finding a model', () => {
  it('opens its ledger and no other', async () => {
    for (const name of ['one', ids.one, ids.one.slice(0, 6), ids.one.slice(0, 20)]) expect((await library.find(name)).id).toBe(ids.one);
    expect(existsSync(join(ledgerOf(ids.one), LOCK))).toBe(true);
    expect(existsSync(join(ledgerOf(ids.two), LOCK))).toBe(false);
  });

  it('is not disturbed by damage elsewhere, and lists what there is', async () => {
    const journal = join(ledgerOf(ids.two), 'journal.jsonl');
    writeFileSync(journal, readFileSync(journal, 'utf8').replace('"two"', '"owt"'));
    expect((await library.find('one')).name).toBe('one');
    await expect(library.find('two')).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining(ids.two.slice(0, 16)) as string,
    });
    expect((await library.find(ids.two.slice(0, 16))).ledger.damage).toHaveLength(1);
  });

  it('says why none can be found where no journal can be read', async () => {
    for (const id of Object.values(ids)) rmSync(join(ledgerOf(id), 'journal.jsonl'));
    await expect(library.find('one')).rejects.toMatchObject({ code: 'bad-file', message: expect.stringContaining('no journal') as string });
    await expect(library.find(ids.two)).rejects.toMatchObject({ message: expect.stringContaining(ids.two.slice(0, 16)) as string });
  });
});

describe('a folder of models that is away for a moment', () => {
  const note = async () => {
    const model = await library.find('one');
    expect(model.heldBy).toBeUndefined();
    return model.append('note', { version: model.ledger.history.current.id }, BY);
  };

  it('locks nobody out: its models are closed, and opened again when it is back', async () => {
    await note();
    renameSync(join(home, 'models'), join(home, 'elsewhere'));
    expect((await library.list()).models).toEqual([]);
    renameSync(join(home, 'elsewhere'), join(home, 'models'));
    expect((await note()).seq).toBe(3);
  });

  it('is not taken for an empty one where it cannot be listed', async () => {
    await note();
    renameSync(join(home, 'models'), join(home, 'elsewhere'));
    writeFileSync(join(home, 'models'), '');
    await expect(library.list()).rejects.toMatchObject({ message: expect.stringContaining('Could not list') as string });
    rmSync(join(home, 'models'));
    renameSync(join(home, 'elsewhere'), join(home, 'models'));
    expect((await note()).seq).toBe(3);
  });
});

it('that is closed opens nothing any more, whoever still asks', async () => {
  await library.find('one');
  await library.close();
  await expect(library.find('one')).rejects.toMatchObject({ message: expect.stringContaining('being closed') as string });
  expect((await library.list()).models).toEqual([]);
  for (const id of Object.values(ids)) expect(existsSync(join(ledgerOf(id), LOCK))).toBe(false);
});

describe('a disk that fails', () => {
  let disk: LossyDisk;
  beforeEach(() => void (disk = new LossyDisk(home)));
  afterEach(() => disk.remove());
  const note = async () => {
    const model = await library.find('one');
    return model.append('note', { version: model.ledger.history.current.id }, BY);
  };

  it('says that an entry stands which it neither confirmed nor gave back', async () => {
    await note();
    disk.fault = ({ what, path }) => (path.endsWith('journal.jsonl') && /sync|truncate/.test(what) ? { code: 'EIO' } : undefined);
    await expect(note()).rejects.toMatchObject({
      message: expect.stringMatching(/^Entry 3 stands in the record, but the disk did not confirm it/) as string,
      details: { stands: 3 },
    });
    disk.fault = () => undefined;
    expect((await note()).seq).toBe(4);
  });

  it('locks nobody out when it works again, however many look at once', async () => {
    await note();
    disk.fault = () => ({ code: 'EIO' });
    await expect(note()).rejects.toMatchObject({ code: 'failed' });
    disk.fault = () => undefined;
    const looks = await Promise.all([library.list(), library.find('one'), library.list()]);
    expect(looks).toHaveLength(3);
    expect((await library.find('one')).heldBy).toBeUndefined();
    expect((await note()).seq).toBe(3);
  });
});
